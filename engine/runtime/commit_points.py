"""The named points of a message's path around each commit: where killing the process must lose nothing.

The fault tests hand in an object that kills the process at one of these; in production passing a point does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class CommitPoint(StrEnum):
    """Every place where what is durable, what was sent and what was acknowledged can differ."""

    BEFORE_APPEND = "before-append"
    AFTER_APPEND = "after-append"
    BEFORE_CHECKPOINT = "before-checkpoint"
    AFTER_CHECKPOINT = "after-checkpoint"
    BEFORE_REQUEST = "before-request"
    AFTER_REPLY = "after-reply"
    BEFORE_SETTLE = "before-settle"
    AFTER_SETTLE = "after-settle"
    BEFORE_CLAIM = "before-claim"
    AFTER_CLAIM = "after-claim"
    BEFORE_RESCUE = "before-rescue"
    AFTER_RESCUE = "after-rescue"


Passing = Callable[[CommitPoint], None]


def pass_by(point: CommitPoint) -> None:
    """Nothing happens here."""

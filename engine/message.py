"""The message: the unit of work in every channel.

A channel is `flow:NAME` (inbound), `system:NAME` (outbound), `topic:NAME` (stored events) or `invalid`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

INVALID_CHANNEL = "invalid"
LANE_SEPARATOR = "\x1f"


class State(StrEnum):
    """Where a message stands; the transitions are drawn in docs/state-machine.md and CHECKed in SQL."""

    READY = "ready"
    WAITING = "waiting"
    RUNNING = "running"
    PARKED = "parked"
    COMPLETED = "completed"
    DISCARDED = "discarded"
    DEAD = "dead"


UNFINISHED = frozenset({State.READY, State.WAITING, State.RUNNING, State.PARKED})


class Phase(StrEnum):
    """Whether the exchange goes forward or takes back what it did."""

    FORWARD = "forward"
    UNDO = "undo"


class Priority(StrEnum):
    """Reserved capacity, highest first."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return _RANKS[self]


_RANKS = {Priority.CRITICAL: 0, Priority.HIGH: 1, Priority.NORMAL: 2, Priority.LOW: 3}


def flow_channel(name: str) -> str:
    return f"flow:{name}"


def system_channel(name: str) -> str:
    return f"system:{name}"


def topic_channel(name: str) -> str:
    return f"topic:{name}"


def lane_of(name: str, key: str) -> str:
    """A lane's stored form: its name and its key."""
    return f"{name}{LANE_SEPARATOR}{key}"


class Lease(Struct, frozen=True):
    """The right to settle a message: every settle names it, and a late worker changes nothing."""

    message_id: int
    token: int


class Message(Struct, frozen=True):
    """A message as the store holds it. Times are epoch seconds.

    `payload` is the address of its bytes (`engine.store` reads them); `origin` is the id of the original message that
    request keys are made from, the message's own id where it came in from outside; `step` is the step key that made
    it; `operation` is what an outbound message asks of its system; `position` orders its lane; `attempts` counts
    tries; `uncertain` says that an earlier try may have been carried out; `revision` is pinned at first execution;
    `failure` and `parked` describe the present state; `again` lists steps a person ordered to run again.
    """

    id: int
    channel: str
    state: State
    source: str
    payload: bytes
    received_at: float
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    correlation_id: str = ""
    causation_id: int | None = None
    origin: int = 0
    key: str = ""
    step: str = ""
    operation: str = ""
    lane: str | None = None
    position: int = 0
    overtakes: bool = False
    priority: int = 2
    attempts: int = 0
    first_attempt_at: float | None = None
    not_before: float | None = None
    uncertain: bool = False
    phase: Phase = Phase.FORWARD
    revision: str | None = None
    lease: int | None = None
    settled_at: float | None = None
    failure: Mapping[str, Any] | None = None
    parked: Mapping[str, Any] | None = None
    again: tuple[str, ...] = ()
    force: bool = False
    traceparent: str = ""

"""Results that are sequences: the caller collapses one of no items to MISSING and one of a single item to that item."""

from __future__ import annotations

from typing import Any


class Sequence(list[Any]):
    """A list that came from selecting values, not from an array constructor or from the data."""

    __slots__ = ()

"""What one evaluation carries with it: its limits, its clock, its tables, and how much it has used up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import random
from time import monotonic
from typing import Any, Protocol

from msgspec import Struct, field

from engine.jsonata.errors import ExpressionError, ExpressionLimitError
from engine.jsonata.missing import MISSING

_POLL_EVERY = 256


class TableLookup(Protocol):
    """Code tables: cross-references by name and key."""

    def __call__(self, table: str, key: Any) -> Any:
        """The row or value under `key`, MISSING if there is none; raises LookupError if there is no such table."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one evaluation may use: seconds, calls within calls, items of a sequence, characters of a string."""

    seconds: float = 1.0
    depth: int = 300
    sequence: int = 1_000_000
    text: int = 10_000_000


def _system_time() -> datetime:
    return datetime.now(UTC)


class EvaluationContext(Struct, frozen=True):
    """What an expression may use beyond its input: time, code tables, randomness, values for host functions.

    `now` is aware, or in epoch seconds; without it the machine's clock counts.
    """

    now: datetime | float | None = None
    limits: Limits = Limits()
    lookup: TableLookup | None = None
    random: Callable[[], float] = random
    services: Mapping[str, Any] = field(default_factory=dict)


class State:
    """One evaluation. Functions that ask for it see `context`, `now` and `poll`.

    `dirty`: a field was read from an array, so that sequences may be inside of the result.
    """

    __slots__ = ("_now", "budget", "context", "deadline", "depth", "dirty", "environment", "limits", "sequence")

    def __init__(self, context: EvaluationContext, environment: Any) -> None:
        limits = context.limits
        self.context = context
        self.limits = limits
        self.sequence = limits.sequence
        self.deadline = monotonic() + limits.seconds
        self.budget = _POLL_EVERY
        self.depth = 0
        self.dirty = False
        self.environment = environment
        self._now: datetime | None = None

    @property
    def now(self) -> datetime:
        """The time of the evaluation: the same however often it is asked for."""
        if self._now is None:
            given = self.context.now
            if given is None:
                self._now = _system_time()
            else:
                self._now = given if isinstance(given, datetime) else datetime.fromtimestamp(given, UTC)
        return self._now

    def poll(self) -> None:
        """Stop the evaluation if its time is used up; raises D1012."""
        self.budget = _POLL_EVERY
        if monotonic() > self.deadline:
            raise ExpressionLimitError("D1012", value=int(self.limits.seconds * 1000))

    def check_length(self, size: int) -> None:
        """Stop the evaluation if a sequence is too long; raises D2015."""
        if size > self.sequence:
            raise ExpressionLimitError("D2015", value=self.sequence)

    def check_text(self, text: str) -> str:
        """Stop the evaluation if a string is too long; raises D2016."""
        if len(text) > self.limits.text:
            raise ExpressionLimitError("D2016", value=self.limits.text)
        return text

    def enter(self) -> None:
        """Count a call within a call; raises D1011 when they are too deep, D1012 when the time is used up."""
        self.depth += 1
        if self.depth > self.limits.depth:
            raise ExpressionLimitError("D1011", value=self.limits.depth)
        self.budget -= 1
        if self.budget < 0:
            self.poll()

    def table(self, name: str, key: Any) -> Any:
        """Read a code table: MISSING without a key or without tables; raises D3150 for an unknown table."""
        if self.context.lookup is None or key is MISSING:
            return MISSING
        try:
            return self.context.lookup(name, key)
        except LookupError as error:
            raise ExpressionError("D3150", value=name) from error

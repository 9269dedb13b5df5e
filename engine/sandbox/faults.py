"""Faults on demand: which one happens to the next request."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from engine.clock import Clock
from engine.config.models.sandbox import FaultModel


class ActiveFault:
    """A fault that was set, and how often it has happened."""

    def __init__(self, model: FaultModel, since: float) -> None:
        self.model = model
        self.since = since
        self.happened = 0
        self._passed = 0
        self._random = random.Random(model.seed)
        self._tokens = float(model.rate.count) if model.rate is not None else 0.0
        self._filled = since

    @property
    def ends(self) -> float | None:
        """When it ends by itself, on the monotonic clock."""
        return None if self.model.lasts is None else self.since + self.model.lasts.seconds

    def is_over(self, now: float) -> bool:
        if self.model.times is not None and self.happened >= self.model.times:
            return True
        return self.ends is not None and now >= self.ends

    def happens(self, operation: str, now: float) -> bool:
        """Whether it happens to this request; counts it."""
        if self.model.match is not None and self.model.match != operation:
            return False
        if self._passed < self.model.skip:
            self._passed += 1
            return False
        if self.model.probability < 1 and self._random.random() >= self.model.probability:
            return False
        if self.model.fault == "rate-limit" and self._has_token(now):
            return False
        self.happened += 1
        return True

    def as_json(self) -> dict[str, Any]:
        """The fault as it was set, and how often it happened."""
        return {**self.model.model_dump(mode="json", by_alias=True, exclude_defaults=True), "happened": self.happened}

    def _has_token(self, now: float) -> bool:
        """Take a token of the bucket that fills at the declared rate."""
        rate = self.model.rate
        if rate is None:
            return True
        self._tokens = min(rate.count, self._tokens + (now - self._filled) * rate.count / rate.seconds)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Faults:
    """The faults of one stand-in, in order: the first that applies to a request happens to it."""

    def __init__(self, clock: Clock, initial: Sequence[FaultModel]) -> None:
        self._clock = clock
        self._initial = tuple(initial)
        self._active: list[ActiveFault] = []
        self.replace(initial)

    def replace(self, faults: Sequence[FaultModel]) -> None:
        """Set these faults in place of all others."""
        now = self._clock.monotonic()
        self._active = [ActiveFault(model, now) for model in faults]

    def declare(self, initial: Sequence[FaultModel]) -> None:
        """Take the faults of a changed file; those that are set stay where the file's are as they were."""
        if tuple(initial) != self._initial:
            self._initial = tuple(initial)
            self.replace(initial)

    def add(self, fault: FaultModel) -> None:
        """Set one more fault, after those that are set."""
        self._active.append(ActiveFault(fault, self._clock.monotonic()))

    def reset(self) -> None:
        """Go back to the faults of the file."""
        self.replace(self._initial)

    def next(self, operation: str) -> FaultModel | None:
        """What happens to a request for this operation."""
        now = self._clock.monotonic()
        for fault in self._current(now):
            if fault.model.fault != "down" and fault.happens(operation, now):
                return fault.model
        return None

    @property
    def down(self) -> ActiveFault | None:
        """The fault that keeps the stand-in from being reached."""
        return next((fault for fault in self._current(self._clock.monotonic()) if fault.model.fault == "down"), None)

    def as_json(self) -> list[dict[str, Any]]:
        """The faults that have not ended."""
        return [fault.as_json() for fault in self._current(self._clock.monotonic())]

    def _current(self, now: float) -> list[ActiveFault]:
        self._active = [fault for fault in self._active if not fault.is_over(now)]
        return self._active

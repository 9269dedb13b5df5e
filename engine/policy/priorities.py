"""Priorities with reserved capacity: important work starts first, and no priority can take every place.

Each priority has a few places of its own, the rest is common. A flood of low work leaves the places of high work free,
and a flood of high work leaves those of low work; one turn in sixteen goes to the lowest that waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from engine.message import Priority

PRIORITIES = tuple(priority.value for priority in sorted(Priority, key=lambda priority: priority.rank))
"""Highest first."""

SHARES: Mapping[str, float] = MappingProxyType({"critical": 1 / 16, "high": 1 / 8, "normal": 1 / 32, "low": 1 / 32})
"""The part of the capacity kept for each; what remains is common."""

LOWEST_FIRST_EVERY = 16

_SCARCE_ORDER = ("high", "critical", "low", "normal")


def reserved(capacity: int) -> dict[str, int]:
    """Places kept for each priority: its share, at least one from eight places on; below, half of the places are kept,
    one each, for high, critical and low in that order."""
    if capacity < 1:
        raise ValueError(f"expected a capacity of 1 or more, got {capacity}")
    if capacity >= 2 * len(PRIORITIES):
        return {name: max(1, int(capacity * share)) for name, share in SHARES.items()}
    kept = _SCARCE_ORDER[: capacity // 2]
    return {name: int(name in kept) for name in PRIORITIES}


class Places:
    """Who may start one more message, counted as messages start and end; ranks are 0 for the highest priority.

    Beyond the places kept for it a priority takes common ones, so what is taken of these is all there is to know.
    """

    def __init__(self, capacity: int) -> None:
        kept = reserved(capacity)
        self._capacity = capacity
        self._kept = [kept[name] for name in PRIORITIES]
        self._common = capacity - sum(self._kept)
        self._running = [0] * len(PRIORITIES)
        self._taken = 0
        self._turn = 0
        self.used = 0

    def may_start(self, rank: int) -> bool:
        """Whether a message of this rank may start now."""
        if self.used >= self._capacity:
            return False
        return self._running[rank] < self._kept[rank] or self._taken < self._common

    def choose(self, waiting: Sequence[int]) -> int | None:
        """Which of the waiting ranks (highest first) starts now, or None."""
        startable = [rank for rank in waiting if self.may_start(rank)]
        if not startable:
            return None
        return startable[-1] if self._turn % LOWEST_FIRST_EVERY == LOWEST_FIRST_EVERY - 1 else startable[0]

    def enter(self, rank: int) -> None:
        """A message of this rank starts."""
        self._turn += 1
        self.used += 1
        self._running[rank] += 1
        self._taken += self._running[rank] > self._kept[rank]

    def leave(self, rank: int) -> None:
        """A message of this rank has ended."""
        self._taken -= self._running[rank] > self._kept[rank]
        self._running[rank] -= 1
        self.used -= 1

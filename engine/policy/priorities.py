"""Priorities with reserved capacity: important work starts first, and no priority can take every place.

Each priority has a few places of its own, the rest is common. A flood of low work leaves the places of high work free,
and a flood of high work leaves those of low work; one turn in sixteen goes to the lowest that waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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


def may_start(capacity: int, running: Mapping[str, int]) -> tuple[str, ...]:
    """The priorities that may start one more message, highest first, given what runs at each."""
    kept = reserved(capacity)
    if sum(running.values()) >= capacity:
        return ()
    common = capacity - sum(kept.values())
    taken = sum(max(0, running.get(name, 0) - places) for name, places in kept.items())
    return tuple(name for name in PRIORITIES if running.get(name, 0) < kept[name] or taken < common)


def next_priority(capacity: int, running: Mapping[str, int], waiting: Collection[str], turn: int) -> str | None:
    """Which priority starts now, or None. `turn` counts the starts so far."""
    startable = [name for name in may_start(capacity, running) if name in waiting]
    if not startable:
        return None
    return startable[-1] if turn % LOWEST_FIRST_EVERY == LOWEST_FIRST_EVERY - 1 else startable[0]

"""Rate limiter and bulkhead: when a request to a target may go, as a reserved slot in time.

The limiter is the generic cell rate algorithm (GCRA) turned into reservations: whoever asks gets a time that is theirs,
now or later, so that waiting messages need not ask again and cannot overtake each other.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, replace

_MAX_RETURNED = 64


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` requests in any `per` seconds. `burst` of them may go together after a pause; the others are
    spread so that the promise holds in every window, wherever it begins. Default burst: a tenth of the count."""

    count: int
    per: float
    burst: int = 0

    def __post_init__(self) -> None:
        if self.count < 1 or self.per <= 0:
            raise ValueError(f"expected a rate of 1 or more in more than 0 s, got {self.count} per {self.per:g} s")
        if not 0 <= self.burst <= self.count:
            raise ValueError(f"expected 'burst' between 1 and {self.count}, got {self.burst}")
        if not self.burst:
            object.__setattr__(self, "burst", max(1, self.count // 10))

    @property
    def interval(self) -> float:
        """Seconds between slots. A burst takes its part of the count, else burst and flow together would exceed it."""
        return self.per / (self.count - self.burst + 1)

    @property
    def tolerance(self) -> float:
        return (self.burst - 1) * self.interval


@dataclass(frozen=True, slots=True)
class LimiterState:
    """`next`: the theoretical time of the next slot. `blocked_until`: set by the target's own hints. `returned`: slots
    in the future that were given back, in order. `last`: the latest slot granted from `next`, if still held."""

    next: float = 0.0
    blocked_until: float = 0.0
    returned: tuple[float, ...] = ()
    last: float | None = None


def reserve(rate: Rate, state: LimiterState, now: float) -> tuple[LimiterState, float]:
    """Reserve the next free slot; answers the new state and the slot's time, `now` or later."""
    earliest = max(now, state.blocked_until)
    free = tuple(slot for slot in state.returned if slot >= earliest)
    if free:
        return replace(state, returned=free[1:]), free[0]
    due = max(state.next, earliest)
    slot = max(earliest, due - rate.tolerance)
    return replace(state, next=due + rate.interval, returned=(), last=slot), slot


def give_back(rate: Rate, state: LimiterState, slot: float) -> LimiterState:
    """Return a reserved slot that was not used. The latest one is undone as if never granted; an earlier one is kept
    for the next to ask, and lapses when its time passes: moving it would break the promise of the rate."""
    if slot == state.last:
        return replace(state, next=state.next - rate.interval, last=None)
    if len(state.returned) >= _MAX_RETURNED:
        return state
    slots = list(state.returned)
    insort(slots, slot)
    return replace(state, returned=tuple(slots))


def penalise(state: LimiterState, until: float) -> LimiterState:
    """Block the target until that time, from `Retry-After` or a reset header. A block is never shortened."""
    return replace(state, blocked_until=max(state.blocked_until, until))


def is_void(state: LimiterState, slot: float) -> bool:
    """Whether a slot reserved earlier was overtaken by a block: its holder reserves anew instead of sending."""
    return slot < state.blocked_until


@dataclass(frozen=True, slots=True)
class Bulkhead:
    """At most `limit` requests under way at one target, `used` of them now."""

    limit: int
    used: int = 0

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ValueError(f"expected 'concurrent' to be 1 or more, got {self.limit}")

    def enter(self) -> Bulkhead | None:
        """With one more place taken, or None when all are."""
        return None if self.used >= self.limit else replace(self, used=self.used + 1)

    def leave(self) -> Bulkhead:
        """With one place given back."""
        if self.used == 0:
            raise ValueError("a bulkhead place was given back twice")
        return replace(self, used=self.used - 1)

    def resized(self, limit: int) -> Bulkhead:
        """With another limit; places taken above it drain by themselves."""
        return replace(self, limit=limit)

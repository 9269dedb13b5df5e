"""Circuit breaker: stops sending to a target that keeps failing, and lets one probe find out when it is back.

    closed --failures--> open --cooldown--> half-open --probe succeeds--> closed
                           ^                    |
                           +---- probe fails ---+

The states are values and every transition is a function. Results that belong to requests sent before the breaker opened
change nothing: only the probe's own result ends half-open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.policy.error_classes import error_class


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """Opens at `failures` within `within` seconds when they are at least `share` of the results in between."""

    failures: int = 5
    within: float = 30.0
    cooldown: float = 60.0
    share: float = 0.5
    probe_timeout: float = 60.0

    def __post_init__(self) -> None:
        if self.failures < 1:
            raise ValueError(f"expected breaker 'failures' to be 1 or more, got {self.failures}")
        if min(self.within, self.cooldown, self.probe_timeout) <= 0:
            raise ValueError("expected breaker 'within', 'cooldown' and 'probe_timeout' to be more than 0 s")
        if not 0 < self.share <= 1:
            raise ValueError(f"expected breaker 'share' above 0 and at most 1, got {self.share:g}")


@dataclass(frozen=True, slots=True)
class Closed:
    """Everything passes. `recent`: the latest failures as (time, successes that followed); at most `failures` of
    them."""

    recent: tuple[tuple[float, int], ...] = ()
    probes: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """Nothing passes until `until`; `probes` numbers the probes sent so far."""

    until: float
    probes: int = 0


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """Probe number `probes` is under way; at `until` it counts as lost and another may go."""

    until: float
    probes: int


BreakerState = Closed | Open | HalfOpen


@dataclass(frozen=True, slots=True)
class Admitted:
    """The request may go; `probe` is its number when it is a probe, to be handed back with its result."""

    probe: int | None = None


_ADMITTED = Admitted()


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel pauses; ask again at `until`."""

    until: float


def admit(settings: BreakerSettings, state: BreakerState, now: float) -> tuple[BreakerState, Admitted | Refused]:
    """May a request go now? At most one answer in half-open is a probe, until that probe's time is up."""
    if isinstance(state, Closed):
        return state, _ADMITTED
    if now < state.until:
        return state, Refused(state.until)
    probe = state.probes + 1
    return HalfOpen(now + settings.probe_timeout, probe), Admitted(probe)


def succeeded(state: BreakerState, probe: int | None = None) -> BreakerState:
    """After an answer that shows the target alive, a refusal for data or business reasons included."""
    if isinstance(state, Closed):
        return _count_success(state)
    if isinstance(state, HalfOpen) and probe == state.probes:
        return Closed(probes=state.probes)
    return state


def failed(
    settings: BreakerSettings, state: BreakerState, now: float, error: str, probe: int | None = None
) -> BreakerState:
    """After an attempt that ended in an error of class `error`; a class that says nothing of the target's health counts
    as an answer."""
    if not error_class(error).trips_breaker:
        return succeeded(state, probe)
    if isinstance(state, Closed):
        return _count_failure(settings, state, now)
    if isinstance(state, HalfOpen) and probe == state.probes:
        return Open(now + settings.cooldown, state.probes)
    return state


def abandoned(state: BreakerState, now: float, probe: int | None) -> BreakerState:
    """After an admitted request that was never sent: an unsent probe leaves its place to the next request at once."""
    if isinstance(state, HalfOpen) and probe == state.probes:
        return replace(state, until=now)
    return state


def _count_success(state: Closed) -> Closed:
    if not state.recent:
        return state
    at, successes = state.recent[-1]
    return replace(state, recent=(*state.recent[:-1], (at, successes + 1)))


def _count_failure(settings: BreakerSettings, state: Closed, now: float) -> BreakerState:
    kept = tuple(entry for entry in state.recent if entry[0] > now - settings.within)
    recent = (*kept, (now, 0))[-settings.failures :]
    results = len(recent) + sum(successes for _, successes in recent)
    if len(recent) == settings.failures and len(recent) >= settings.share * results:
        return Open(now + settings.cooldown, state.probes)
    return replace(state, recent=recent)

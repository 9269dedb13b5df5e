"""A gateway a system: its limiter, breaker, maintenance calendar and bulkhead, shared by all flows, and its connection.

Decisions are values of `engine.policy`; the gateway only keeps their state.
"""

from __future__ import annotations

import asyncio
from collections import deque

from pydantic import BaseModel

from engine.clock import Clock
from engine.errors import CrossdockError, StepFailed
from engine.flow.compiled import CompiledSystem
from engine.outcome import Deferred
from engine.plugin import Destination, Reply, Request
from engine.policy import breaker, limiter, maintenance
from engine.runtime.commit_points import CommitPoint, Passing

LONGEST_WAIT = 1.0
"""Seconds a worker waits for its slot; a later slot sends the message back to the store until then."""

RESERVED_AHEAD = 300.0
"""Seconds for which slots are kept for messages; who finds more than that taken comes back before its turn, so that
what is kept in memory does not grow with the backlog."""

LONGEST_HINT = 3600.0
"""Seconds for which a peer's `Retry-After` pauses the whole channel; the message itself waits as long as told."""

PROBE_PAUSE = 1.0
_MAX_NOTES = 10_000


class NotNow(CrossdockError):
    """The breaker let a request no more through; nothing was sent, and no attempt is used up."""

    def __init__(self, deferred: Deferred) -> None:
        super().__init__(deferred.reason)
        self.deferred = deferred


class RequestFailed(StepFailed):
    """A request that did not do what it should; carries what went and what came, for the trace."""

    def __init__(
        self, failed: StepFailed, *, request: bytes | None, reply: bytes | None = None, status: int | None = None
    ) -> None:
        super().__init__(
            failed.detail,
            error_class=failed.error_class,
            reason=failed.reason,
            owner=failed.owner,
            retry_after=failed.retry_after,
            details=failed.details,
        )
        self.request = request
        self.reply = reply
        self.status = status


class Gateway:
    """Everything that stands between the engine and one system."""

    def __init__(self, system: CompiledSystem, destination: Destination, clock: Clock) -> None:
        self._clock = clock
        self._breaker: breaker.BreakerState = breaker.Closed()
        self._limiter = limiter.LimiterState()
        self._reserved: dict[int, float] = {}
        self._beyond = 0
        self._not_done: set[str] = set()
        self._in_use = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.connection: BaseModel | None = None
        self.adopt(system, destination)

    def adopt(self, system: CompiledSystem, destination: Destination) -> None:
        """Take over the limits and connection of another revision; what is counted so far stays counted."""
        model = system.model
        self.destination = destination
        self.name = system.name
        self.concurrent = model.limits.concurrent
        self._rate = limiter.Rate(model.limits.rate.count, model.limits.rate.seconds) if model.limits.rate else None
        self._settings = breaker.BreakerSettings(
            failures=model.breaker.failures,
            within=model.breaker.within.seconds,
            cooldown=model.breaker.cooldown.seconds,
        )
        self._calendar = tuple(maintenance.parse_window(text) for text in model.maintenance)
        self._let_in()

    def now(self) -> float:
        """Epoch seconds."""
        return self._clock.now()

    def paused_until(self, now: float) -> tuple[float, str] | None:
        """When the system can be asked again, and why not now: maintenance, an open breaker, or its own wish."""
        closes = maintenance.held_until(self._calendar, now) if self._calendar else None
        if closes is not None:
            return closes, "maintenance"
        if not isinstance(self._breaker, breaker.Closed) and now < self._breaker.until:
            return self._breaker_pause(self._breaker, now), "breaker open"
        if now < self._limiter.blocked_until:
            return self._limiter.blocked_until, "it asked to wait"
        return None

    @staticmethod
    def _breaker_pause(state: breaker.Open | breaker.HalfOpen, now: float) -> float:
        """While a probe is under way its result is near: nobody waits until the probe counts as lost."""
        return state.until if isinstance(state, breaker.Open) else min(state.until, now + PROBE_PAUSE)

    async def admit(self, message_id: int) -> Deferred | None:
        """A slot for one request: at once, after a short wait, or later (then the slot stays reserved)."""
        slot = self.slot(message_id)
        if isinstance(slot, float):
            await asyncio.sleep(slot)
            return None
        return slot

    def slot(self, message_id: int) -> Deferred | float | None:
        """As `admit`, but the seconds of a short wait are the caller's to wait."""
        now = self._clock.now()
        paused = self.paused_until(now)
        if paused is not None:
            return Deferred(paused[0], f"{self.name}: {paused[1]}")
        if self._rate is None:
            return None
        slot = self._reserved.pop(message_id, None)
        if slot is None or limiter.is_void(self._limiter, slot):
            if self._limiter.next > now + RESERVED_AHEAD:
                return Deferred(self._before_its_turn(self._rate), f"{self.name}: rate limit")
            self._beyond = max(0, self._beyond - 1)
            self._limiter, slot = limiter.reserve(self._rate, self._limiter, now)
        if slot - now > LONGEST_WAIT:
            self._reserved[message_id] = slot
            return Deferred(slot, f"{self.name}: rate limit")
        return slot - now if slot > now else None

    def _before_its_turn(self, rate: limiter.Rate) -> float:
        """About when a message gets a slot that none is kept for yet, less half of what is kept ahead."""
        self._beyond += 1
        return self._limiter.next + self._beyond * rate.interval - RESERVED_AHEAD / 2

    def note_not_done(self, key: str) -> None:
        """The system has said that a request was not carried out; true until it is sent again."""
        if len(self._not_done) >= _MAX_NOTES:
            self._not_done.clear()
        self._not_done.add(key)

    def is_not_done(self, key: str) -> bool:
        """Whether `note_not_done` said so since the request was last sent."""
        return key in self._not_done

    async def exchange(self, request: Request, passing: Passing) -> tuple[Reply, int | None]:
        """Send once, on one of the system's concurrent places. The breaker learns of a missing answer here, of a judged
        one from the caller by the number of the probe. Raises NotNow or RequestFailed."""
        probe = self._enter(request.key)
        try:
            if self._in_use < self.concurrent:
                self._in_use += 1
                self._quiet.clear()
            else:
                await self._turn()
            try:
                passing(CommitPoint.BEFORE_REQUEST)
                reply = await self.destination.send(request)
                passing(CommitPoint.AFTER_REPLY)
                return reply, probe
            finally:
                self._leave()
        except StepFailed as failed:
            self.failed(failed.error_class, failed.retry_after, probe)
            raise RequestFailed(failed, request=request.body) from failed
        except BaseException:
            self._abandoned(probe)
            raise

    async def _turn(self) -> None:
        """Wait for a place; those who wait get theirs in the order of asking."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._leave()  # it was ours for a moment
            raise

    def _leave(self) -> None:
        self._in_use -= 1
        self._let_in()
        if not self._in_use:
            self._quiet.set()

    def _let_in(self) -> None:
        while self._waiting and self._in_use < self.concurrent:
            turn = self._waiting.popleft()
            if not turn.done():
                self._in_use += 1
                turn.set_result(None)

    async def quiet(self) -> None:
        """Wait until no request is under way."""
        await self._quiet.wait()

    def _enter(self, key: str) -> int | None:
        """Ask the breaker for one request; returns the number of the probe when it is one, to be handed back.

        Raises NotNow when another request has opened the breaker meanwhile, or is its probe.
        """
        now = self._clock.now()
        self._breaker, verdict = breaker.admit(self._settings, self._breaker, now)
        if isinstance(verdict, breaker.Refused):
            assert not isinstance(self._breaker, breaker.Closed)
            raise NotNow(Deferred(self._breaker_pause(self._breaker, now), f"{self.name}: breaker open"))
        self._not_done.discard(key)
        return verdict.probe

    def succeeded(self, probe: int | None) -> None:
        """The system did what it was asked."""
        self._breaker = breaker.succeeded(self._breaker, probe)

    def failed(self, error_class: str, retry_after: float | None, probe: int | None) -> None:
        """A request failed; the class decides whether that counts against the system."""
        now = self._clock.now()
        self._breaker = breaker.failed(self._settings, self._breaker, now, error_class, probe)
        if retry_after is not None and error_class in ("rate-limited", "transient"):
            self._limiter = limiter.penalise(self._limiter, now + min(retry_after, LONGEST_HINT))

    def _abandoned(self, probe: int | None) -> None:
        """A request that was let through was never sent."""
        self._breaker = breaker.abandoned(self._breaker, self._clock.now(), probe)

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        return {breaker.Closed: "closed", breaker.Open: "open", breaker.HalfOpen: "half-open"}[type(self._breaker)]

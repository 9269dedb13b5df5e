"""Sends a stand-in's events to the hub, in order, until the hub takes them or a day has passed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from engine.clock import Clock
from engine.sandbox.compiled import HubEvent
from engine.sandbox.entries import Emission
from engine.sandbox.peer_store import PeerStore
from engine.sandbox.signing import CannotSign, signed

_LONGEST_AGE = 86_400.0
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 60.0
_TIMEOUT = aiohttp.ClientTimeout(total=30.0)
_TRY_AGAIN = frozenset({408, 425, 429})


@dataclass(slots=True)
class Hub:
    """Where events go; the address may be set later than the start."""

    url: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the hub answered: its status and body; status 0 when it could not be reached."""

    status: int
    body: str
    retry_after: float | None = None

    @property
    def outcome(self) -> str:
        """`taken`, `refused` for good, or `waiting` for another try."""
        if 200 <= self.status < 300:
            return "taken"
        return "waiting" if self.status in _TRY_AGAIN or self.status >= 500 or self.status == 0 else "refused"


class Emitter:
    """The events of one stand-in. What is due is read from its store, so that nothing is forgotten over a restart."""

    def __init__(self, store: PeerStore, events: Mapping[str, HubEvent], hub: Hub, clock: Clock) -> None:
        self._store = store
        self._events = events
        self._hub = hub
        self._clock = clock
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    def adopt(self, events: Mapping[str, HubEvent]) -> None:
        """Send by these from now on, also what is waiting."""
        self._events = events
        self.wake()

    def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._session is not None:
            await self._session.close()

    def wake(self) -> None:
        """Look for events that have become due."""
        self._woken.set()

    async def tell(self, emission: Emission) -> Told:
        """Sign an event and send it once."""
        event = self._events.get(emission.event)
        if self._session is None or event is None:
            return Told(0, "the stand-in no longer has this event")
        try:
            target, headers, body = signed(emission, event.verify, self._clock.now(), event.method)
        except (CannotSign, ValueError) as error:
            return Told(0, str(error))
        url = self._hub.url.rstrip("/") + target
        try:
            async with self._session.request(event.method, url, data=body, headers=dict(headers)) as response:
                text = await response.text(errors="replace")
                return Told(response.status, text[:2000], _seconds(response.headers.get("Retry-After")))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return Told(0, f"{type(error).__name__}: {error}")

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            waiting = self._store.waiting_emissions()
            now = self._clock.now()
            for emission in waiting:
                if emission.due > now:
                    break
                self._settle(emission, await self.tell(emission))
            if not waiting or waiting[0].due > now:
                await self._sleep(waiting[0].due - now if waiting else None)

    def _settle(self, emission: Emission, told: Told) -> None:
        outcome, due, now = told.outcome, None, self._clock.now()
        if outcome == "waiting" and now - emission.first_due > _LONGEST_AGE:
            outcome = "given-up"
        if outcome == "waiting":
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(emission.attempts, 10))
            due = now + (wait if told.retry_after is None else told.retry_after)
        self._store.settle_emission(emission.number, outcome, told.status or None, told.body, due)

    async def _sleep(self, seconds: float | None) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return


def _seconds(retry_after: Any) -> float | None:
    return float(retry_after) if isinstance(retry_after, str) and retry_after.isdigit() else None

"""Promote: messages whose waiting time has passed become ready."""

from __future__ import annotations

import math
from asyncio import Event

from engine.clock import Clock
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.maintenance.chore import Chore
from engine.store.protocol import MessageStore

PACE = 1.0


class Alarm:
    """When the next look at the waiting messages is planned; a message that is due earlier rings."""

    def __init__(self) -> None:
        self.rung = Event()
        self._planned = math.inf

    def plan(self, at: float) -> None:
        """Note when the next look is, in epoch seconds; infinite while one is under way."""
        self._planned = at

    def ring_for(self, at: float) -> None:
        """A message waits until `at`: look then, and not only when the next look is planned."""
        if at < self._planned:
            self._planned = at
            self.rung.set()


def promote(store: MessageStore, dispatcher: Dispatcher, clock: Clock, alarm: Alarm) -> Chore:
    """Wakes exactly when the next message is due, and at least every second."""

    async def work() -> float | None:
        alarm.plan(math.inf)
        dispatcher.nudge_all(await store.promote(clock.now()))
        due = await store.next_due()
        now = clock.now()
        alarm.plan(now + PACE if due is None else min(due, now + PACE))
        return due - now if due is not None else None

    return Chore("promote", PACE, work, alarm.rung)

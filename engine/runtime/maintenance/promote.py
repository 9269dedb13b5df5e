"""Promote: messages whose waiting time has passed become ready."""

from __future__ import annotations

import math

from engine.clock import Clock
from engine.runtime.alarm import Alarm
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.maintenance.chore import Chore
from engine.store.protocol import MessageStore

PACE = 1.0


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

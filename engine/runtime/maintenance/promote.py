"""Promote: messages whose waiting time has passed become ready."""

from __future__ import annotations

from engine.clock import Clock
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.maintenance.chore import Chore
from engine.store.protocol import MessageStore


def promote(store: MessageStore, dispatcher: Dispatcher, clock: Clock) -> Chore:
    """Wakes exactly when the next message is due, and at least every second."""

    async def work() -> float | None:
        now = clock.now()
        dispatcher.nudge_all(await store.promote(now))
        due = await store.next_due()
        return due - now if due is not None else None

    return Chore("promote", 1.0, work)

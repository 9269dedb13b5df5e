"""Rescue: running messages whose lease ended, because their worker died, become ready again."""

from __future__ import annotations

from engine.runtime.commit_points import CommitPoint, Passing
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.maintenance.chore import Chore
from engine.runtime.maintenance.renew import renew_ours
from engine.store.protocol import MessageStore


def rescue(store: MessageStore, dispatcher: Dispatcher, passing: Passing) -> Chore:
    """Looks every fifteen seconds. Our own leases are renewed first: a clock that was set forward ends them all, and
    what runs here would run a second time beside itself."""

    async def work() -> float | None:
        await renew_ours(store, dispatcher)
        passing(CommitPoint.BEFORE_RESCUE)
        channels = await store.rescue()
        passing(CommitPoint.AFTER_RESCUE)
        dispatcher.nudge_all(channels)
        dispatcher.look_again()
        return None

    return Chore("rescue", 15.0, work)

"""Renew: the leases of everything queued or running here are extended; what was lost is dropped."""

from __future__ import annotations

from engine.runtime.dispatcher import Dispatcher
from engine.runtime.maintenance.chore import Chore
from engine.store.protocol import MessageStore


def renew(store: MessageStore, dispatcher: Dispatcher) -> Chore:
    """Renews every fifteen seconds, a quarter of a lease."""

    async def work() -> float | None:
        await renew_ours(store, dispatcher)
        return None

    return Chore("renew", 15.0, work)


async def renew_ours(store: MessageStore, dispatcher: Dispatcher) -> None:
    """Extend every lease that is held here, in one commit."""
    leases = dispatcher.leases()
    if leases:
        ours = await store.renew(leases)
        dispatcher.lost(lease for lease in leases if lease.message_id not in ours)

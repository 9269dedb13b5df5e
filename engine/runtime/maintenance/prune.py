"""Prune: settled messages older than their retention are deleted."""

from __future__ import annotations

from collections.abc import Callable

from engine.clock import Clock
from engine.flow.compiled import Revision
from engine.runtime.maintenance.chore import Chore
from engine.store.protocol import MessageStore

BATCH = 500


def prune(store: MessageStore, clock: Clock, revision: Callable[[], Revision]) -> Chore:
    """Looks every ten minutes, in small batches so that it never holds up the path of a message."""

    async def work() -> float | None:
        kept = revision().workspace.retention.completed.seconds
        deleted = await store.prune(clock.now() - kept, BATCH)
        return 0.05 if deleted >= BATCH else None

    return Chore("prune", 600.0, work)

"""Prune: settled messages older than their retention are deleted."""

from __future__ import annotations

from collections.abc import Callable

from engine.clock import Clock
from engine.flow.compiled import Revision
from engine.message import INVALID_CHANNEL, flow_channel
from engine.runtime.maintenance.chore import Chore
from engine.store.protocol import MessageStore

BATCH = 500


def prune(store: MessageStore, clock: Clock, revision: Callable[[], Revision]) -> Chore:
    """Looks every ten minutes, in small batches so that it never holds up the path of a message."""

    async def work() -> float | None:
        now = clock.now()
        own = retentions(revision())
        deleted = [await store.prune(now - kept, BATCH, channel=channel) for channel, kept in own.items()]
        kept = revision().workspace.retention.completed.seconds
        deleted.append(await store.prune(now - kept, BATCH, spared=tuple(own)))
        return 0.05 if max(deleted) >= BATCH else None

    return Chore("prune", 600.0, work)


def retentions(revision: Revision) -> dict[str, float]:
    """The channels with a retention of their own, in seconds: flows that declare one, and the invalid channel."""
    own = {INVALID_CHANNEL: revision.workspace.retention.invalid.seconds}
    for name, flow in revision.flows.items():
        if flow.model.retention is not None:
            own[flow_channel(name)] = flow.model.retention.seconds
    return own

"""Leases: claiming eligible messages, keeping them, giving them back, and taking them from whoever died."""

from __future__ import annotations

from collections.abc import Sequence

from engine.message import Lease
from engine.store.encoding import to_json
from engine.store.operations.base import (
    FLUSH,
    Batch,
    Locks,
    Operation,
    Row,
    Rows,
    Steps,
    lane_lock,
)
from engine.store.operations.journal import read_journals
from engine.store.operations.lanes import refresh_lane
from engine.store.operations.progress import find_lease
from engine.store.operations.rows import business_keys_of, message_of
from engine.store.records import JournalEntry, Work


def claim(channel: str, limit: int) -> Operation[tuple[Work, ...]]:
    """See MessageStore.claim."""

    def steps(batch: Batch) -> Steps[tuple[Work, ...]]:
        yield FLUSH
        rows = yield ("claim_messages", (batch.token, batch.lease_until, batch.now, channel, limit))
        return (yield from _works(batch, rows))

    return Operation("claim", steps, last=True)


def load(lease: Lease) -> Operation[Work | None]:
    """See MessageStore.load."""

    def steps(batch: Batch) -> Steps[Work | None]:
        rows = yield ("find_leased", (lease.message_id, lease.token))
        works = yield from _works(batch, rows)
        return works[0] if works else None

    return Operation("load", steps)


def _works(batch: Batch, rows: Rows) -> Steps[tuple[Work, ...]]:
    """The work behind running messages, by priority and position."""
    if not rows:
        return ()
    messages = [message_of(row) for row in rows]
    found = yield ("find_bodies", (to_json([message.id for message in messages]),))
    bodies = {row[0]: batch.body(row[1], row[2], row[3]) for row in found}
    journals = yield from read_journals(batch, rows)
    works = [_work(row, bodies, journals) for row in rows]
    return tuple(sorted(works, key=lambda work: (work.message.priority, work.message.position)))


def _work(row: Row, bodies: dict[int, bytes | None], journals: dict[int, tuple[JournalEntry, ...]]) -> Work:
    message = message_of(row)
    if message.lease is None:
        raise ValueError(f"message {message.id} is not leased")
    return Work(
        message,
        Lease(message.id, message.lease),
        bodies.get(message.id) or b"",
        journals.get(message.id, ()),
        business_keys_of(row),
    )


def renew(leases: Sequence[Lease]) -> Operation[frozenset[int]]:
    """See MessageStore.renew."""

    def steps(batch: Batch) -> Steps[frozenset[int]]:
        kept: set[int] = set()
        for lease in sorted(leases, key=lambda item: item.message_id):
            if (yield from find_lease(batch, lease)):
                batch.add("renew_lease", (batch.lease_until, lease.message_id))
                kept.add(lease.message_id)
        return frozenset(kept)

    return Operation("renew", steps)


def give_back(leases: Sequence[Lease]) -> Operation[None]:
    """See MessageStore.give_back."""

    def steps(batch: Batch) -> Steps[None]:
        for lease in leases:
            rows = yield from find_lease(batch, lease)
            for channel, lane, *_ in rows:
                yield ("give_back", (lease.message_id,))
                batch.ready.add(channel)
                if lane is not None:
                    yield from refresh_lane(batch, lane)

    return Operation("give_back", steps, lambda: Locks(messages=tuple(lease.message_id for lease in leases)))


def rescue() -> Operation[tuple[str, ...]]:
    """See MessageStore.rescue."""

    def steps(batch: Batch) -> Steps[tuple[str, ...]]:
        channels: dict[str, None] = {}
        rows = yield ("find_expired", (batch.now,))
        lanes = sorted({row[1] for row in rows if row[1] is not None})
        yield ("lock_names", (to_json([lane_lock(lane) for lane in lanes]),))
        for message_id, lane in rows:
            for (channel,) in (yield ("rescue_message", (message_id, batch.now))):
                channels[channel] = None
                if lane is not None:
                    yield from refresh_lane(batch, lane)
        batch.ready.update(channels)
        return tuple(channels)

    return Operation("rescue", steps, chore=True)

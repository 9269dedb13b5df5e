"""The small chores: waiting messages whose time has come, parked ones that are overdue."""

from __future__ import annotations

from collections.abc import Sequence

from engine.message import Message
from engine.store.operations.base import Batch, Operation, Steps
from engine.store.operations.rows import message_of

PROMOTED_AT_ONCE = 1000


def promote(now: float) -> Operation[tuple[str, ...]]:
    """See MessageStore.promote."""

    def steps(batch: Batch) -> Steps[tuple[str, ...]]:
        rows = yield ("promote_messages", (now, PROMOTED_AT_ONCE))
        channels = tuple(dict.fromkeys(row[0] for row in rows if row[1]))
        batch.ready.update(channels)
        return channels

    return Operation("promote", steps, chore=True)


def next_due() -> Operation[float | None]:
    """See MessageStore.next_due."""

    def steps(batch: Batch) -> Steps[float | None]:
        rows = yield ("next_due", ())
        due: float | None = rows[0][0]
        return due

    return Operation("next_due", steps)


def overdue_parked(now: float, limit: int) -> Operation[tuple[Message, ...]]:
    """See MessageStore.overdue_parked."""

    def steps(batch: Batch) -> Steps[tuple[Message, ...]]:
        rows = yield ("overdue_parked", (now, limit))
        return tuple(message_of(row) for row in rows)

    return Operation("overdue_parked", steps)


def escalated(message_ids: Sequence[int]) -> Operation[None]:
    """See MessageStore.escalated."""

    def steps(batch: Batch) -> Steps[None]:
        for message_id in sorted(message_ids):
            yield ("set_escalated", (message_id,))

    return Operation("escalated", steps)


def ping() -> Operation[None]:
    """See MessageStore.ping: a real write, so that a full disk is noticed."""

    def steps(batch: Batch) -> Steps[None]:
        yield ("put_meta", ("pinged", repr(batch.now)))

    return Operation("ping", steps)

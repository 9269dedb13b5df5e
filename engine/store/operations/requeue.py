"""An operator's order on one message: run it again, or end it. The audit record is part of the commit."""

from __future__ import annotations

from engine.errors import CommandRefused
from engine.ids import id_text
from engine.message import UNFINISHED, Message, Phase, State
from engine.outcome import Dead, Discarded
from engine.store.encoding import plain_text, to_json
from engine.store.operations.base import (
    ERASED,
    FLUSH,
    Batch,
    Operation,
    Row,
    Steps,
    lane_lock,
)
from engine.store.operations.lanes import place_again, refresh_lane
from engine.store.operations.progress import add_journal
from engine.store.operations.revisions import pin
from engine.store.operations.rows import ANSWER, BLOCKS, message_of
from engine.store.operations.settle import state_after
from engine.store.records import AuditRecord, Requeue, Requeued


def requeue(order: Requeue) -> Operation[Requeued]:
    """See MessageStore.requeue."""
    return Operation("requeue", lambda batch: _requeue(batch, order), chore=True)


def _requeue(batch: Batch, order: Requeue) -> Steps[Requeued]:
    lanes = yield ("find_lane", (order.message_id,))
    if not lanes:
        return Requeued(applied=False, message=None)
    lane: str | None = lanes[0][0]
    if lane is not None:
        yield ("lock_names", (to_json([lane_lock(lane)]),))
        yield ("lane_front", (lane,))
    rows = yield ("lock_message", (order.message_id,))
    before = message_of(rows[0])
    if before.state not in order.allowed:
        return Requeued(applied=False, message=before)
    if order.outcome is None:
        yield from _make_ready(batch, order, before, rows[0])
    else:
        yield from _end(batch, order, before)
    yield ("drop_wait", (order.message_id,))
    for entry in order.journal:
        add_journal(batch, order.message_id, entry)
    if order.journal:
        yield ("add_lines", (len(order.journal), order.message_id))
    add_audit(batch, AuditRecord(order.at, order.who, order.verb, order.message_id, order.reason, order.facts))
    unblocked = None
    if lane is not None:
        places = yield from refresh_lane(batch, lane)
        unblocked = next((place.channel for place in places if place.id != order.message_id), None)
    yield FLUSH
    after = message_of((yield ("find_message", (order.message_id,)))[0])
    if after.state is State.READY:
        batch.ready.add(after.channel)
    return Requeued(applied=True, message=after, unblocked=unblocked)


def _make_ready(batch: Batch, order: Requeue, before: Message, row: Row) -> Steps[None]:
    yield from _refuse_erased(before)
    again = to_json(order.again) if order.again else None
    phase = _phase(order, before).value
    position = before.position
    if before.lane is not None and not row[BLOCKS]:
        position = yield from place_again(batch, before.lane, before.position)
    state = State.READY if order.not_before is None else State.WAITING
    yield (
        "requeue_message",
        (
            state.value,
            order.not_before,
            position,
            int(order.reset_attempts),
            int(order.reset_attempts),
            phase,
            order.revision,
            again,
            int(order.force),
            before.id,
        ),
    )
    if row[ANSWER] is not None:
        yield ("use_payload", (-1, row[ANSWER]))
    if order.revision is not None:
        pin(batch, order.revision)


def _phase(order: Requeue, before: Message) -> Phase:
    if order.phase is not None:
        return order.phase
    return before.phase if before.state in UNFINISHED else Phase.FORWARD


def _refuse_erased(before: Message) -> Steps[None]:
    rows = yield ("find_payload", (before.payload,))
    if not rows or rows[0][1] == ERASED:
        raise CommandRefused(
            f"message {id_text(before.id)}: its payload was erased, so it cannot run again; discard it instead"
        )


def _end(batch: Batch, order: Requeue, before: Message) -> Steps[None]:
    outcome = order.outcome
    if not isinstance(outcome, Discarded | Dead):
        raise TypeError(f"an order ends a message as Discarded or Dead, not as {type(outcome).__name__}")
    after = state_after(outcome)
    yield (
        "end_message",
        (
            after.state.value,
            int(after.blocks),
            int(after.blocks),
            after.failure,
            after.error_class,
            after.reason,
            order.at,
            before.id,
        ),
    )


def add_audit(batch: Batch, entry: AuditRecord) -> None:
    """Collect an audit record."""
    batch.add(
        "put_audit",
        (
            batch.ids.next(),
            entry.at,
            plain_text(entry.who),
            entry.verb,
            entry.message_id,
            plain_text(entry.reason),
            to_json(entry.facts) if entry.facts else "{}",
        ),
    )


def audit(entry: AuditRecord) -> Operation[None]:
    """See MessageStore.audit."""

    def steps(batch: Batch) -> Steps[None]:
        add_audit(batch, entry)
        yield FLUSH

    return Operation("audit", steps)

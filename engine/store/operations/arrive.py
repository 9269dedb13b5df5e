"""Append: store a group of messages in one commit, each leased at once, or even ended, where its lane is empty."""

from __future__ import annotations

from engine.message import State
from engine.store.encoding import to_json
from engine.store.operations.append import append_message, common_row, enter, names_to_lock, put_names, see
from engine.store.operations.base import Batch, Locks, Operation, Steps, claim_lock
from engine.store.operations.claims import find_taken, put_claims
from engine.store.operations.progress import (
    Leased,
    Written,
    apply_progress,
    lines_of,
    positions_of,
    released_by,
)
from engine.store.operations.revisions import pin
from engine.store.operations.settle import add_attempt, state_after
from engine.store.operations.wakes import publish_wakes
from engine.store.records import Append, Appended, AppendStatus, NewMessage, Settlement


def append(entry: Append) -> Operation[tuple[Appended, ...]]:
    """See MessageStore.append."""
    return Operation("append", lambda batch: _append(batch, entry), lambda: _locks(entry))


def _locks(entry: Append) -> Locks:
    names = [claim_lock(claim.scope, claim.key) for claim in entry.claims]
    outputs = [output for ending in entry.endings if ending is not None for output in ending.progress.outputs]
    for message in (*entry.messages, *outputs):
        names.extend(names_to_lock(message))
    return Locks(tuple(names), positions=len(entry.messages) + positions_of(outputs))


def _append(batch: Batch, entry: Append) -> Steps[tuple[Appended, ...]]:
    first_id = entry.ids[0] if entry.ids else batch.ids.next()
    if entry.claims:
        at = entry.messages[0].received_at if entry.messages else batch.now
        taken = yield from find_taken(batch, entry.claims, at)
        if taken is not None:
            return (taken,) * len(entry.messages)
    results: list[Appended] = []
    for index, new in enumerate(entry.messages):
        message_id = entry.ids[index] if entry.ids else batch.ids.next() if index else first_id
        ending = entry.endings[index] if entry.endings else None
        if ending is not None:
            results.append((yield from _append_ended(batch, new, message_id, ending)))
            continue
        lease = index < len(entry.lease) and entry.lease[index]
        results.append((yield from append_message(batch, new, message_id, lease=lease)))
    # A group's claim names a message that is stored: the first one's first, when it is a repeat itself. A group that is
    # refused leaves none, so that it is refused again.
    if entry.claims and all(result.status is not AppendStatus.CONFLICT for result in results):
        put_claims(batch, entry.claims, results[0].message_id if results else first_id)
    if entry.watermark is not None:
        yield ("put_watermark", (entry.watermark.name, entry.watermark.value))
    return tuple(results)


def _append_ended(batch: Batch, new: NewMessage, message_id: int, ending: Settlement) -> Steps[Appended]:
    """A message with the end of its exchange, or without it where it is not fresh or has to wait for its lane."""
    progress = ending.progress
    next_lane = progress.outputs[0].lane if progress.outputs else None
    seen = yield from see(batch, new, message_id, None, next_lane)
    if isinstance(seen, Appended):
        return seen
    if new.final is not None or not seen.eligible:
        return (yield from enter(batch, new, message_id, seen, lease=False))
    correlation_id = put_names(batch, new, message_id, seen)
    position = batch.position(message_id)
    payload = batch.put_payload(new.payload, new.digest)
    leased = Leased(message_id, new.channel, new.lane, correlation_id, False, None, (), None, False)
    batch.empty_lane = seen.next_lane
    appended, written = yield from apply_progress(batch, progress, leased)
    batch.empty_lane = None
    revision = progress.revision or new.revision
    if revision is not None:
        pin(batch, revision)
    eligible = new.lane is None
    row = common_row(new, message_id, position, eligible, False, payload, correlation_id, new.causation_id, revision)
    _put_ended(batch, row, ending, written)
    if new.lane is not None:
        batch.lanes.add(new.lane)
    if ending.attempt is not None:
        add_attempt(batch, message_id, ending.attempt, new.payload)
    released = released_by(appended)
    if new.wakes:
        released += yield from publish_wakes(batch, new.wakes, message_id, payload, new.received_at)
    return Appended(AppendStatus.FRESH, message_id, correlation_id, position, released=released, ended=appended)


def _put_ended(batch: Batch, row: tuple[object, ...], ending: Settlement, written: Written) -> None:
    """Collect the row of an exchange that has ended, for the statement of its kind."""
    after = state_after(ending.outcome)
    attempts, lines = int(ending.counts_attempt), lines_of(ending.progress)
    outputs = to_json([(step, *noted) for step, noted in written.items()]) if written else None
    if after.state is State.COMPLETED and ending.answer is None:
        batch.add("put_completed", (*row, batch.now, ending.at, attempts, lines, outputs))
        return
    answer = batch.put_payload_or_none(ending.answer)
    end = (batch.now, ending.at, after.failure, after.error_class, after.reason, attempts, lines, outputs, answer)
    batch.add("put_message", (*row, after.state.value, None, *end))

"""Append: store a group of messages in one commit, each leased at once, or even ended, where its lane is empty."""

from __future__ import annotations

from msgspec.structs import replace

from engine.store.operations.append import Ended, append_message, names_to_lock
from engine.store.operations.base import Batch, Locks, Operation, Steps, claim_lock
from engine.store.operations.claims import find_taken, put_claims
from engine.store.operations.progress import Leased, apply_progress, lines_of, positions_of, released_by
from engine.store.operations.settle import add_attempt, state_after
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
    after = state_after(ending.outcome)
    ended = Ended(
        state=after.state,
        at=ending.at,
        attempts=int(ending.counts_attempt),
        lines=lines_of(progress),
        revision=progress.revision,
        answer=ending.answer,
        failure=after.failure,
        reason=after.reason,
    )
    next_lane = progress.outputs[0].lane if progress.outputs else None
    result = yield from append_message(batch, new, message_id, lease=False, ended=ended, next_lane=next_lane)
    if result.ended is None:
        batch.empty_lane = None
        return result
    leased = Leased(message_id, new.channel, new.lane, result.correlation_id, False, (), None, False)
    appended = yield from apply_progress(batch, progress, leased)
    batch.empty_lane = None
    if ending.attempt is not None:
        add_attempt(batch, message_id, ending.attempt, new.payload)
    return replace(result, ended=appended, released=result.released + released_by(appended))

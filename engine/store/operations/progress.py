"""What a checkpoint writes, in the middle of an exchange or with its end: journal, outputs, milestones, marks."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from engine.ids import id_text
from engine.message import Lease, State
from engine.store.encoding import from_json, plain_text, to_json, words_from
from engine.store.operations.append import Parent, append_message, names_to_lock
from engine.store.operations.base import FLUSH, Batch, Locks, Operation, Row, Rows, Steps
from engine.store.operations.journal import output_line
from engine.store.operations.revisions import pin
from engine.store.records import (
    Appended,
    AppendStatus,
    JournalEntry,
    JournalKind,
    Milestone,
    NewMessage,
    Progress,
    Recorded,
)

_SERVES_AGAIN = frozenset({JournalKind.DONE, JournalKind.OUTPUT})


class Leased(Struct, frozen=True):
    """The message under a lease before it is changed. `journaled`: its journal may hold something already.

    `outputs` are those that its row holds, as JSON. `shared`: another message blocks the same lane.
    """

    id: int
    channel: str
    lane: str | None
    correlation_id: str
    journaled: bool
    outputs: str | None
    again: tuple[str, ...]
    answer: bytes | None
    shared: bool


def leased_of(progress: Progress, row: Row) -> Leased:
    """From the row of `find_lease`."""
    channel, lane, correlation_id, lines, outputs, again, answer, shared = row
    return Leased(
        progress.lease.message_id,
        channel,
        lane,
        correlation_id,
        lines > 0,
        outputs,
        words_from(again),
        answer,
        bool(shared),
    )


def find_lease(batch: Batch, lease: Lease) -> Steps[Rows]:
    """The leased message's row, or no row when the lease was lost."""
    if lease.message_id in batch.completed:
        yield FLUSH
    return (yield ("find_lease", (lease.message_id, lease.token)))


def lines_of(progress: Progress) -> int:
    """How many journal lines a progress writes at most."""
    return len(progress.journal) + len(progress.outputs)


def record(progress: Progress) -> Operation[Recorded]:
    """See MessageStore.record."""
    return Operation("record", lambda batch: _record(batch, progress), lambda: locks_of(progress))


def locks_of(progress: Progress) -> Locks:
    """The lanes, claims and keys that a progress touches; an output with claims may become a dead letter too."""
    names = [name for output in progress.outputs for name in names_to_lock(output)]
    return Locks(tuple(names), (progress.lease.message_id,), positions_of(progress.outputs))


def positions_of(outputs: Sequence[NewMessage]) -> int:
    """How many places in lanes outputs take at most; one with claims may leave a dead letter."""
    return len(outputs) + sum(bool(output.claims) for output in outputs)


def _record(batch: Batch, progress: Progress) -> Steps[Recorded]:
    lease = progress.lease
    phase = None if progress.phase is None else progress.phase.value
    rows = yield from find_lease(batch, lease)
    if not rows:
        return Recorded(applied=False)
    yield (
        "record_progress",
        (batch.lease_until, phase, progress.revision, lines_of(progress), lease.message_id),
    )
    leased = leased_of(progress, rows[0])
    appended, written = yield from apply_progress(batch, progress, leased)
    note_outputs(batch, leased, written)
    return Recorded(applied=True, appended=appended, released=released_by(appended))


def released_by(appended: Sequence[Appended]) -> tuple[str, ...]:
    """The channels of everybody whom the appended events released."""
    return tuple(dict.fromkeys(channel for result in appended for channel in result.released))


Written = dict[str, tuple[float, list[int]]]
"""Which messages each step has appended, and when."""


def apply_progress(batch: Batch, progress: Progress, leased: Leased) -> Steps[tuple[tuple[Appended, ...], Written]]:
    """Write everything of a progress but the message's own row and which outputs it has; returns these."""
    if progress.revision is not None:
        pin(batch, progress.revision)
    for entry in progress.journal:
        add_journal(batch, leased.id, entry)
    appended: tuple[Appended, ...] = ()
    written: Written = {}
    if progress.outputs:
        appended = yield from _append_outputs(batch, progress, leased, written)
    for milestone in progress.milestones:
        _add_milestone(batch, leased, milestone)
    if progress.mark is not None:
        yield ("put_mark", (progress.mark.lane, progress.mark.version, progress.mark.message_id))
    if progress.restore is not None:
        yield ("put_mark", (progress.restore.lane, progress.restore.version, progress.restore.message_id))
    if progress.clear_mark is not None:
        yield ("drop_mark", (progress.clear_mark,))
    if leased.again:
        yield from _served(progress, leased)
    return appended, written


def add_journal(batch: Batch, message_id: int, entry: JournalEntry) -> None:
    """Collect a journal line. Lines are only ever added; readers take the latest of each (step, kind)."""
    batch.journaled.add(message_id)
    batch.add(
        "put_journal",
        (
            message_id,
            batch.ids.next(),
            entry.step,
            entry.kind.value,
            entry.at,
            batch.put_payload_or_none(entry.request),
            batch.put_payload_or_none(entry.reply),
            to_json(entry.facts) if entry.facts else "{}",
        ),
    )


def _add_milestone(batch: Batch, leased: Leased, milestone: Milestone) -> None:
    note = plain_text(milestone.note)
    batch.add("put_milestone", (leased.correlation_id, milestone.name, leased.id, milestone.at, note))


def _append_outputs(batch: Batch, progress: Progress, leased: Leased, written: Written) -> Steps[tuple[Appended, ...]]:
    """Append the outputs of steps that have none in the journal yet; a step's outputs stand or fall together."""
    earlier: dict[str, list[int]] = {}
    if leased.journaled or leased.id in batch.journaled:
        earlier = yield from _earlier_outputs(leased)
    parent = Parent(leased.id, leased.correlation_id)
    results: list[Appended] = []
    for index, output in enumerate(progress.outputs):
        if not output.step:
            raise ValueError(f"an output to '{output.channel}' does not name the step that made it")
        if output.step in earlier:
            results.append(_skipped(earlier[output.step], leased.correlation_id))
            continue
        lease = index < len(progress.output_lease) and progress.output_lease[index]
        result = yield from append_message(batch, output, batch.ids.next(), lease=lease, parent=parent)
        results.append(result)
        written.setdefault(output.step, (output.received_at, []))[1].append(result.message_id)
        if result.status is AppendStatus.CONFLICT:
            yield from append_message(batch, _conflicting(output, result), batch.ids.next(), lease=False, parent=parent)
    return tuple(results)


def _conflicting(output: NewMessage, first: Appended) -> NewMessage:
    """An output that its receiver cannot tell from an earlier, different one is seen among the dead letters."""
    detail = f"its key '{output.key}' was used by message {id_text(first.message_id)} with another body"
    suggestion = "have its key name what differs, or discard it"
    failure = {"error_class": "conflict", "reason": "key-conflict", "detail": detail, "suggestion": suggestion}
    return replace(output, claims=(), lane=None, not_before=None, wakes=(), final=State.DEAD, failure=failure)


def _earlier_outputs(leased: Leased) -> Steps[dict[str, list[int]]]:
    yield FLUSH
    rows = yield ("find_outputs", (leased.id,))
    found: dict[str, list[int]] = {step: ids for step, _, ids in from_json(leased.outputs) or ()}
    found.update((row[0], list(from_json(row[1])["messages"])) for row in rows)
    return {step: ids for step, ids in found.items() if step not in leased.again}


def _skipped(ids: list[int], correlation_id: str) -> Appended:
    first = ids.pop(0) if len(ids) > 1 else ids[0]
    return Appended(AppendStatus.REPEAT, first, correlation_id)


def note_outputs(batch: Batch, leased: Leased, written: Written) -> None:
    """Collect the journal lines that say what the steps have appended."""
    for step, (at, ids) in written.items():
        add_journal(batch, leased.id, output_line(step, at, ids))


def _served(progress: Progress, leased: Leased) -> Steps[None]:
    """A step that was ordered again and is done (or has its output) is not done a third time by a later retry."""
    served = {entry.step for entry in progress.journal if entry.kind in _SERVES_AGAIN}
    served.update(output.step for output in progress.outputs)
    left = tuple(step for step in leased.again if step not in served)
    if left != leased.again:
        yield ("set_again", (to_json(left) if left else None, leased.id))

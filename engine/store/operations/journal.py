"""Reading a message's journal: of each (step, kind) the latest line counts, in the order in which they were written."""

from __future__ import annotations

from collections.abc import Sequence

from engine.store.encoding import from_json, to_json
from engine.store.operations.base import Batch, Rows, Steps
from engine.store.operations.rows import LINES, OUTPUTS
from engine.store.records import JournalEntry, JournalKind


def read_journals(batch: Batch, rows: Rows) -> Steps[dict[int, tuple[JournalEntry, ...]]]:
    """The journals of the messages in rows of `message_columns`, with the bytes of requests and replies."""
    journals = {row[0]: first_lines(row[OUTPUTS]) for row in rows if row[LINES]}
    if not journals:
        return {}
    lines = yield ("find_journal", (to_json(list(journals)),))
    for message_id, step, kind, at, request, request_at, request_body, reply, reply_at, reply_body, facts in lines:
        entry = JournalEntry(
            step,
            JournalKind(kind),
            at,
            batch.body(request, request_at, request_body),
            batch.body(reply, reply_at, reply_body),
            from_json(facts),
        )
        journal = journals[message_id]
        journal.pop((step, entry.kind), None)
        journal[step, entry.kind] = entry
    return {message_id: tuple(journal.values()) for message_id, journal in journals.items()}


def first_lines(outputs: str | None) -> dict[tuple[str, JournalKind], JournalEntry]:
    """The lines that a message's own row holds: what it appended in the commit that stored it."""
    noted = from_json(outputs) or ()
    return {(step, JournalKind.OUTPUT): output_line(step, at, ids) for step, at, ids in noted}


def output_line(step: str, at: float, ids: Sequence[int]) -> JournalEntry:
    """The line that says which messages a step has appended."""
    return JournalEntry(step, JournalKind.OUTPUT, at, facts={"messages": list(ids)})

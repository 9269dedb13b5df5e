"""Reading a message's journal: of each (step, kind) the latest line counts, in the order in which they were written."""

from __future__ import annotations

from collections.abc import Sequence

from engine.store.encoding import from_json, to_json
from engine.store.operations.base import Batch, Steps
from engine.store.records import JournalEntry, JournalKind


def read_journals(batch: Batch, message_ids: Sequence[int]) -> Steps[dict[int, tuple[JournalEntry, ...]]]:
    """The journals of some messages, with the bytes of requests and replies."""
    if not message_ids:
        return {}
    lines: dict[int, dict[tuple[str, str], JournalEntry]] = {}
    rows = yield ("find_journal", (to_json(message_ids),))
    for message_id, step, kind, at, request, request_at, request_body, reply, reply_at, reply_body, facts in rows:
        entry = JournalEntry(
            step,
            JournalKind(kind),
            at,
            batch.body(request, request_at, request_body),
            batch.body(reply, reply_at, reply_body),
            from_json(facts),
        )
        journal = lines.setdefault(message_id, {})
        journal.pop((step, kind), None)
        journal[step, kind] = entry
    return {message_id: tuple(journal.values()) for message_id, journal in lines.items()}

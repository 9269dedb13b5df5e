"""Retention: settled messages go after their time, and with the last use of a payload its bytes; erasure on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from engine.errors import CommandRefused
from engine.ids import EPOCH_MS
from engine.store.encoding import to_json
from engine.store.operations.base import (
    ERASED,
    FILE,
    FLUSH,
    Batch,
    Operation,
    Rows,
    Steps,
)

REVISION_SLACK = 7200.0
"""Seconds that a revision outlives its last noted use: notes are written at most once an hour."""


def prune(before: float, limit: int, channel: str | None, spared: Collection[str]) -> Operation[int]:
    """See MessageStore.prune."""

    def steps(batch: Batch) -> Steps[int]:
        rows = yield ("find_prunable", (before, limit, channel, to_json(sorted(spared)), first_id_at(before)))
        if rows:
            yield from _drop_messages(batch, rows)
        for address, place in (yield ("drop_unused_payloads", ())):
            if place == FILE:
                batch.unlink.append(bytes(address))
        yield ("drop_expired_claims", (before, limit))
        yield ("drop_unused_revisions", (before - REVISION_SLACK, first_id_at(before)))
        return len(rows)

    return Operation("prune", steps, chore=True)


def first_id_at(at: float) -> int:
    """The smallest id that a message appended at that time can have."""
    return min(max(0, int(at * 1000) - EPOCH_MS) << 22, 2**63 - 1)


def _drop_messages(batch: Batch, rows: Rows) -> Steps[None]:
    ids = to_json([row[0] for row in rows])
    uses: Counter[bytes] = Counter()
    for _, payload, answer, _ in rows:
        uses[bytes(payload)] += 1
        if answer is not None:
            uses[bytes(answer)] += 1
    for address, count in (yield ("count_uses", (ids,))):
        uses[bytes(address)] += count
    for address in sorted(uses):
        batch.add("use_payload", (-uses[address], address))
    for query in ("drop_journal", "drop_attempts", "drop_topic_keys", "drop_messages"):
        yield (query, (ids,))
    yield FLUSH
    transactions = to_json(sorted({row[3] for row in rows}))
    yield ("drop_business_keys", (transactions,))
    yield ("drop_milestones", (transactions,))


def erase(address: bytes) -> Operation[bool]:
    """See MessageStore.erase."""

    def steps(batch: Batch) -> Steps[bool]:
        yield FLUSH
        rows = yield ("find_payload", (address,))
        if not rows or rows[0][1] == ERASED:
            return False
        if (yield ("payload_needed", (address,))):
            raise CommandRefused("an unfinished message still needs this payload; discard the message first")
        yield ("erase_payload", (address,))
        if rows[0][1] == FILE:
            batch.unlink.append(address)
        return True

    return Operation("erase", steps, chore=True)

"""What people and pages ask: messages by selection, their traces, payloads and counts."""

from __future__ import annotations

from typing import Any

from engine.message import Message, State
from engine.store.encoding import from_json, to_json
from engine.store.operations.base import Batch, Operation, Row, Steps
from engine.store.operations.journal import read_journals
from engine.store.operations.prune import first_id_at
from engine.store.operations.rows import ANSWER, business_keys_of, message_of
from engine.store.records import (
    Attempt,
    AuditRecord,
    ChannelCount,
    Mark,
    MilestoneRecord,
    Selection,
    Trace,
)

CLOCK_SLACK = 3600.0
"""Seconds by which a message's id may be older than its time of receipt (clocks of replicas, a clock set back)."""


def get(message_id: int) -> Operation[Message | None]:
    """See MessageStore.get."""

    def steps(batch: Batch) -> Steps[Message | None]:
        rows = yield ("find_message", (message_id,))
        return message_of(rows[0]) if rows else None

    return Operation("get", steps)


def find(selection: Selection) -> Operation[tuple[Message, ...]]:
    """See MessageStore.find."""

    def steps(batch: Batch) -> Steps[tuple[Message, ...]]:
        name, params = _selected("find_messages", selection)
        rows = yield (name, (*params, selection.limit))
        return tuple(message_of(row) for row in rows)

    return Operation("find", steps)


def count(selection: Selection) -> Operation[int]:
    """See MessageStore.count."""

    def steps(batch: Batch) -> Steps[int]:
        rows = yield _selected("count_messages", selection)
        total: int = rows[0][0]
        return total

    return Operation("count", steps)


def _selected(base: str, selection: Selection) -> tuple[str, tuple[Any, ...]]:
    """The query's name with its conditions, and their parameters in the same order."""
    conditions: list[tuple[str, tuple[Any, ...]]] = []
    if selection.ids:
        conditions.append(("where_ids", (to_json(selection.ids),)))
    if selection.channel is not None:
        conditions.append(("where_channel", (selection.channel,)))
    if selection.states:
        conditions.append(("where_states", (to_json([state.value for state in selection.states]),)))
    if selection.business_key is not None:
        kind, value = selection.business_key
        conditions.append(("where_any_key", (value,)) if kind is None else ("where_key", (value, kind)))
    for name in ("correlation_id", "revision", "error_class", "reason", "operation", "source"):
        value = getattr(selection, name)
        if value is not None:
            conditions.append((f"where_{name}", (value,)))
    if selection.since is not None:
        conditions.append(("where_since", (first_id_at(selection.since - CLOCK_SLACK), selection.since)))
    if selection.until is not None:
        conditions.append(("where_until", (selection.until,)))
    if selection.after_id is not None:
        conditions.append(("where_after_id", (selection.after_id,)))
    name = "+".join((base, *(condition for condition, _ in conditions)))
    return name, tuple(param for _, params in conditions for param in params)


def payload(address: bytes) -> Operation[bytes | None]:
    """See MessageStore.payload."""

    def steps(batch: Batch) -> Steps[bytes | None]:
        rows = yield ("find_payload", (address,))
        return batch.body(address, rows[0][1], rows[0][2]) if rows else None

    return Operation("payload", steps)


def answer(message_id: int) -> Operation[bytes | None]:
    """See MessageStore.answer."""

    def steps(batch: Batch) -> Steps[bytes | None]:
        rows = yield ("find_answer", (message_id,))
        if not rows:
            return None
        return (yield from _bytes_of(batch, rows[0][0]))

    return Operation("answer", steps)


def _bytes_of(batch: Batch, address: bytes | None) -> Steps[bytes | None]:
    if address is None:
        return None
    rows = yield ("find_payload", (address,))
    return batch.body(address, rows[0][1], rows[0][2]) if rows else None


def counts() -> Operation[tuple[ChannelCount, ...]]:
    """See MessageStore.counts."""

    def steps(batch: Batch) -> Steps[tuple[ChannelCount, ...]]:
        rows = yield ("count_unfinished", ())
        return tuple(ChannelCount(row[0], State(row[1]), row[2], row[3]) for row in rows)

    return Operation("counts", steps)


def trace(message_id: int) -> Operation[Trace | None]:
    """See MessageStore.trace."""

    def steps(batch: Batch) -> Steps[Trace | None]:
        rows = yield ("find_message", (message_id,))
        if not rows:
            return None
        message = message_of(rows[0])
        journals = yield from read_journals(batch, rows)
        attempts = yield ("find_attempts", (message_id,))
        milestones = yield ("find_milestones", (message.correlation_id,))
        audit = yield ("find_audit", (message_id,))
        return Trace(
            message,
            business_keys_of(rows[0]),
            journals.get(message_id, ()),
            tuple(_attempt(batch, row) for row in attempts),
            tuple(MilestoneRecord(row[0], row[1], row[2], row[3]) for row in milestones),
            tuple(AuditRecord(row[0], row[1], row[2], row[3], row[4], from_json(row[5])) for row in audit),
            (yield from _bytes_of(batch, rows[0][ANSWER])),
        )

    return Operation("trace", steps)


def _attempt(batch: Batch, row: Row) -> Attempt:
    (number, started_at, ended_at, outcome, step, error_class, reason, detail, status, *payloads, revision) = row
    request, request_at, request_body, reply, reply_at, reply_body = payloads
    return Attempt(
        number,
        started_at,
        ended_at,
        outcome,
        step,
        error_class,
        reason,
        detail,
        status,
        batch.body(request, request_at, request_body),
        batch.body(reply, reply_at, reply_body),
        revision,
    )


def mark(lane: str) -> Operation[Mark | None]:
    """See MessageStore.mark."""

    def steps(batch: Batch) -> Steps[Mark | None]:
        rows = yield ("find_mark", (lane,))
        return Mark(lane, rows[0][0], rows[0][1]) if rows else None

    return Operation("mark", steps)


def watermark(name: str) -> Operation[bytes | None]:
    """See MessageStore.watermark."""

    def steps(batch: Batch) -> Steps[bytes | None]:
        rows = yield ("find_watermark", (name,))
        return rows[0][0] if rows else None

    return Operation("watermark", steps)

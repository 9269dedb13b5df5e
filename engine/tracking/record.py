"""All that is kept of one message, whole, as JSON: what came in, each request and reply, and what it led to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import structs

from engine.clock import iso
from engine.ids import id_text
from engine.message import Message
from engine.store.protocol import MessageStore
from engine.store.records import Attempt, JournalEntry, Selection, Trace

_MOST_CAUSED = 1000
_WITHOUT_WINDOW = 5_000
_FIRST_WINDOW, _LONGEST_WINDOW = 3600.0, 10 * 366 * 86400.0
"""Seconds back in which the newest messages are looked for, longer and longer, where there are many."""


async def record_of(store: MessageStore, trace: Trace, redact: Callable[[str], str]) -> dict[str, Any]:
    """The record of a message and of what it caused. Texts that are no UTF-8 are None; secrets are hidden."""
    related = await store.find(Selection(correlation_id=trace.message.correlation_id, limit=_MOST_CAUSED))
    caused = [message for message in related if message.causation_id == trace.message.id]
    traces = [found for message in caused if (found := await store.trace(message.id)) is not None]
    return {
        **await _one(store, trace, redact),
        "caused": [await _one(store, found, redact) for found in traces],
    }


async def _one(store: MessageStore, trace: Trace, redact: Callable[[str], str]) -> dict[str, Any]:
    message = trace.message
    return {
        **_facts(message),
        "headers": {name: redact(value) for name, value in message.headers.items()},
        "payload": _text(await store.payload(message.payload), redact),
        "journal": [_entry(entry, redact) for entry in sorted(trace.journal, key=lambda entry: entry.at)],
        "attempts": [_attempt(attempt, redact) for attempt in trace.attempts],
        "milestones": [one.name for one in trace.milestones if one.message_id == message.id],
        "answer": _text(trace.answer, redact),
    }


def _facts(message: Message) -> dict[str, Any]:
    return {
        "id": id_text(message.id),
        "channel": message.channel,
        "operation": message.operation,
        "source": message.source,
        "state": message.state.value,
        "receivedAt": iso(message.received_at),
        "revision": message.revision,
        "failure": message.failure,
        "parked": message.parked,
    }


def _entry(entry: JournalEntry, redact: Callable[[str], str]) -> dict[str, Any]:
    return {
        "step": entry.step,
        "kind": entry.kind.value,
        "at": entry.at,
        "facts": dict(entry.facts),
        "request": _text(entry.request, redact),
        "reply": _text(entry.reply, redact),
    }


def _attempt(attempt: Attempt, redact: Callable[[str], str]) -> dict[str, Any]:
    return {
        "at": attempt.ended_at,
        "outcome": attempt.outcome,
        "step": attempt.step,
        "errorClass": attempt.error_class,
        "reason": attempt.reason,
        "status": attempt.status,
        "request": _text(attempt.request, redact),
        "reply": _text(attempt.reply, redact),
    }


def _text(raw: bytes | None, redact: Callable[[str], str]) -> str | None:
    try:
        return redact(raw.decode()) if raw is not None else None
    except UnicodeDecodeError:
        return None


async def newest(store: MessageStore, selection: Selection, last: int, now: float) -> tuple[Message, ...]:
    """The `last` newest of the messages that a selection means, oldest first."""
    whole = await store.count(selection)
    within = selection
    window = _FIRST_WINDOW
    while whole > _WITHOUT_WINDOW and window < _LONGEST_WINDOW:
        within = structs.replace(selection, since=max(now - window, selection.since or 0.0))
        if await store.count(within) >= last:
            break
        within, window = selection, window * 8
    found = await store.find(structs.replace(within, limit=max(1, whole)))
    return found[-last:]

"""Messages and transactions as plain data (JSON), the same for the CLI, the socket and every other face."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.clock import iso
from engine.ids import id_text, id_value
from engine.message import UNFINISHED, Message, State
from engine.store.protocol import MessageStore
from engine.store.records import Attempt, JournalEntry, JournalKind, Selection, Trace
from engine.tracking.expectations import expectations_of, missing
from engine.tracking.next_step import next_step
from engine.tracking.record import record_of

TRANSACTION_LIMIT = 200
PREVIEW = 20_000


class Views:
    """Reads the store. `redact` hides secrets in what was sent and received; `expected` gives a flow's expectations,
    (milestone, seconds after arrival)."""

    def __init__(
        self,
        store: MessageStore,
        redact: Callable[[str], str],
        *,
        expected: Callable[[str], Sequence[tuple[str, float]]],
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._redact = redact
        self._expected = expected
        self._now = now

    async def trace(self, wanted: str, *, kind: str | None = None) -> dict[str, Any] | None:
        """A message by id, or the business transaction that a key names; None when nothing is found."""
        found = await self._trace(wanted, kind)
        return _each_text(found, self._redact) if found is not None else None

    async def _trace(self, wanted: str, kind: str | None) -> dict[str, Any] | None:
        value = id_value(wanted) if kind is None else None
        trace = await self._store.trace(value) if value is not None else None
        if trace is not None:
            return {"kind": "message", **await self._full(trace)}
        messages = await self._store.find(Selection(business_key=(kind, wanted), limit=TRANSACTION_LIMIT))
        if not messages:
            messages = await self._store.find(Selection(correlation_id=wanted, limit=TRANSACTION_LIMIT))
        return await self._transaction(wanted, messages) if messages else None

    async def dead_letters(self, selection: Selection) -> list[dict[str, Any]]:
        """Dead messages, the invalid channel's among them, oldest first."""
        return [self.listed(message) for message in await self._store.find(selection)]

    def listed(self, message: Message) -> dict[str, Any]:
        """A message in a list."""
        view: dict[str, Any] = _each_text(message_view(message), self._redact)
        return view

    async def message(self, message_id: int) -> dict[str, Any] | None:
        """Everything about one message."""
        trace = await self._store.trace(message_id)
        return _each_text(await self._full(trace), self._redact) if trace is not None else None

    async def record(self, message_id: int) -> dict[str, Any] | None:
        """All that is kept of one message, with nothing cut short."""
        trace = await self._store.trace(message_id)
        return await record_of(self._store, trace, self._redact) if trace is not None else None

    async def _transaction(self, key: str, messages: tuple[Message, ...]) -> dict[str, Any]:
        traces = [trace for message in messages if (trace := await self._store.trace(message.id)) is not None]
        milestones = {(m.name, m.at, m.message_id): m for trace in traces for m in trace.milestones}
        keys = sorted({pair for trace in traces for pair in trace.business_keys})
        passed = {m.name: m.at for m in sorted(milestones.values(), key=lambda m: m.at, reverse=True)}
        expectations = expectations_of(messages, passed, self._expected, self._now())
        return {
            "kind": "transaction",
            "key": key,
            "correlationId": messages[0].correlation_id,
            "businessKeys": [{"kind": kind, "value": value} for kind, value in keys],
            "milestones": [
                {"name": m.name, "at": iso(m.at), "message": id_text(m.message_id), "note": m.note}
                for m in sorted(milestones.values(), key=lambda m: (m.at, m.name))
            ],
            "expectations": expectations,
            "messages": [message_view(message) for message in messages],
            "next": [sentence for one in expectations if (sentence := missing(one)) is not None]
            + [step for message in messages if (step := next_step(message)) is not None]
            or ["nothing: everything of this transaction has ended"],
        }

    async def _full(self, trace: Trace) -> dict[str, Any]:
        message = trace.message
        body = await self._store.payload(message.payload)
        related = await self._store.find(Selection(correlation_id=message.correlation_id, limit=TRANSACTION_LIMIT))
        next_one = next_step(message)
        return {
            **message_view(message),
            "headers": dict(message.headers),
            "businessKeys": [{"kind": kind, "value": value} for kind, value in trace.business_keys],
            "payload": self._text(body) if body is not None else None,
            "steps": [self._journal(entry) for entry in sorted(trace.journal, key=lambda entry: entry.at)],
            "attempts_made": [self._attempt(attempt) for attempt in trace.attempts],
            "milestones": [
                {"name": m.name, "at": iso(m.at), "message": id_text(m.message_id), "note": m.note}
                for m in trace.milestones
            ],
            "audit": [
                {"at": iso(a.at), "who": a.who, "verb": a.verb, "reason": a.reason, **dict(a.facts)}
                for a in trace.audit
            ],
            "answer": self._text(trace.answer) if trace.answer is not None else None,
            "caused": [message_view(other) for other in related if other.causation_id == message.id],
            "next": next_one,
        }

    def _journal(self, entry: JournalEntry) -> dict[str, Any]:
        seen: dict[str, Any] = {"step": entry.step, "kind": entry.kind.value, "at": iso(entry.at), **_facts(entry)}
        if entry.kind in (JournalKind.BEGUN, JournalKind.RELEASED, JournalKind.UNDONE, JournalKind.DONE):
            if entry.request is not None:
                seen["request"] = self._text(entry.request)
            if entry.reply is not None:
                seen["reply"] = self._text(entry.reply)
        return seen

    def _attempt(self, attempt: Attempt) -> dict[str, Any]:
        return {
            "number": attempt.number,
            "startedAt": iso(attempt.started_at),
            "milliseconds": round((attempt.ended_at - attempt.started_at) * 1000, 1),
            "outcome": attempt.outcome,
            "step": attempt.step,
            "errorClass": attempt.error_class,
            "reason": attempt.reason,
            "detail": attempt.detail,
            "status": attempt.status,
            "request": self._text(attempt.request) if attempt.request is not None else None,
            "reply": self._text(attempt.reply) if attempt.reply is not None else None,
            "revision": attempt.revision,
        }

    def _text(self, raw: bytes) -> str:
        text = raw[:PREVIEW].decode("utf-8", "backslashreplace")
        more = f"… ({len(raw)} bytes)" if len(raw) > PREVIEW else ""
        return text + more


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """A document with each of its texts changed; a peer may have put a secret anywhere."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _each_text(item, change) for name, item in value.items()}
    return [_each_text(item, change) for item in value] if isinstance(value, list | tuple) else value


def message_view(message: Message) -> dict[str, Any]:
    """A message in a list."""
    failure = message.failure or {}
    view: dict[str, Any] = {
        "id": id_text(message.id),
        "channel": message.channel,
        "state": message.state.value,
        "source": message.source,
        "operation": message.operation or None,
        "receivedAt": iso(message.received_at),
        "settledAt": iso(message.settled_at) if message.settled_at is not None else None,
        "correlationId": message.correlation_id,
        "cause": id_text(message.causation_id) if message.causation_id is not None else None,
        "lane": message.lane.replace("\x1f", "/") if message.lane is not None else None,
        "attempts": message.attempts,
        "revision": message.revision,
    }
    if message.not_before is not None and message.state is State.WAITING:
        view["nextTryAt"] = iso(message.not_before)
    if failure and message.state is not State.COMPLETED:
        view["failure"] = failure_view(failure)
    if message.parked is not None and message.state is State.PARKED:
        view["parked"] = parked_view(message.parked)
    return view


def _facts(entry: JournalEntry) -> dict[str, Any]:
    """An entry's facts, with message ids as people see them."""
    facts = dict(entry.facts)
    if isinstance(facts.get("messages"), list):
        facts["messages"] = [id_text(value) for value in facts["messages"]]
    return facts


def failure_view(failure: Mapping[str, Any]) -> dict[str, Any]:
    """Why a message failed; empty parts are left out."""
    names = ("reason", "detail", "step", "owner", "suggestion", "details", "remaining")
    view = {"errorClass": failure["error_class"]} if failure.get("error_class") else {}
    return {**view, **{name: failure[name] for name in names if failure.get(name)}}


def parked_view(parked: Mapping[str, Any]) -> dict[str, Any]:
    """Why a message is held, for whom and until when."""
    view = {name: parked[name] for name in ("reason", "owner", "step", "detail") if parked.get(name)}
    if parked.get("due") is not None:
        view["due"] = iso(float(parked["due"]))
        view["onDue"] = parked.get("on_due")
    wait = parked.get("wait")
    if isinstance(wait, Mapping):
        view["releasedBy"] = f"an event on {wait.get('topic')} whose {wait.get('selector')} is {wait.get('key')}"
    return view


def is_open(message: Message) -> bool:
    """Whether something is still to happen with it by itself or by a person."""
    return message.state in UNFINISHED or message.state is State.DEAD

"""The receiver: verified bytes in, messages stored, then acknowledged.

Reading, mapping and validating happen before the append, so that lane, keys and idempotency are known at its commit and
the sender of bad input is told at once. What was stored is the original; the canonical form is only kept in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import exact_json
from engine.clock import Clock, iso, moment
from engine.errors import InvalidInput, KeyConflict, Overloaded, Refused, TooLarge, Unauthentic
from engine.flow.compiled import CompiledEvent, CompiledFlow, Revision
from engine.flow.identity import Identity, identify
from engine.flow.reading import event_variables, is_wanted, raw_documents, to_canonical
from engine.ids import id_text
from engine.jsonata import MISSING, EvaluationContext, ExpressionError
from engine.message import INVALID_CHANNEL, Message, State, flow_channel, topic_channel
from engine.outcome import Completed, Dead, Discarded, Failure
from engine.plugin import Answer, Arrival, Receipt
from engine.runtime.commit_points import CommitPoint, Passing
from engine.runtime.dispatcher import Dispatcher, Item
from engine.runtime.waiters import Ending, Waiters
from engine.store.protocol import MessageStore
from engine.store.records import Append, Appended, AppendStatus, Claim, NewMessage, Work

ITEM_HEADER = "x-crossdock-item"
ATTRIBUTES_HEADER = "x-crossdock-attributes"
_KEPT_HEADERS = 40
_HEADER_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class _Entry:
    """A message about to be appended, its canonical document and its flow."""

    message: NewMessage
    document: Any
    flow: CompiledFlow | None


class Receiver:
    """Takes in what the sources bring (the plugin API's Intake)."""

    def __init__(
        self,
        store: MessageStore,
        dispatcher: Dispatcher,
        waiters: Waiters,
        clock: Clock,
        *,
        revision: Callable[[], Revision],
        refusal: Callable[[], Overloaded | None],
        passing: Passing,
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._waiters = waiters
        self._clock = clock
        self._revision = revision
        self._refusal = refusal
        self._passing = passing

    async def accept(self, arrival: Arrival) -> Receipt:
        """Store an arrival; returns after the commit. Raises Refused or StoreUnavailable."""
        refusal = self._refusal()
        if refusal is not None:
            raise refusal
        revision = self._revision()
        event = revision.event(arrival.event)
        if event is None:
            raise InvalidInput(f"the workspace has no event '{arrival.event}'", code="unknown-event")
        now = self._clock.now()
        try:
            if len(arrival.body) > event.payload_limit:
                raise TooLarge(
                    f"the payload has {len(arrival.body)} bytes, {event.name} takes {event.payload_limit}",
                    code="oversize-payload",
                )
            entries, claims = self._read(revision, event, arrival, now)
        except Refused as refused:
            await self.reject(arrival, refused)
            raise
        return await self._append(revision, arrival, entries, claims)

    async def reject(self, arrival: Arrival, problem: Exception) -> str:
        """Keep what cannot be taken in the invalid channel, with the reason. Returns the message's text id."""
        authentic = not isinstance(problem, Unauthentic)
        code = problem.code if isinstance(problem, Refused) else "unreadable"
        violations = list(problem.violations) if isinstance(problem, Refused) else []
        failure = {
            "error_class": "data" if authentic else "authentication",
            "reason": code,
            "detail": str(problem),
            "owner": next((v.get("owner") for v in violations if v.get("owner")), None),
            "details": {"violations": violations},
            "suggestion": "correct the data at its source, or the mapping, and reprocess"
            if authentic
            else "find out who sent it; an unverified message cannot be reprocessed",
        }
        event = self._revision().event(arrival.event)
        limit = event.payload_limit if event is not None else 1_000_000
        message = NewMessage(
            channel=INVALID_CHANNEL,
            source=arrival.event,
            payload=arrival.body[:limit],
            received_at=self._clock.now(),
            content_type=arrival.headers.get("content-type", "application/octet-stream"),
            headers=_kept(arrival),
            final=State.DEAD,
            failure=failure,
        )
        (appended,) = await self._store.append(Append((message,)))
        return id_text(appended.message_id)

    # -- reading

    def _read(
        self, revision: Revision, event: CompiledEvent, arrival: Arrival, now: float
    ) -> tuple[list[_Entry], tuple[Claim, ...]]:
        """The messages an arrival becomes: one for each wanted document and listening flow, and a log entry."""
        context = EvaluationContext(now=moment(now), limits=revision.limits, lookup=revision.table_lookup)
        variables = event_variables(arrival.headers, arrival.attributes, _facts(revision, event.name, now))
        raws = raw_documents(event, arrival.body, variables, context)
        entries: list[_Entry] = []
        for index, raw in enumerate(raws):
            if not is_wanted(event, raw, variables, context):
                continue
            document = to_canonical(event, raw, variables, context)
            for flow in revision.listeners.get(event.name, ()):
                identity = identify(flow, document, variables, context)
                message = inbound(arrival, event, flow, identity, document, now, index if event.items else None)
                entries.append(_Entry(message, document, flow))
        if not entries:
            entries.append(_Entry(self._log_entry(arrival, event, now, bool(raws)), None, None))
        return entries, self._claims(event, arrival, variables, context, raws, entries, now)

    def _log_entry(self, arrival: Arrival, event: CompiledEvent, now: float, filtered: bool) -> NewMessage:
        """An event that no flow takes is kept under its own name, settled."""
        return NewMessage(
            channel=topic_channel(event.name),
            source=event.name,
            payload=arrival.body,
            received_at=now,
            headers=_kept(arrival),
            final=State.DISCARDED if filtered else State.COMPLETED,
        )

    def _claims(
        self,
        event: CompiledEvent,
        arrival: Arrival,
        variables: Mapping[str, Any],
        context: EvaluationContext,
        raws: Sequence[Any],
        entries: Sequence[_Entry],
        now: float,
    ) -> tuple[Claim, ...]:
        """The group's claim: the sender's key, the event's own id, or the digest of the body where no flow has a key."""
        digest = exact_json.digest(arrival.body)
        window = now + (event.dedupe[1].window.seconds if event.dedupe is not None else 7 * 86400.0)
        if arrival.key:
            return (Claim(f"sender:{event.name}", arrival.key, digest, window),)
        if event.dedupe is not None and raws:
            key = _dedupe_key(event, raws[0], variables, context)
            return (Claim(f"event:{event.name}", key, digest, window),)
        if any(entry.message.claims for entry in entries):
            return ()
        return (Claim(f"body:{event.name}", digest.hex(), digest, window),)

    # -- appending

    async def _append(
        self, revision: Revision, arrival: Arrival, entries: Sequence[_Entry], claims: tuple[Claim, ...]
    ) -> Receipt:
        for entry in entries:
            await self._dispatcher.pace(entry.message.channel)
        wants = [entry.flow is not None and self._dispatcher.reserve(entry.message.channel) for entry in entries]
        waits = max((entry.flow.reply_within or 0.0 for entry in entries if entry.flow is not None), default=0.0)
        self._passing(CommitPoint.BEFORE_APPEND)
        try:
            appended = await self._store.append(
                Append(tuple(entry.message for entry in entries), claims=claims, lease=tuple(wants))
            )
        except BaseException:
            for entry, wanted in zip(entries, wants, strict=True):
                if wanted:
                    self._dispatcher.decline(entry.message.channel)
            raise
        self._passing(CommitPoint.AFTER_APPEND)
        future = self._waiters.join(appended[0].message_id) if waits else None
        for entry, wanted, result in zip(entries, wants, appended, strict=True):
            self._hand_over(revision, entry, wanted, result)
        first = appended[0]
        if any(result.status is AppendStatus.CONFLICT for result in appended):
            self._leave(first.message_id, future)
            conflict = next(result for result in appended if result.status is AppendStatus.CONFLICT)
            raise KeyConflict(
                f"its key was used by message {id_text(conflict.message_id)} with another body", code="key-conflict"
            )
        repeat = all(result.status is AppendStatus.REPEAT for result in appended)
        receipt = Receipt(
            tuple(dict.fromkeys(id_text(result.message_id) for result in appended)), first.correlation_id, repeat
        )
        return receipt if future is None else await self._wait(receipt, first.message_id, future, waits)

    def _hand_over(self, revision: Revision, entry: _Entry, reserved: bool, result: Appended) -> None:
        channel = entry.message.channel
        if result.lease is not None:
            message = as_message(entry.message, result)
            work = Work(message, result.lease, entry.message.payload, (), entry.message.business_keys)
            self._dispatcher.offer(Item(work, entry.document, revision.id))
            return
        if reserved:
            self._dispatcher.decline(channel)
        if result.status is AppendStatus.FRESH and result.eligible:
            self._dispatcher.nudge(channel)

    # -- waiting callers

    async def _wait(self, receipt: Receipt, message_id: int, future: asyncio.Future[Ending], seconds: float) -> Receipt:
        try:
            stored = await self._stored_ending(message_id) if receipt.repeat else None
            if stored is not None:
                return _told(receipt, stored)
            async with asyncio.timeout(seconds):
                return _told(receipt, await future)
        except TimeoutError:
            return receipt
        finally:
            self._leave(message_id, future)

    async def _stored_ending(self, message_id: int) -> Ending | None:
        message = await self._store.get(message_id)
        if message is None or message.state not in (State.COMPLETED, State.DISCARDED, State.DEAD):
            return None
        answer = await self._store.answer(message_id)
        if message.state is State.COMPLETED:
            return Ending(Completed(), answer)
        failure = message.failure or {}
        reason = str(failure.get("reason", ""))
        detail = str(failure.get("detail", ""))
        if message.state is State.DISCARDED:
            return Ending(Discarded(reason, detail), answer)
        return Ending(Dead(Failure(str(failure.get("error_class", "unknown")), reason, detail)), answer)

    def _leave(self, message_id: int, future: asyncio.Future[Ending] | None) -> None:
        if future is not None:
            self._waiters.leave(message_id, future)


def inbound(
    arrival: Arrival,
    event: CompiledEvent,
    flow: CompiledFlow,
    identity: Identity,
    document: Any,
    now: float,
    item: int | None,
) -> NewMessage:
    """An arrival's message for one flow; the original is what is stored."""
    headers = _kept(arrival)
    if item is not None:
        headers[ITEM_HEADER] = str(item)
    if arrival.attributes:
        headers[ATTRIBUTES_HEADER] = exact_json.encode(arrival.attributes).decode()
    claims: tuple[Claim, ...] = ()
    if identity.idempotency_key is not None:
        digest = exact_json.digest(exact_json.encode(document))
        claims = (Claim(f"flow:{flow.name}", identity.idempotency_key, digest, now + flow.identity.window),)
    return NewMessage(
        channel=flow_channel(flow.name),
        source=event.name,
        payload=arrival.body,
        received_at=now,
        content_type=arrival.headers.get("content-type", event.codec.media_type),
        headers=headers,
        correlation_id=arrival.headers.get("x-correlation-id"),
        key=identity.idempotency_key or "",
        lane=identity.lane,
        overtakes=flow.model.overtakes == "parked",
        priority=flow.rank,
        business_keys=identity.business_keys,
        claims=claims,
        traceparent=arrival.headers.get("traceparent", ""),
    )


def as_message(new: NewMessage, result: Appended) -> Message:
    """The message that an append leased, as the store holds it."""
    assert result.lease is not None
    return Message(
        id=result.message_id,
        channel=new.channel,
        state=State.RUNNING,
        source=new.source,
        payload=b"",
        received_at=new.received_at,
        content_type=new.content_type,
        headers=new.headers,
        correlation_id=result.correlation_id,
        causation_id=new.causation_id,
        origin=new.origin or result.message_id,
        key=new.key,
        step=new.step,
        operation=new.operation,
        lane=new.lane,
        position=result.position,
        overtakes=new.overtakes,
        priority=new.priority,
        revision=new.revision,
        lease=result.lease.token,
        traceparent=new.traceparent,
    )


def _told(receipt: Receipt, ending: Ending) -> Receipt:
    """The receipt with the outcome in it."""
    outcome = ending.outcome
    answer = None
    if ending.answer is not None:
        stored = exact_json.decode(ending.answer)
        answer = Answer(int(stored["status"]), exact_json.encode(stored["body"]))
    if isinstance(outcome, Completed):
        return Receipt(receipt.message_ids, receipt.correlation_id, receipt.repeat, "completed", answer)
    if isinstance(outcome, Discarded):
        detail = outcome.detail or outcome.reason
        return Receipt(receipt.message_ids, receipt.correlation_id, receipt.repeat, "discarded", answer, detail)
    if isinstance(outcome, Dead):
        detail = outcome.failure.detail
        return Receipt(receipt.message_ids, receipt.correlation_id, receipt.repeat, "dead", None, detail)
    return receipt


def _dedupe_key(event: CompiledEvent, raw: Any, variables: Mapping[str, Any], context: EvaluationContext) -> str:
    assert event.dedupe is not None
    expression = event.dedupe[0]
    try:
        value = expression.evaluate(raw, variables, context)
    except ExpressionError as error:
        raise InvalidInput(f"{event.name}: {error}", code="no-identity") from error
    if value is MISSING or value is None or isinstance(value, dict | list):
        raise InvalidInput(f"the dedupe key of {event.name} ({expression.source}) finds nothing", code="no-identity")
    return str(value)


def _facts(revision: Revision, source: str, now: float) -> dict[str, Any]:
    if "message" not in revision.mentioned:
        return {}
    return {"id": "", "source": source, "receivedAt": iso(now), "correlationId": "", "attempt": 1}


def _kept(arrival: Arrival) -> dict[str, str]:
    """The headers that are stored: no credentials, and no more than is reasonable."""
    kept: dict[str, str] = {}
    for name, value in arrival.headers.items():
        if name not in ("authorization", "proxy-authorization", "cookie") and len(kept) < _KEPT_HEADERS:
            kept[name] = value[:_HEADER_LENGTH]
    return kept

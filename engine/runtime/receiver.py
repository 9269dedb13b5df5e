"""The receiver: verified bytes in, messages stored, then acknowledged.

Reading, mapping and validating happen before the append, so that lane, keys and idempotency are known at its commit and
the sender of bad input is told at once. What was stored is the original; the canonical form is only kept in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from engine import exact_json
from engine.clock import Clock
from engine.errors import InvalidInput, KeyConflict, Overloaded, Refused, TooLarge, Unauthentic
from engine.flow.compiled import CompiledEvent, Revision
from engine.flow.identity import require_key
from engine.flow.reading import raw_documents
from engine.ids import id_text
from engine.jsonata import MISSING, ExpressionError
from engine.message import INVALID_CHANNEL, Lease, State, topic_channel
from engine.outcome import Completed, Dead, Discarded, Failure, Parked
from engine.plugin import Arrival, Receipt
from engine.runtime.arrivals import (
    ATTRIBUTES_HEADER,
    BODY_WINDOW,
    Entry,
    Scope,
    as_message,
    body_claims,
    entries_of,
    kept,
    stored_headers,
)
from engine.runtime.channel import Item
from engine.runtime.commit_points import CommitPoint, Passing
from engine.runtime.desk import Desk
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.executor import Executor
from engine.runtime.receipts import told
from engine.runtime.waiters import Ending, Waiters
from engine.store.addresses import is_address_of
from engine.store.protocol import MessageStore
from engine.store.records import Append, Appended, AppendStatus, Claim, NewMessage, Recorded, Settlement, Work

UNVERIFIED_PER_MINUTE = 100
"""How many requests of unverified senders are kept in the invalid channel; the others are refused all the same."""


class _Plan(Struct, frozen=True):
    """How an entry is to be appended: under which id, with which ending, and with a place in memory or without."""

    entry: Entry
    id: int
    ending: Settlement | None
    reserved: bool


class Receiver:
    """Takes in what the sources bring (the plugin API's Intake)."""

    def __init__(
        self,
        store: MessageStore,
        dispatcher: Dispatcher,
        waiters: Waiters,
        clock: Clock,
        *,
        executor: Executor,
        desk: Desk,
        revision: Callable[[], Revision],
        refusal: Callable[[], Overloaded | None],
        took_in: Callable[[int], None],
        passing: Passing,
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._waiters = waiters
        self._clock = clock
        self._executor = executor
        self._desk = desk
        self._revision = revision
        self._refusal = refusal
        self._took_in = took_in
        self._unverified = (0, 0)
        self._passing = passing

    async def accept(self, arrival: Arrival) -> Receipt:
        """Store an arrival; returns after the commit. Raises Refused, after keeping what is not taken in the invalid
        channel, or StoreUnavailable."""
        try:
            return await self._take(arrival)
        except Overloaded:
            raise
        except Refused as refused:
            refused.kept_as = await self.reject(arrival, refused)
            raise

    async def accept_again(self, source: str, body: bytes, headers: Mapping[str, str]) -> Receipt:
        """Read what lies in the invalid channel once more; nothing is kept a second time. Raises Refused."""
        stored = headers.get(ATTRIBUTES_HEADER)
        attributes = exact_json.decode(stored.encode()) if stored else {}
        plain = {name: value for name, value in headers.items() if name != ATTRIBUTES_HEADER}
        return await self._take(Arrival(source, body, plain, attributes, headers.get("idempotency-key")))

    async def _take(self, arrival: Arrival) -> Receipt:
        refusal = self._refusal()
        if refusal is not None:
            raise refusal
        revision = self._revision()
        event = revision.event(arrival.event)
        if event is None:
            raise InvalidInput(f"the workspace has no event '{arrival.event}'", code="unknown-event")
        now = self._clock.now()
        if len(arrival.body) > event.payload_limit:
            raise TooLarge(
                f"the payload has {len(arrival.body)} bytes, {event.name} takes {event.payload_limit}",
                code="oversize-payload",
            )
        entries, claims = self._read(revision, event, arrival, now)
        return await self._append(revision, arrival, entries, claims)

    async def reject(self, arrival: Arrival, problem: Exception) -> str:
        """Keep what cannot be taken in the invalid channel, with the reason. Returns the message's text id.

        Raises Overloaded for a flood from unverified senders: nobody may fill the disk without a name.
        """
        authentic = not isinstance(problem, Unauthentic)
        if not authentic and not self._may_keep_unverified():
            raise Overloaded("more came from unverified senders than is kept", retry_after=60.0)
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
            headers=stored_headers(arrival),
            final=State.DEAD,
            failure=failure,
        )
        (appended,) = await self._store.append(Append((message,)))
        return id_text(appended.message_id)

    def _may_keep_unverified(self) -> bool:
        minute = int(self._clock.now() // 60)
        if minute != self._unverified[0]:
            self._unverified = (minute, 0)
        self._unverified = (minute, self._unverified[1] + 1)
        return self._unverified[1] <= UNVERIFIED_PER_MINUTE

    # -- reading

    def _read(
        self, revision: Revision, event: CompiledEvent, arrival: Arrival, now: float
    ) -> tuple[list[Entry], tuple[Claim, ...]]:
        """The messages an arrival becomes: one for each wanted document and listening flow, or else a log entry."""
        scope = Scope(revision, arrival, now)
        raws = raw_documents(event, arrival.body, scope.variables, scope.context)
        claims = _group_claims(event, scope, raws)
        entries: list[Entry] = []
        wanted = 0
        for index, raw in enumerate(raws):
            item = index if event.items is not None else None
            found = entries_of(scope, event, raw, item=item, claimed=bool(claims))
            if found is not None:
                wanted += 1
                entries += found
        if not entries:
            reason = "" if wanted else "filtered" if raws else "empty"
            entries.append(Entry(None, message=_log_entry(scope, reason, claims), flow=None))
        return entries, claims

    # -- appending

    async def _append(
        self, revision: Revision, arrival: Arrival, entries: Sequence[Entry], claims: tuple[Claim, ...]
    ) -> Receipt:
        for entry in entries:
            if self._dispatcher.is_crowded(entry.message.channel):
                await self._dispatcher.pace(entry.message.channel)
        # From the plan on nothing else runs before the append is queued: in a lane, ids follow the order of arrival.
        plans = [self._plan(revision, entry) for entry in entries]
        waits, waited = _waited_for(entries)
        self._passing(CommitPoint.BEFORE_APPEND)
        try:
            appended = await self._store.append(_append_of(plans, claims))
        except BaseException:
            self._give_up(plans)
            raise
        self._passing(CommitPoint.AFTER_APPEND)
        awaited = appended[waited]
        future = self._waiters.join(awaited.message_id) if waits else None
        ids: dict[str, None] = {}
        fresh, conflict = 0, None
        for plan, result in zip(plans, appended, strict=True):
            self._hand_over(revision, plan, result)
            ids[id_text(result.message_id)] = None
            if result.status is AppendStatus.FRESH:
                fresh += 1
            elif result.status is AppendStatus.CONFLICT and conflict is None:
                conflict = result
        self._took_in(fresh)
        if conflict is not None and not await self._came_before(conflict.message_id, arrival):
            self._leave(awaited.message_id, future)
            raise KeyConflict(
                f"its key was used by message {id_text(conflict.message_id)} with another body", code="key-conflict"
            )
        receipt = Receipt(tuple(ids), appended[0].correlation_id, repeat=not fresh)
        return receipt if future is None else await self._wait(receipt, awaited, future, waits)

    async def _came_before(self, message_id: int, arrival: Arrival) -> bool:
        """Whether a message was made of the same bytes: a mapping that asks the clock makes other documents."""
        message = await self._store.get(message_id)
        return message is not None and is_address_of(message.payload, arrival.body)

    def _plan(self, revision: Revision, entry: Entry) -> _Plan:
        message_id = self._store.new_id()
        ending = self._foreseen(revision, entry, message_id)
        runs = entry.flow is not None and ending is None
        return _Plan(entry, message_id, ending, runs and self._dispatcher.reserve(entry.message.channel))

    def _give_up(self, plans: Sequence[_Plan]) -> None:
        """Give back what was reserved for messages that were not stored."""
        for plan in plans:
            if plan.reserved:
                self._dispatcher.decline(plan.entry.message.channel)
            if plan.ending is not None:
                self._desk.decline(plan.ending.progress)

    def _foreseen(self, revision: Revision, entry: Entry, message_id: int) -> Settlement | None:
        """How the message's exchange ends, where that can be told now and nobody waits before it in its channel."""
        flow, new = entry.flow, entry.message
        if flow is None or not flow.immediate or not self._dispatcher.is_free(new.channel):
            return None
        correlation_id = new.correlation_id or ("" if new.business_keys else id_text(message_id))
        if not correlation_id and revision.mentioned:
            return None  # its transaction, which some expression may read, is found by its business keys
        lease = Lease(message_id, 0)
        work = Work(as_message(new, lease, correlation_id, message_id), lease, new.payload, (), new.business_keys)
        return self._executor.foresee(work, flow, revision, entry)

    def _hand_over(self, revision: Revision, plan: _Plan, result: Appended) -> None:
        entry, ending = plan.entry, plan.ending
        channel = entry.message.channel
        if ending is not None:
            if result.ended is not None:
                self._desk.hand_over(ending.progress, Recorded(True, result.ended, released=result.released))
                self._waiters.tell(result.message_id, Ending(ending.outcome, ending.answer))
                return
            self._desk.decline(ending.progress)
        if result.lease is not None:
            new = entry.message
            message = as_message(new, result.lease, result.correlation_id, result.position)
            work = Work(message, result.lease, new.payload, (), new.business_keys)
            self._dispatcher.offer(Item(work, entry.document, revision.id))
            return
        if plan.reserved:
            self._dispatcher.decline(channel)
        if result.status is AppendStatus.FRESH and result.eligible:
            self._dispatcher.nudge(channel, entry.message.priority)

    # -- waiting callers

    async def _wait(
        self, receipt: Receipt, awaited: Appended, future: asyncio.Future[Ending], seconds: float
    ) -> Receipt:
        message_id = awaited.message_id
        try:
            # who was not leased by its append may have been run by another worker before anybody waited
            stored = await self._stored_ending(message_id) if awaited.lease is None else None
            if stored is not None:
                return told(receipt, stored)
            async with asyncio.timeout(seconds):
                return told(receipt, await future)
        except TimeoutError:
            return receipt
        finally:
            self._leave(message_id, future)

    async def _stored_ending(self, message_id: int) -> Ending | None:
        message = await self._store.get(message_id)
        if message is None or message.state not in (State.COMPLETED, State.DISCARDED, State.DEAD, State.PARKED):
            return None
        if message.state is State.PARKED:
            return Ending(Parked("", "", ""), None)
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


def _append_of(plans: Sequence[_Plan], claims: tuple[Claim, ...]) -> Append:
    return Append(
        tuple([plan.entry.message for plan in plans]),
        claims,
        tuple([plan.reserved for plan in plans]),
        ids=tuple([plan.id for plan in plans]),
        endings=tuple([plan.ending for plan in plans]),
    )


def _waited_for(entries: Sequence[Entry]) -> tuple[float, int]:
    """How long the caller may wait, and for which of the messages."""
    longest, index = 0.0, 0
    for number, entry in enumerate(entries):
        if entry.flow is not None and (entry.flow.reply_within or 0.0) > longest:
            longest, index = entry.flow.reply_within or 0.0, number
    return longest, index


def _log_entry(scope: Scope, reason: str, claims: tuple[Claim, ...]) -> NewMessage:
    """An event that no flow takes is kept under its own name, settled."""
    arrival = scope.arrival
    return NewMessage(
        channel=topic_channel(arrival.event),
        source=arrival.event,
        payload=arrival.body,
        received_at=scope.now,
        headers=kept(arrival),
        claims=() if claims else body_claims(scope, None, None),
        final=State.DISCARDED if reason else State.COMPLETED,
        failure={"reason": reason, "detail": "no document in it is wanted"} if reason else None,
        digest=scope.digest,
    )


def _group_claims(event: CompiledEvent, scope: Scope, raws: Sequence[Any]) -> tuple[Claim, ...]:
    """The claim on the whole arrival: the sender's key or the event's own id, where there is one."""
    if scope.arrival.key:
        origin, key = "sender", require_key(scope.arrival.key, f"the sender's key for {event.name}")
    elif event.dedupe is not None and raws:
        origin, key = "event", _dedupe_key(event, raws[0], scope)
    else:
        return ()
    until = scope.now + (event.dedupe[1].window.seconds if event.dedupe is not None else BODY_WINDOW)
    return (Claim(f"{origin}:{event.name}", key, scope.digest, until),)


def _dedupe_key(event: CompiledEvent, raw: Any, scope: Scope) -> str:
    assert event.dedupe is not None
    expression = event.dedupe[0]
    try:
        value = expression.evaluate(raw, scope.variables, scope.context)
    except ExpressionError as error:
        raise InvalidInput(f"{event.name}: {error}", code="no-identity") from error
    if value is MISSING or value is None or isinstance(value, dict | list):
        raise InvalidInput(f"the dedupe key of {event.name} ({expression.source}) finds nothing", code="no-identity")
    return require_key(str(value), f"the dedupe key of {event.name}")

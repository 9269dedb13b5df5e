"""The bench of one flow case: the real executor, sender and store, a clock that is moved by hand, stubs for systems.

Work is claimed from the store and run one message after the other, so that a case always takes the same course. Only
the flow under test runs, and the deliveries that a stub answers.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine import exact_json
from engine.clock import ManualClock, iso
from engine.config.tree import plain
from engine.errors import ConfigurationError
from engine.fields.scalars import Duration
from engine.flow.compiled import CompiledFlow, CompiledOperation, Revision
from engine.flow.exchange import Answered, Exchange
from engine.flow.identity import identify
from engine.ids import id_text, id_value
from engine.jsonata import EvaluationContext
from engine.message import Lease, Message, State, flow_channel, system_channel
from engine.outcome import Completed, Deferred
from engine.plugin import Arrival
from engine.policy.calendar import add_business, add_business_days
from engine.recovery.commands import Commands, Person
from engine.runtime.alarm import Alarm
from engine.runtime.channel import Item
from engine.runtime.commit_points import pass_by
from engine.runtime.desk import Desk
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.executor import Executor
from engine.runtime.failures import UNDO_STEP
from engine.runtime.gateway import Gateway
from engine.runtime.maintenance.due import due
from engine.runtime.polls import PollReplies
from engine.runtime.publications import publication
from engine.runtime.receiver import Receiver
from engine.runtime.revisions import Revisions
from engine.runtime.sender import Sender
from engine.runtime.services import FlowServices
from engine.runtime.waiters import Waiters
from engine.store.protocol import MessageStore
from engine.store.records import (
    Append,
    AppendStatus,
    Claim,
    JournalKind,
    NewMessage,
    Progress,
    Selection,
    Settlement,
    Work,
)
from engine.telemetry.log import Log
from engine.testing.stubs import Switchboard

MOST_PASSAGES = 500
TICK = 0.000_001
"""Seconds by which time passes whenever somebody looks at the clock, so that what comes later is later."""
_PERSON = Person("test", "the case says so")
_ALL = 10_000


class BenchClock(ManualClock):
    """A clock that is set by hand and ticks a little when it is read."""

    def now(self) -> float:
        self.advance(TICK)
        return super().now()


class Restless(Exception):
    """The flow did not come to rest."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that a step made: the operation, what it was given, its key, and whether it takes a call back."""

    operation: str
    document: Any
    key: str
    undo: bool


class NotedServices(FlowServices):
    """The services of the steps, with a note of what each operation is given."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.asked: list[Asked] = []

    async def ask(
        self, exchange: Exchange, operation: CompiledOperation, document: Any, key: str
    ) -> Answered | Deferred:
        undo = exchange.entry(UNDO_STEP, JournalKind.UNDO_BEGUN) is not None
        self.asked.append(Asked(operation.full_name, document, key, undo))
        return await super().ask(exchange, operation, document, key)


class Bench:
    """One flow on its own store. `arrive`, then `rest`, `publish`, `release` and `wait` as the case says."""

    def __init__(self, revision: Revision, flow: CompiledFlow, switchboard: Switchboard, store: MessageStore) -> None:
        assert isinstance(switchboard.clock, BenchClock)
        self.store = store
        self.clock = switchboard.clock
        self.delivered: set[int] = set()
        self.from_outside: set[int] = set()
        self._flow = flow
        self._revision = _heard_by(revision, flow)
        self._switchboard = switchboard
        clock = self.clock
        log = Log(clock, stream=io.StringIO())
        gateways: dict[str, Gateway] = {
            name: switchboard.gateway(system) for name, system in revision.systems.items() if system.operations
        }
        self._channels = (flow_channel(flow.name), *(system_channel(name) for name in gateways))
        self._dispatcher = Dispatcher(store, capacity=1, now=clock.now, log=log, passing=pass_by)
        self._desk = Desk(store, self._dispatcher, pass_by, Alarm())
        self._work(gateways, log)
        self._due = due(store, self._dispatcher, clock, log)
        self._commands = Commands(
            store, clock, active_revision=lambda: revision.id, intake=None, wake=lambda channels: None
        )

    def _work(self, gateways: Mapping[str, Gateway], log: Log) -> None:
        """The parts that a message passes through, put together as the engine does."""
        store, desk, dispatcher, clock, waiters = self.store, self._desk, self._dispatcher, self.clock, Waiters()
        revisions = Revisions(self._revision, store, _never_compiled)
        self.services = NotedServices(desk, dispatcher, gateways, revisions, clock, pass_by)
        self._executor = Executor(store, revisions, desk, self.services, waiters, clock, log, random=_without_jitter)
        polls = PollReplies(lambda: desk, clock)
        self._sender = Sender(
            revisions, gateways, dispatcher, desk, polls, clock, log, random=_without_jitter, passing=pass_by
        )
        self._receiver = Receiver(
            store,
            dispatcher,
            waiters,
            clock,
            executor=self._executor,
            desk=desk,
            revision=lambda: self._revision,
            refusal=lambda: None,
            took_in=lambda messages: None,
            passing=pass_by,
        )

    # -- what comes in

    async def arrive(self, arrival: Arrival) -> tuple[tuple[int, ...], bool]:
        """Take in an event's payload: the flow's messages, and whether it is a repeat. Raises Refused."""
        receipt = await self._receiver.accept(arrival)
        ids = [value for text in receipt.message_ids if (value := id_value(text)) is not None]
        found = await self.store.find(Selection(ids=tuple(ids), channel=flow_channel(self._flow.name)))
        return tuple(message.id for message in found), receipt.repeat

    async def put(self, document: Any, headers: dict[str, str]) -> tuple[tuple[int, ...], bool]:
        """Put a canonical document into the flow's channel, as a topic or a schedule would. Raises InvalidInput."""
        flow, now = self._flow, self.clock.now()
        source = self._source()
        context = EvaluationContext(now=now, limits=self._revision.limits, lookup=self._revision.table_lookup)
        scope = {"headers": headers, "saved": {}, "message": {"source": source, "receivedAt": iso(now)}}
        identity = identify(flow, document, scope, context)
        payload = exact_json.encode(document)
        claims: tuple[Claim, ...] = ()
        if identity.idempotency_key is not None:
            until = now + flow.identity.window
            claims = (Claim(f"flow:{flow.name}", identity.idempotency_key, exact_json.digest(payload), until),)
        message = NewMessage(
            channel=flow_channel(flow.name),
            source=source,
            payload=payload,
            received_at=now,
            headers=headers,
            key=identity.idempotency_key or "",
            lane=identity.lane,
            overtakes=flow.model.overtakes == "parked",
            priority=flow.rank,
            business_keys=identity.business_keys,
            claims=claims,
        )
        (appended,) = await self.store.append(Append((message,)))
        return (appended.message_id,), appended.status is not AppendStatus.FRESH

    async def fire(self, headers: dict[str, str]) -> tuple[tuple[int, ...], bool]:
        """The flow's schedule fires."""
        return await self.put({"schedule": self._flow.name, "firedAt": iso(self.clock.now())}, headers)

    def _source(self) -> str:
        declared = self._flow.model.source
        if declared.topics:
            return f"topic:{declared.topics[0]}"
        return f"schedule:{self._flow.name}" if declared.schedule is not None else "flow:test"

    # -- what happens

    async def rest(self) -> None:
        """Run until nothing is left to do by itself; waits between tries pass on the clock. Raises Restless."""
        for _ in range(MOST_PASSAGES):
            if await self._run_one():
                continue
            at = await self._next_try()
            if at is None:
                return
            await self._pass_to(at)
        raise Restless

    async def wait(self, duration: Duration) -> None:
        """Let time pass; whatever is due by then happens in its turn. Raises Restless."""
        await self.wait_until(self._after(duration))

    async def wait_until(self, until: float) -> None:
        """Let time pass up to a moment (epoch seconds), unless it has passed already. Raises Restless."""
        if until <= self.clock.now():
            return
        for _ in range(MOST_PASSAGES):
            await self._due.work()
            if await self._run_one():
                continue
            at = await self.store.next_due()
            if at is None or at > until:
                await self._pass_to(until)
                return
            await self._pass_to(at)
        raise Restless

    async def release(self, message: Message) -> None:
        """A person releases a parked message. Raises CommandRefused."""
        await self._commands.release(id_text(message.id), _PERSON)

    async def publish(self, message: Message, topic: str, document: Any) -> None:
        """An event comes on a topic, as if another flow had published it."""
        work = Work(message, Lease(message.id, 0), b"")
        exchange = Exchange(work, self._flow, self._revision, document, self.services)
        alone = replace(self._revision, subscribers={})
        selectors = self._revision.selectors.get(topic, ())
        appended = await self.store.append(
            Append(publication(exchange, alone, selectors, topic, plain(document), "test"))
        )
        self.from_outside.update(one.message_id for one in appended)

    async def messages(self) -> tuple[Message, ...]:
        """Everything in the store, oldest first."""
        return await self.store.find(Selection(limit=_ALL))

    # -- inside

    async def _run_one(self) -> bool:
        """Run one message that can run now; False when there is none."""
        for channel in self._channels:
            for work in await self.store.claim(channel, 1):
                await self._run(work)
                return True
        return False

    async def _run(self, work: Work) -> None:
        message = work.message
        if message.channel.startswith("flow:"):
            await self._executor.run(Item(work))
        elif self._switchboard.answers(f"{message.channel.partition(':')[2]}.{message.operation}"):
            self.delivered.add(message.id)
            await self._sender.run(Item(work))
        else:
            # No stub stands for it: that it was sent is all that the case wants to know.
            await self._desk.settle(Settlement(Progress(work.lease), Completed(), self.clock.now()))

    async def _next_try(self) -> float | None:
        waiting = await self.store.find(Selection(states=(State.WAITING,), limit=_ALL))
        return min((message.not_before or 0.0 for message in waiting), default=None)

    async def _pass_to(self, at: float) -> None:
        self.clock.set(max(at, self.clock.now()))
        await self.store.promote(self.clock.now())

    def _after(self, duration: Duration) -> float:
        now = self.clock.now()
        calendar = self._revision.calendars.get("default")
        if not duration.business or calendar is None:
            return now + duration.seconds
        if duration.unit == "business days":
            return add_business_days(calendar, now, int(duration.amount))
        return add_business(calendar, now, duration.seconds)


def _heard_by(revision: Revision, flow: CompiledFlow) -> Revision:
    """The revision with the flow alone listening to its events; no caller waits for it."""
    alone = (replace(flow, reply_within=None),)
    return replace(revision, listeners=dict.fromkeys(flow.model.source.events, alone))


def _never_compiled(bundle: bytes) -> Revision:
    raise ConfigurationError(())


def _without_jitter() -> float:
    """The share of the jitter that is added: waits are as long as the policy says."""
    return 1.0

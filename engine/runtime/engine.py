"""The engine of one process: it puts the path of a message together, starts it, swaps revisions, and drains it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from engine.clock import Clock
from engine.flow.compiled import Revision
from engine.message import flow_channel, system_channel
from engine.plugin import DestinationSetup, EventBinding, Host, Registry, Source
from engine.runtime.alarm import Alarm
from engine.runtime.commit_points import CommitPoint, Passing, pass_by
from engine.runtime.desk import Desk
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.executor import Executor
from engine.runtime.gateway import Gateway
from engine.runtime.health import Health
from engine.runtime.maintenance.chore import Chore, keep_doing
from engine.runtime.maintenance.due import due
from engine.runtime.maintenance.free import free
from engine.runtime.maintenance.promote import promote
from engine.runtime.maintenance.prune import prune
from engine.runtime.maintenance.renew import renew
from engine.runtime.maintenance.rescue import rescue
from engine.runtime.polls import PollReplies
from engine.runtime.receiver import Receiver
from engine.runtime.revisions import Revisions
from engine.runtime.scheduler import Scheduler
from engine.runtime.sender import Sender
from engine.runtime.services import FlowServices
from engine.runtime.waiters import Waiters
from engine.store.protocol import MessageStore
from engine.telemetry.log import Log

DRAIN_SECONDS = 30.0


@runtime_checkable
class Listening(Protocol):
    """A source that listens on addresses of its own."""

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What an engine is made of.

    `compile_bundle` compiles an older revision from its stored bundle; `passing` is called at each commit point;
    `folder` is where the store lies, for the check of free disk; `sandboxed` are the stand-ins' addresses by system,
    asked whenever systems are bound.
    """

    store: MessageStore
    registry: Registry
    clock: Clock
    log: Log
    host: Host
    random: Callable[[], float]
    compile_bundle: Callable[[bytes], Revision]
    folder: Path | None = None
    passing: Passing = pass_by
    sandboxed: Mapping[str, str] = field(default_factory=dict)


class Engine:
    """Runs one active revision. `start`, then `reload` as often as wanted, then `drain`."""

    def __init__(self, parts: Parts, revision: Revision) -> None:
        self._parts = parts
        self.waiters = Waiters()
        self.gateways: dict[str, Gateway] = {}
        self.sources: dict[str, Source] = {}
        self._chores: list[asyncio.Task[None]] = []
        clock, store, log = parts.clock, parts.store, parts.log
        self.revisions = Revisions(revision, store, parts.compile_bundle)
        self.health = Health(store, parts.folder, log)
        capacity = revision.workspace.limits.concurrent
        self.dispatcher = Dispatcher(store, capacity=capacity, now=clock.now, log=log, passing=parts.passing)
        self._alarm = Alarm()
        self.desk = Desk(store, self.dispatcher, parts.passing, self._alarm)
        services = FlowServices(self.desk, self.dispatcher, self.gateways, self.revisions, clock, parts.passing)
        self.executor = Executor(
            store, self.revisions, self.desk, services, self.waiters, clock, log, random=parts.random
        )
        self.sender = Sender(
            self.revisions,
            self.gateways,
            self.dispatcher,
            self.desk,
            PollReplies(lambda: self.desk, clock),
            clock,
            log,
            random=parts.random,
            passing=parts.passing,
        )
        self.receiver = Receiver(
            store,
            self.dispatcher,
            self.waiters,
            clock,
            executor=self.executor,
            desk=self.desk,
            revision=lambda: self.revisions.active,
            refusal=self.health.refusal,
            took_in=self.health.took_in,
            passing=parts.passing,
        )
        self.scheduler = Scheduler(store, self.dispatcher, clock, log, lambda: self.revisions.active)

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Where the process listens."""
        return tuple(
            address for source in self.sources.values() if isinstance(source, Listening) for address in source.addresses
        )

    # -- start and reload

    async def start(self) -> None:
        """Take up what an earlier process left, then take in what is new. Raises PluginError or StoreError."""
        parts = self._parts
        parts.passing(CommitPoint.BEFORE_RESCUE)
        left = await parts.store.rescue()
        parts.passing(CommitPoint.AFTER_RESCUE)
        await self.health.look(self.revisions.active)
        await self.revisions.load_pinned()
        await self._bind_systems()
        self._open_channels()
        self.dispatcher.nudge_all(left)
        await self._bind_sources()
        for chore in self._all_chores():
            self._background(keep_doing(chore, parts.log))
        self._background(self.scheduler.run())

    async def reload(self, revision: Revision) -> None:
        """Swap to another revision: new messages run in it, those in progress end where they began."""
        self.revisions.activate(revision)
        await self._bind_systems()
        self._open_channels()
        await self._bind_sources()
        self.scheduler.rebind()

    def _all_chores(self) -> tuple[Chore, ...]:
        parts = self._parts
        store, dispatcher, clock = parts.store, self.dispatcher, parts.clock
        active = lambda: self.revisions.active  # noqa: E731
        return (
            promote(store, dispatcher, clock, self._alarm),
            renew(store, dispatcher),
            rescue(store, dispatcher, parts.passing),
            free(self.desk, dispatcher, clock, parts.random),
            due(store, dispatcher, clock, parts.log),
            prune(store, clock, active),
            self.health.chore(active),
        )

    async def _bind_systems(self) -> None:
        """Connections and limits are always the current revision's."""
        revision = self.revisions.active
        for name, system in revision.systems.items():
            connector = system.connector
            if connector.open_destination is None or not system.operations:
                continue
            address = self._parts.sandboxed.get(name)
            connection = system.connection
            if address is not None and connector.aimed_at is not None:
                connection = connector.aimed_at(connection, address)
            setup = DestinationSetup(name, connection, system.model.limits.concurrent)
            gateway = self.gateways.get(name)
            if gateway is None:
                destination = connector.open_destination(setup, self._parts.host)
                self.gateways[name] = Gateway(system, destination, self._parts.clock)
            elif gateway.connection != connection or gateway.concurrent != system.model.limits.concurrent:
                old = gateway.destination
                gateway.adopt(system, connector.open_destination(setup, self._parts.host))
                self._background(_close_later(gateway, old.close))
            else:
                gateway.adopt(system, gateway.destination)
            self.gateways[name].connection = connection

    def _open_channels(self) -> None:
        """Serve every flow and system; channels that the new revision lacks go on being served until they are empty."""
        revision = self.revisions.active
        capacity = revision.workspace.limits.concurrent
        for name in revision.flows:
            self.dispatcher.open(flow_channel(name), self.executor.run, capacity, lambda now: None)
        for name, gateway in self.gateways.items():
            self.dispatcher.open(system_channel(name), self.sender.run, gateway.concurrent, _pause_of(gateway))

    async def serve_leftovers(self) -> None:
        """Serve channels of messages whose flow or system the revision no longer has."""
        for count in await self._parts.store.counts():
            if count.channel in self.dispatcher.served():
                continue
            if count.channel.startswith("flow:"):
                self.dispatcher.open(count.channel, self.executor.run, 1, lambda now: None)
            elif count.channel.startswith("system:"):
                self.dispatcher.open(count.channel, self.sender.run, 1, lambda now: None)

    async def _bind_sources(self) -> None:
        revision = self.revisions.active
        for name, connector in self._parts.registry.connectors.items():
            if connector.open_source is None:
                continue
            bindings = bindings_of(revision, name)
            source = self.sources.get(name)
            if source is not None:
                await source.rebind(bindings)
            else:
                source = connector.open_source(self._parts.host)
                await source.start(bindings, self.receiver)
                self.sources[name] = source

    # -- the end

    async def drain(self, timeout: float = DRAIN_SECONDS) -> bool:
        """Take nothing more in, finish what runs, give the rest back to the store.

        Returns False when something still ran after `timeout` seconds; the next start resumes it.
        """
        self.health.drain()
        await asyncio.gather(*(source.stop() for source in self.sources.values()))
        for task in self._chores:
            task.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        finished = await self.dispatcher.drain(timeout)
        await asyncio.gather(*(gateway.destination.close() for gateway in self.gateways.values()))
        return finished

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._chores.append(task)
        task.add_done_callback(lambda done: self._chores.remove(done) if done in self._chores else None)


def bindings_of(revision: Revision, connector: str) -> tuple[EventBinding, ...]:
    """The events of a revision that a connector's source listens for."""
    found = []
    for system in revision.systems.values():
        if system.connector.name != connector:
            continue
        for event in system.events.values():
            if event.poll is None:
                found.append(EventBinding(event.name, event.settings, system.connection, event.payload_limit))
    return tuple(found)


def _pause_of(gateway: Gateway) -> Callable[[float], float | None]:
    def paused(now: float) -> float | None:
        found = gateway.paused_until(now)
        return found[0] if found is not None else None

    return paused


async def _close_later(gateway: Gateway, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Close a replaced connection when its requests have ended."""
    await gateway.quiet()
    await close()

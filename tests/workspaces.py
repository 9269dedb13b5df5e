"""A small workspace in a folder, the real App that runs it, and a real HTTP peer that its system `erp` talks to."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from engine.app.options import RunOptions
from engine.app.process import App
from engine.clock import Clock, SystemClock
from engine.ids import id_value
from engine.message import Message, State
from engine.recovery.commands import Commands, Person
from engine.runtime.maintenance.due import due
from engine.store.records import JournalKind, Selection, Trace
from engine.telemetry.log import Log

SECONDS = 10.0
ANNA = Person("anna", "because the test says so")

WORKSPACE = """
crossdock: 1
name: small
teams:
  sales: {summary: Sells.}
  finance: {summary: Decides on credit.}
  integration: {summary: Runs this.}
retry:
  quick: {rules: [{on: [transient, timeout, unknown, rate-limited], attempts: 5, first: 10 ms, jitter: 0}]}
  slow: {rules: [{on: [transient, timeout, unknown, rate-limited], attempts: 3, first: 60 s, jitter: 0}]}
"""

SHOP = """
system: shop
connector: http
owner: integration
events:
  order: {receive: {path: /orders}, verify: {none: {reason: only the tests can reach it here}}}
  event: {receive: {path: /events}, verify: {none: {reason: only the tests can reach it here}}}
"""

ERP = """
system: erp
connector: http
owner: integration
base_url: "${env:PEER_URL}"
breaker: {failures: 1000}
errors:
  - {when: status = 409, class: business, reason: credit-hold, owner: finance}
operations:
  create: {request: {method: POST, path: /create, body: $}, retry: quick}
  cancel: {request: {method: POST, path: /cancel, body: $}, retry: quick}
  note: {request: {method: POST, path: /note, body: $}, retry: quick}
  check: {request: {method: GET, path: "/check/{number}"}, retry: quick}
  sure:
    request: {method: POST, path: /sure, body: $}
    confirm: {method: GET, path: "/sure/{number}"}
    retry: quick
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the peer received."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    at: float

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")


@dataclass(slots=True)
class Peer:
    """A peer that answers 200 with `{"ok": true}` unless told otherwise.

    `answers` holds, by path, what the next requests get: a status, (status, document), (status, document, headers), or
    "drop" to close the connection without an answer after the request was taken. `gate` holds every answer back while
    it is cleared.
    """

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=dict)
    always: dict[str, Any] = field(default_factory=dict)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: int = 0
    most: int = 0

    def paths(self) -> list[str]:
        """The requests so far, as `METHOD /path`."""
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def of(self, path: str) -> list[Asked]:
        """The requests of one path, in order."""
        return [asked for asked in self.asked if asked.path == path]

    def bodies(self, path: str) -> list[Any]:
        """The documents sent to one path, in order."""
        return [asked.body for asked in self.of(path)]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = json.loads(raw) if raw else None
        self.asked.append(Asked(request.method, request.path, headers, body, time.monotonic()))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.gate.wait()
            return self._answer(request)
        finally:
            self.under_way -= 1

    def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        queue = self.answers.get(request.path)
        told = queue.pop(0) if queue else self.always.get(request.path, 200)
        if told == "drop":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        status, document, headers = (*told, {})[:3] if isinstance(told, tuple) else (told, {"ok": told < 300}, {})
        return web.json_response(document, status=status, headers=headers)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the engine answered a caller."""

    status: int
    document: Any
    headers: Mapping[str, str]

    @property
    def id(self) -> str:
        """The first message's id."""
        return str(self.document["messages"][0])


@dataclass(slots=True)
class Running:
    """A workspace that runs."""

    app: App
    peer: Peer
    clock: Clock
    folder: Path
    url: str
    session: aiohttp.ClientSession

    @property
    def commands(self) -> Commands:
        return self.app.office.commands

    async def post(self, document: Any, path: str = "/orders", **headers: str) -> Reply:
        """Send a document; header names are written with `_`. A str or bytes goes as it is."""
        body = document if isinstance(document, str | bytes) else json.dumps(document)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.post(self.url + path, data=body, headers=named) as answer:
            raw = await answer.read()
            lowered = {name.lower(): value for name, value in answer.headers.items()}
            return Reply(answer.status, json.loads(raw) if raw else None, lowered)

    async def get(self, path: str) -> Reply:
        async with self.session.get(self.url + path) as answer:
            return Reply(answer.status, json.loads(await answer.read()), {})

    async def message(self, message_id: str) -> Message:
        found = await self.app.store.get(id_value(message_id) or 0)
        assert found is not None
        return found

    async def trace(self, message_id: str) -> Trace:
        found = await self.app.store.trace(id_value(message_id) or 0)
        assert found is not None
        return found

    async def journal(self, message_id: str) -> list[tuple[str, str]]:
        """What the journal says, as (step, kind)."""
        return [(entry.step, entry.kind.value) for entry in (await self.trace(message_id)).journal]

    async def kinds(self, message_id: str, step: str) -> set[JournalKind]:
        return {entry.kind for entry in (await self.trace(message_id)).journal if entry.step == step}

    async def all(self, channel: str, *states: State) -> list[Message]:
        """The messages of a channel, oldest first."""
        return list(await self.app.store.find(Selection(channel=channel, states=states, limit=10_000)))

    async def is_in(self, message_id: str, state: State) -> Message:
        """Wait until a message is in a state."""
        wanted: list[Message] = []

        async def holds() -> bool:
            wanted[:] = [await self.message(message_id)]
            return wanted[0].state is state

        try:
            await until(holds)
        except AssertionError:
            message = wanted[0]
            raise AssertionError(
                f"{message_id} is {message.state}, not {state}: {message.failure} {message.parked}"
            ) from None
        return wanted[0]

    async def sent(self, document: Any, state: State = State.COMPLETED, path: str = "/orders", **headers: str) -> str:
        """Send a document and wait until its message is in a state; returns its id."""
        reply = await self.post(document, path, **headers)
        assert reply.status in (200, 202), reply
        await self.is_in(reply.id, state)
        return reply.id

    async def quiet(self) -> None:
        """Wait until nothing is unfinished but what is parked."""

        async def holds() -> bool:
            counts = await self.app.store.counts()
            return not any(count.state in (State.READY, State.RUNNING, State.WAITING) for count in counts)

        await until(holds)

    async def advance(self, seconds: float) -> None:
        """Move the manual clock, and do at once what the chores would do within a second."""
        self.clock.advance(seconds)  # type: ignore[attr-defined]
        dispatcher = self.app.engine.dispatcher
        dispatcher.nudge_all(await self.app.store.promote(self.clock.now()))
        dispatcher.nudge_all(dispatcher.served())

    def write(self, files: Mapping[str, str]) -> None:
        """Change files of the workspace."""
        write_files(self.folder, files)

    async def look_for_due(self) -> None:
        """Do at once what the chore of due times would do within a second."""
        engine = self.app.engine
        log = Log(self.clock, level="error")
        await due(self.app.store, engine.dispatcher, self.clock, log).work()


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Files of a workspace by their path below its folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def flow(steps: str, *, name: str = "orders", source: str = "{events: [shop.order]}", **more: str) -> dict[str, str]:
    """A flow's file: its steps as YAML, and further fields of the flow as YAML texts."""
    fields = "\n".join(f"{key}: {value}" for key, value in more.items())
    lines = "\n".join(f"  {line}" for line in steps.strip("\n").splitlines())
    text = f"""flow: {name}
layer: process
summary: A flow of the tests.
owner: sales
source: {source}
{fields}
steps:
{lines}
"""
    return {f"flows/{name}.yaml": text}


IDENTITY = (
    "{business_keys: {order: number}, idempotency: {key: $string(number) & '/' & $string(revision ?? 1)},"
    " lane: {key: $string(number)}}"
)


async def until(holds: Callable[[], bool | Awaitable[bool]], what: str = "the condition holds") -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + SECONDS
    while True:
        held = holds()
        if await held if isinstance(held, Awaitable) else held:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"after {SECONDS:.0f} s still not: {what}")
        await asyncio.sleep(0.004)


@asynccontextmanager
async def peer() -> AsyncIterator[Peer]:
    """A peer that listens on a free port."""
    found = Peer()
    found.gate.set()
    runner = web.ServerRunner(web.Server(found.handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        found.gate.set()
        await runner.cleanup()


@asynccontextmanager
async def running(
    folder: Path,
    *files: Mapping[str, str],
    clock: Clock | None = None,
    peer_of: Peer | None = None,
    workspace: str = WORKSPACE,
    erp: str = ERP,
    drain: float = 1.0,
    variables: Mapping[str, str] | None = None,
) -> AsyncIterator[Running]:
    """The App on a workspace of a shop that tells, an ERP that is asked, and the given files; and a peer as the ERP."""
    write_files(
        folder, {"flows/workspace.yaml": workspace, "flows/systems/shop.yaml": SHOP, "flows/systems/erp.yaml": erp}
    )
    for given in files:
        write_files(folder, given)
    clock = clock or SystemClock()
    if peer_of is None:
        async with peer() as own, _app(folder, own, clock, drain, variables or {}) as app:
            yield app
    else:
        async with _app(folder, peer_of, clock, drain, variables or {}) as app:
            yield app


@asynccontextmanager
async def _app(
    folder: Path, asked: Peer, clock: Clock, drain: float, more: Mapping[str, str]
) -> AsyncIterator[Running]:
    variables = {"PEER_URL": asked.url, **more}
    options = RunOptions(port=0, clock=clock, variables=variables, drain_seconds=drain, log_level="error")
    app = App(folder, options, lambda event, facts: None)
    await app.start()
    host, port = app.engine.addresses[0]
    url = f"http://{host}:{port}"
    async with aiohttp.ClientSession() as session:
        try:
            yield Running(app, asked, clock, folder, url, session)
        finally:
            await session.close()
            await app.stop()

"""Peers and sources for the tests of the http connector: real sockets, one behaviour each."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.clock import ManualClock
from engine.plugin import EventBinding, Host, Page, Request
from engine.plugin.contract import RecordingIntake
from plugins.http.settings import HttpConnection, HttpEvent
from plugins.http.source import HttpSource

OPEN: dict[str, Any] = {"none": {"reason": "a test sends it"}}


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as a peer heard it."""

    line: str
    headers: Mapping[str, str]
    body: bytes


Behaviour = Callable[[Heard, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def hear(reader: asyncio.StreamReader) -> Heard | None:
    """The next request on a connection; None at its end."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    line, *rest = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (text.partition(":") for text in rest)}
    return Heard(line, headers, await reader.readexactly(int(headers.get("content-length", 0))))


@dataclass
class Peer:
    """A server that behaves as it is told and remembers what it heard."""

    behaviour: Behaviour
    tls: ssl.SSLContext | None = None
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    now: int = 0
    most: int = 0
    arrival: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> Peer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while not writer.is_closing() and (heard := await hear(reader)) is not None:
                self.heard.append(heard)
                self.arrival.set()
                self.now += 1
                self.most = max(self.most, self.now)
                try:
                    await self.behaviour(heard, reader, writer)
                finally:
                    self.now -= 1
        except (asyncio.CancelledError, ConnectionError):
            return
        finally:
            writer.close()


def answering(*replies: bytes) -> Behaviour:
    """Answers with these bytes in turn, the last one for ever."""
    left = list(replies)

    async def behave(heard: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        await writer.drain()

    return behave


def then_closing(reply: bytes) -> Behaviour:
    """Answers with these bytes and closes the connection."""

    async def behave(heard: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await writer.drain()
        writer.close()

    return behave


async def hanging(heard: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.Event().wait()


@dataclass
class Served:
    """A running source and what it hands in to."""

    source: HttpSource
    intake: RecordingIntake
    host: Host

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.source.addresses[0][1]}"


def binding(name: str = "shop.orders", *, limit: int = 10_000, **settings: Any) -> EventBinding:
    """An event of the shop, received at `/hooks/NAME` from anybody unless the settings say otherwise."""
    given = {"receive": {"path": f"/hooks/{name.rpartition('.')[2]}"}, "verify": OPEN, **settings}
    return EventBinding(name, HttpEvent.model_validate(given), HttpConnection(), limit)


def make_host(folder: Path = Path("."), pages: Mapping[str, Page] | None = None) -> Host:
    return Host(ManualClock(), logging.getLogger("tests.http"), folder, ("127.0.0.1", 0), pages or {})


def make_request(path: str = "/orders", **changes: Any) -> Request:
    """A POST with a small body."""
    settings = {"method": "POST", "path": path, **changes.pop("settings", {})}
    fields: dict[str, Any] = {
        "operation": "create-order",
        "options": {},
        "body": b'{"order":"1001"}',
        "content_type": "application/json",
        "key": "key-1",
        "timeout": 10.0,
        **changes,
    }
    return Request(settings=settings, **fields)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1."""

    pem: Path
    server: ssl.SSLContext

"""Peers and sources for the tests of the http connector: real sockets, one behaviour each."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.clock import ManualClock
from engine.plugin import DestinationSetup, EventBinding, Host, Page, Request
from engine.plugin.contract import RecordingIntake
from plugins.http.destination import open_destination
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


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[Callable[..., Awaitable[Peer]]]:
    """Starts a peer with a behaviour."""
    started: list[Peer] = []

    async def start(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> Peer:
        started.append(await Peer(behaviour, tls).start())
        return started[-1]

    yield start
    for one in started:
        await one.stop()


@pytest_asyncio.fixture
async def calling(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Opens a destination for a base address."""
    opened: list[Any] = []

    def open_for(
        url: str, *, concurrent: int = 4, reply_limit: int = 100_000, host: Host | None = None, **fields: Any
    ) -> Any:
        connection = HttpConnection.model_validate({"base_url": url, **fields})
        setup = DestinationSetup("shop", connection, concurrent, reply_limit)
        opened.append(open_destination(setup, host or make_host(tmp_path)))
        return opened[-1]

    yield open_for
    for destination in opened:
        await destination.close()


@pytest_asyncio.fixture
async def serving() -> AsyncIterator[Callable[..., Awaitable[Served]]]:
    """Starts a source with bindings."""
    started: list[Served] = []

    async def start(*bindings: EventBinding, host: Host | None = None, body_timeout: float = 10.0) -> Served:
        host = host or make_host()
        served = Served(HttpSource(host, body_timeout), RecordingIntake(), host)
        await served.source.start(bindings, served.intake)
        started.append(served)
        return served

    yield start
    for served in started:
        served.intake.gate.set()
        await served.source.stop()


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1."""

    pem: Path
    server: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    pem, key_file = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key_file)
    return Certificate(pem, context)

"""Fixtures of the tests of the http connector."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
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
from http_peers import Behaviour, Certificate, Peer, Served, make_host

from engine.plugin import DestinationSetup, EventBinding, Host
from engine.plugin.contract import RecordingIntake
from plugins.http.destination import open_destination
from plugins.http.settings import HttpConnection
from plugins.http.source import HttpSource


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

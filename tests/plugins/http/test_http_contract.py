from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence

import aiohttp
import pytest
import pytest_asyncio
from http_peers import Behaviour, Peer, answering, binding, hanging, make_host, make_request, then_closing

from engine.plugin import Destination, DestinationSetup, EventBinding, Features, Request, Source
from engine.plugin.contract import (
    ACCEPTED,
    BREAKS_OFF,
    HANGS,
    REFUSED,
    REPLIES,
    UNREACHABLE,
    DestinationContract,
    Seen,
    SourceContract,
)
from plugins.http import plugin
from plugins.http.destination import open_destination
from plugins.http.settings import HttpConnection
from plugins.http.source import HttpSource

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class WebhookSender:
    """A web shop that sends again until it hears 2xx or a refusal."""

    features: Features = plugin.connectors[0].features

    def open(self) -> Source:
        return HttpSource(make_host())

    def bindings(self, *names: str) -> Sequence[EventBinding]:
        return [binding(f"shop.{name}") for name in names]

    async def deliver(self, source: Source, name: str, body: bytes, key: str | None = None) -> str:
        assert isinstance(source, HttpSource)
        url = f"http://127.0.0.1:{source.addresses[0][1]}/hooks/{name}"
        headers = {"Idempotency-Key": key} if key else {}
        async with aiohttp.ClientSession() as session:
            while True:
                async with session.post(url, data=body, headers=headers) as response:
                    if response.status < 300:
                        return ACCEPTED
                    if response.status < 500:
                        return REFUSED


class TestHttpSource(SourceContract):
    @pytest.fixture
    def harness(self) -> WebhookSender:
        return WebhookSender()


class ErpHarness:
    """An ERP whose behaviour the suite chooses."""

    features: Features = plugin.connectors[0].features
    behaviours = frozenset({REPLIES, UNREACHABLE, BREAKS_OFF, HANGS})

    def __init__(self) -> None:
        self._peer: Peer | None = None

    async def open(self, behaviour: str, *, concurrent: int = 4) -> Destination:
        if behaviour == UNREACHABLE:
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", 0))
                url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        else:
            behaviours: dict[str, Behaviour] = {REPLIES: answering(OK), BREAKS_OFF: then_closing(b""), HANGS: hanging}
            self._peer = await Peer(behaviours[behaviour]).start()
            url = self._peer.url
        return open_destination(DestinationSetup("erp", HttpConnection(base_url=url), concurrent), make_host())

    def request(self, body: bytes | None, *, key: str = "key-1", timeout: float = 10.0) -> Request:
        return make_request(body=body, key=key, timeout=timeout)

    def seen(self) -> Sequence[Seen]:
        heard = [] if self._peer is None else self._peer.heard
        return [Seen(one.body, one.headers.get("idempotency-key")) for one in heard]

    def most_at_once(self) -> int:
        return 0 if self._peer is None else self._peer.most

    async def stop(self) -> None:
        if self._peer is not None:
            await self._peer.stop()


class TestHttpDestination(DestinationContract):
    @pytest_asyncio.fixture
    async def harness(self) -> AsyncIterator[ErpHarness]:
        harness = ErpHarness()
        yield harness
        await harness.stop()

"""How answers leave when the caller is slow to take them."""

from __future__ import annotations

import asyncio
import socket

import pytest
from http_peers import binding, make_host

from engine.plugin import Arrival, Receipt
from engine.plugin.contract import RecordingIntake
from plugins.http.source import HttpSource

pytestmark = pytest.mark.asyncio


class Measuring(RecordingIntake):
    """Notes how many bytes of answers lay in memory, at most, when an arrival came."""

    def __init__(self, source: HttpSource) -> None:
        super().__init__()
        self._source = source
        self.unread = 0

    async def accept(self, arrival: Arrival) -> Receipt:
        assert self._source._web is not None
        transports = [handler.transport for handler in self._source._web.connections]
        self.unread = max(self.unread, *(one.get_write_buffer_size() for one in transports if one is not None))
        return await super().accept(arrival)


async def test_client_that_does_not_read_its_answers_is_asked_to_wait() -> None:
    """REL-15: memory does not grow with what nobody reads."""
    source, times = HttpSource(make_host()), 300
    intake = Measuring(source)
    intake.script.extend([Receipt(("0" * 15_000,), "c")] * times)
    await source.start([binding()], intake)
    loop = asyncio.get_running_loop()
    try:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setblocking(False)
            await loop.sock_connect(client, source.addresses[0])
            one = b"POST /hooks/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
            last = one.replace(b"Host: x", b"Host: x\r\nConnection: close")
            sending = asyncio.create_task(loop.sock_sendall(client, one * (times - 1) + last))
            for _ in range(10_000):  # turns of the loop: enough for all of them
                await asyncio.sleep(0)
            while await loop.sock_recv(client, 65_536):
                pass
            await sending
    finally:
        await source.stop()
    assert len(intake.accepted) == times
    assert intake.unread <= 64 * 1024

# ruff: noqa: T201
"""The benchmark's peer: answers 200 to everything and counts distinct idempotency keys.

`GET /count` answers {"total", "distinct", "last"}: requests, distinct keys, and the monotonic second of the last one.
`GET /last` answers the body of the last request. `GET /reset` forgets everything. Takes a port, prints the one it has.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import cast

import httptools
import uvloop

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"


class Ledger:
    """What has been delivered."""

    def __init__(self) -> None:
        self.keys: set[bytes] = set()
        self.total = 0
        self.last = 0.0
        self.body = b"null"

    def answer(self, url: bytes) -> bytes | None:
        """The page a reader asks for, or None for a delivery."""
        if url == b"/count":
            return json.dumps({"total": self.total, "distinct": len(self.keys), "last": self.last}).encode()
        if url == b"/last":
            return self.body
        if url == b"/reset":
            self.__init__()  # type: ignore[misc]
            return b"{}"
        return None


class Connection(asyncio.Protocol):
    """One connection of a peer."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._body = b""

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"idempotency-key":
            self._ledger.keys.add(value)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        ledger = self._ledger
        page = ledger.answer(self._url)
        if page is not None:
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(page), page))
            return
        ledger.total += 1
        ledger.last = time.monotonic()
        ledger.body = self._body
        self._transport.write(_OK)


async def main(port: int) -> None:
    """Serve for ever; prints the port."""
    ledger = Ledger()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(ledger), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))

# ruff: noqa: T201
"""Cost of one request in our client against aiohttp's, on one core with the peer on another.

Prints microseconds of CPU time of the client's process for each request, and their ratio. The peer is a bare asyncio
protocol that answers a fixed reply, so that it is never the bottleneck. Run: `python bench/http_client.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import aiohttp
import uvloop

from engine.clock import SystemClock
from engine.plugin import DestinationSetup, Host, Request
from plugins.http.destination import open_destination
from plugins.http.settings import HttpConnection

BODY = b'{"order":"1001","lines":[{"sku":"A-1","quantity":2}]}' * 20
REPLY = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"id":"SO-1001"}'


class Peer(asyncio.Protocol):
    """Answers as soon as a request's body is complete; requests are not pipelined and all of one length."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.buffer.endswith(BODY[-40:]) and len(self.buffer) > len(BODY):
            self.buffer = b""
            cast(asyncio.Transport, self.transport).write(REPLY)


def serve(port: multiprocessing.Queue[int]) -> None:
    pin(1)

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Peer, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(main())


def pin(core: int) -> None:
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > core:
        os.sched_setaffinity(0, {core})


async def measure(send: Callable[[], Awaitable[object]], requests: int, concurrent: int) -> float:
    """Microseconds of this process's CPU time for each request."""

    async def worker(count: int) -> None:
        for _ in range(count):
            await send()

    await worker(200)
    begun = time.process_time()
    await asyncio.gather(*(worker(requests // concurrent) for _ in range(concurrent)))
    return (time.process_time() - begun) / requests * 1e6


async def ours(url: str, requests: int, concurrent: int) -> float:
    host = Host(SystemClock(), logging.getLogger("bench"), Path("."))
    destination = open_destination(DestinationSetup("erp", HttpConnection(base_url=url), concurrent), host)
    request = Request(
        "create-order",
        {"method": "POST", "path": "/orders", "query": {}, "headers": {}},
        {"idempotency_header": "Idempotency-Key", "correlation_header": "X-Correlation-Id"},
        BODY,
        "application/json",
        "3f1c5a8e9b7d4c2f",
        30.0,
        {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x-correlation-id": "0123456789abc"},
    )
    try:
        return await measure(lambda: destination.send(request), requests, concurrent)
    finally:
        await destination.close()


async def theirs(url: str, requests: int, concurrent: int) -> float:
    headers = {
        "content-type": "application/json",
        "idempotency-key": "3f1c5a8e9b7d4c2f",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "x-correlation-id": "0123456789abc",
    }
    timeout = aiohttp.ClientTimeout(total=30)
    connector = aiohttp.TCPConnector(limit=concurrent)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def send() -> object:
            async with session.post(f"{url}/orders", data=BODY, headers=headers) as response:
                return await response.read()

        return await measure(send, requests, concurrent)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=10_000)
    arguments.add_argument("--concurrent", type=int, default=8)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    peer = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    peer.start()
    url = f"http://127.0.0.1:{port.get(timeout=10)}"
    pin(0)
    own, other = [], []
    for _ in range(options.rounds):
        own.append(uvloop.run(ours(url, options.requests, options.concurrent)))
        other.append(uvloop.run(theirs(url, options.requests, options.concurrent)))
    peer.terminate()
    mine, its = statistics.median(own), statistics.median(other)
    print(f"crossdock's client  {mine:6.1f} µs a request")
    print(f"aiohttp's client    {its:6.1f} µs a request")
    print(f"ratio               {its / mine:6.1f}")


if __name__ == "__main__":
    main()

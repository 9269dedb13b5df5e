"""The load: `wrk` for as much as a subject takes, and a steady stream whose latency counts from the intended time."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httptools
import uvloop

from pipeline.peers import PEER_CORE, Peer, cores, pinned
from pipeline.workspaces import HERE

CONNECTIONS = 64
ORDER = HERE / "order.json"
DRAIN_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk gave. `acked` orders were answered 2xx; times are monotonic seconds."""

    acked: int
    refused: int
    broken: int
    begun: float
    seconds: float
    p99: float


@dataclass(frozen=True, slots=True)
class Passed:
    """Orders that went all the way. `rate` counts to the last delivery, so that nothing is left behind."""

    acked: int
    rate: float
    ack_rate: float
    p99: float
    cpu: float


def order(number: int) -> bytes:
    """The order of that number, as the load's script makes it."""
    return ORDER.read_bytes().replace(b"@NUMBER@", b"%09d" % number)


def wrk(address: str, seconds: float, *, first: int = 0) -> Load:
    """Orders over 64 connections for so many whole seconds, numbered after `first`."""
    script = str(HERE / "orders.lua")
    options = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--timeout", "30s", "-s", script]
    command = pinned([*options, f"{address}/hooks/orders"], PEER_CORE)
    settings = {"BENCH_ORDER": str(ORDER), "BENCH_FIRST": str(first)}
    begun = time.monotonic()
    done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    acked = found["requests"] - found["refused"]
    return Load(acked, found["refused"], found["broken"], begun, found["microseconds"] / 1e6, found["p99"] / 1e3)


def pass_through(subject: Peer, sink: Peer, seconds: float, *, each: int = 1, first: int = 0) -> Passed:
    """Load a subject and wait until everything acknowledged has arrived at the sink, `each` times, none twice."""
    sink.page("/reset")
    before = subject.cpu()
    load = wrk(subject.address, seconds, first=first)
    if load.broken:
        raise SystemExit(f"the load saw {load.broken} broken connections")
    count = settle(sink, load.acked * each)
    cpu = subject.cpu() - before
    orders = count["distinct"] / each
    if count["total"] != count["distinct"]:
        raise SystemExit(f"the sink got {count['total']} deliveries of {count['distinct']} orders: some came twice")
    if not load.acked <= orders <= load.acked + CONNECTIONS:
        raise SystemExit(f"{load.acked} orders were acknowledged and {orders:.0f} delivered")
    return Passed(
        load.acked,
        load.acked / (count["last"] - load.begun),
        load.acked / load.seconds,
        load.p99,
        cpu / orders,
    )


def settle(sink: Peer, least: int, within: float = DRAIN_SECONDS) -> dict[str, float]:
    """Wait until at least so many keys have arrived and no more come; what the sink then counts."""
    deadline = time.monotonic() + within
    count, seen = sink.page("/count"), -1
    while count["distinct"] < least or count["total"] != seen:
        if time.monotonic() > deadline:
            raise SystemExit(f"{count['distinct']} of {least} deliveries arrived within {within:.0f} s")
        seen = count["total"]
        time.sleep(0.3)
        count = sink.page("/count")
    return cast(dict[str, float], count)


# -- a steady stream


class _Connection(asyncio.Protocol):
    """One request at a time; tells when its reply is complete."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream
        self._parser = httptools.HttpResponseParser(self)
        self.intended = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._stream.answered(self, self._parser.get_status_code())


class _Stream:
    """Sends on a timetable whatever the answers do; an order that finds no free connection waits, on the clock."""

    def __init__(self, host: str, total: int) -> None:
        self._head = f"POST /hooks/orders HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n".encode()
        self.free: deque[_Connection] = deque()
        self.waiting: deque[tuple[float, bytes]] = deque()
        self.latencies: list[float] = []
        self.refused = 0
        self.complete = asyncio.Event()
        self._total = total

    def send(self, intended: float, body: bytes) -> None:
        if not self.free:
            self.waiting.append((intended, body))
            return
        connection = self.free.popleft()
        connection.intended = intended
        connection.transport.write(self._head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def answered(self, connection: _Connection, status: int) -> None:
        self.latencies.append(time.monotonic() - connection.intended)
        self.refused += status >= 300
        self.free.append(connection)
        if len(self.latencies) == self._total:
            self.complete.set()
        if self.waiting:
            self.send(*self.waiting.popleft())


@dataclass(frozen=True, slots=True)
class Steady:
    """Latencies of acknowledgement in milliseconds, from the time each order was meant to be sent."""

    sent: int
    p50: float
    p99: float
    longest: float


def steady(address: str, rate: int, seconds: float, *, first: int = 0) -> Steady:
    """Orders at `rate` a second. Raises SystemExit when one is refused."""
    if cores() > 1:
        os.sched_setaffinity(0, {PEER_CORE})
    return uvloop.run(_steady(address, rate, seconds, first))


async def _steady(address: str, rate: int, seconds: float, first: int) -> Steady:
    host = urlsplit(address).netloc
    total = int(rate * seconds)
    stream = _Stream(host, total)
    loop = asyncio.get_running_loop()
    place, port = host.split(":")
    for _ in range(CONNECTIONS):
        _, connection = await loop.create_connection(lambda: _Connection(stream), place, int(port))
        stream.free.append(connection)
    bodies = [order(first + number + 1) for number in range(total)]
    begun = time.monotonic() + 0.1
    for number, body in enumerate(bodies):
        intended = begun + number / rate
        wait = intended - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        stream.send(intended, body)
    with suppress(TimeoutError):
        await asyncio.wait_for(stream.complete.wait(), 30)
    if stream.refused or len(stream.latencies) < total:
        raise SystemExit(f"{stream.refused} orders were refused, {total - len(stream.latencies)} not answered")
    found = sorted(latency * 1000 for latency in stream.latencies)
    return Steady(total, found[total // 2], found[total * 99 // 100], found[-1])

"""Starting, killing and asking an engine process; senders that behave like real ones; and what must hold afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import signal
import socket
import sqlite3
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from tests.failure.engine_process import Start
from tests.failure.nursery import Nursery
from tests.failure.shop_workspace import SECRET
from tests.peers import LedgerPeer

START_SECONDS = 40.0
POLL_SECONDS = 0.03


def free_port() -> int:
    """A port that nobody listens on, so that an engine can be started on it again and again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(holds: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
    """Poll a condition of another process."""
    deadline = time.monotonic() + seconds
    while not await holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds:.0f} s still not: {what}")
        await asyncio.sleep(POLL_SECONDS)


@dataclass(frozen=True, slots=True)
class Peers:
    """The two systems."""

    erp: LedgerPeer
    crm: LedgerPeer


class Engine:
    """One workspace's engine process, started as often as wanted on the same port and store."""

    def __init__(self, nursery: Nursery, folder: Path, both: Peers, store: str | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.store = store
        self.pid = 0
        self.starts = 0
        self._nursery = nursery
        self._variables = {"ERP_URL": both.erp.url, "CRM_URL": both.crm.url, "CROSSDOCK_SECRET_SHOP": SECRET}

    async def start(self, kill: str | None = None, drain: float = 30.0) -> None:
        """Start it. With `kill` (POINT:N) it may die before it listens; without, wait until it listens."""
        self.starts += 1
        wanted = Start(
            folder=str(self.folder),
            port=self.port,
            events=str(self._events_file),
            log=str(self.folder / "engine.log"),
            store=self.store,
            kill=kill,
            drain=drain,
            variables=self._variables,
        )
        self.pid = self._nursery.start(wanted)

        async def is_up_or_ended() -> bool:
            return self.said("started") or not self.running

        await until(is_up_or_ended, START_SECONDS, "the engine listens")
        if kill is None:
            assert self.said("started"), f"the engine did not start: {self.log()}"

    @property
    def _events_file(self) -> Path:
        return self.folder / f"events-{self.starts}.jsonl"

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the process has reported since its start."""
        if not self._events_file.exists():
            return []
        whole, _, _ = self._events_file.read_bytes().rpartition(b"\n")
        return [json.loads(line) for line in whole.splitlines()]

    def said(self, event: str) -> bool:
        """Whether it has reported an event since its start."""
        return any(line["event"] == event for line in self.events)

    @property
    def running(self) -> bool:
        return self.pid != 0 and self._nursery.poll(self.pid) is None

    def log(self) -> str:
        """The end of what it logged."""
        return (self.folder / "engine.log").read_text()[-4000:]

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def ended(self, seconds: float = 60.0) -> int:
        """Wait until it has ended; returns the exit code, negative for a signal's."""

        async def holds() -> bool:
            return not self.running

        await until(holds, seconds, f"the engine ends: {self.log()}")
        code = self._nursery.poll(self.pid)
        assert code is not None
        return code

    async def died(self, seconds: float = 60.0) -> None:
        """Wait until it has killed itself."""
        code = await self.ended(seconds)
        assert code == -signal.SIGKILL, f"ended with {code}: {self.log()}"

    async def kill(self) -> None:
        """A crash from outside."""
        if self.running:
            self.signal(signal.SIGKILL)
            await self.ended()

    async def terminate(self) -> int:
        """An orderly stop; returns the exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    async def order(self, name: str) -> dict[str, Any]:
        """An order over the control socket."""
        reader, writer = await asyncio.open_unix_connection(str(self.folder / ".crossdock" / "control.sock"))
        try:
            writer.write(json.dumps({"order": name}).encode() + b"\n")
            await writer.drain()
            answer: dict[str, Any] = json.loads(await reader.readline())
        finally:
            writer.close()
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    async def unfinished(self) -> int:
        """How many messages have not ended."""
        channels = (await self.order("status"))["channels"]
        return sum(row["count"] for row in channels if row["state"] != "dead")

    async def settled(self, seconds: float = 60.0) -> None:
        """Wait until every message has ended."""

        async def holds() -> bool:
            return await self.unfinished() == 0

        try:
            await until(holds, seconds, "every message has ended")
        except AssertionError as error:
            raise AssertionError(f"{error}; {await self.order('status')}; {self.log()}") from None

    def rss(self) -> int:
        """The process's resident memory in bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def peers(folder: Path, *, seed: int = 0, drops: float = 0.0) -> Iterator[Peers]:
    """`erp` knows no keys (only `confirm` protects it), `crm` honours them. Both drop replies, before and after."""
    before = drops / 2
    erp = LedgerPeer.start(
        folder / "erp.jsonl", seed=seed, drop_after=drops, drop_before=before, honour_keys=False, sync=False
    )
    with erp:
        crm = LedgerPeer.start(folder / "crm.jsonl", seed=seed + 1, drop_after=drops, drop_before=before, sync=False)
        with crm:
            yield Peers(erp, crm)


@contextlib.asynccontextmanager
async def running(
    nursery: Nursery, folder: Path, both: Peers, *, store: str | None = None, drain: float = 30.0
) -> AsyncIterator[Engine]:
    """An engine that listens, and is gone afterwards."""
    engine = Engine(nursery, folder, both, store)
    await engine.start(drain=drain)
    try:
        yield engine
    finally:
        await engine.kill()


# -- senders


@dataclass(slots=True)
class Sender:
    """Posts orders as a web shop does: each again until it is answered 2xx, the revisions of a number in order."""

    url: str
    ids: dict[tuple[str, int], str] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    broken: int = 0

    def session(self) -> aiohttp.ClientSession:
        """Connections to post over."""
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def series(self, session: aiohttp.ClientSession, number: str, revisions: range, **more: Any) -> None:
        """The revisions of one number in their order."""
        for revision in revisions:
            await self.post(session, number, revision, **more)

    async def post(self, session: aiohttp.ClientSession, number: str, revision: int, **more: Any) -> None:
        """One order, until it is acknowledged."""
        body = json.dumps({"number": number, "revision": revision, **more}).encode()
        signed = revision % 2 == 0
        headers = {"Content-Type": "application/json"}
        if signed:
            headers["X-Signature"] = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        url = f"{self.url}/hooks/{'signed' if signed else 'open'}"
        deadline = time.monotonic() + 120
        while True:
            assert time.monotonic() < deadline, f"{number}/{revision} was never taken: {dict(self.statuses)}"
            try:
                async with session.post(url, data=body, headers=headers) as answer:
                    said = await answer.text()
            except (aiohttp.ClientError, ConnectionError, TimeoutError):
                self.broken += 1
                await asyncio.sleep(POLL_SECONDS)
                continue
            self.statuses[answer.status] += 1
            if 200 <= answer.status < 300:
                self.ids[number, revision] = answer.headers["Location"]
                return
            assert answer.status in (429, 503), f"{number}/{revision}: {answer.status} {said}"
            assert "Retry-After" in answer.headers
            await asyncio.sleep(POLL_SECONDS)

    async def load(self, prefix: str, numbers: int, revisions: int, **more: Any) -> None:
        """So many numbers at once, each with so many revisions."""
        async with self.session() as session, asyncio.TaskGroup() as group:
            for index in range(numbers):
                group.create_task(self.series(session, f"{prefix}-{index}", range(1, revisions + 1), **more))

    async def load_until(self, prefix: str, numbers: int, revisions: int, ended: asyncio.Event) -> None:
        """So many numbers at once: so many revisions as fast as they are taken, then one now and then until the end."""
        async with self.session() as session, asyncio.TaskGroup() as group:
            for index in range(numbers):
                group.create_task(self._on_and_on(session, f"{prefix}-{index}", revisions, ended))

    async def _on_and_on(
        self, session: aiohttp.ClientSession, number: str, revisions: int, ended: asyncio.Event
    ) -> None:
        revision = 0
        while revision < revisions or not ended.is_set():
            revision += 1
            await self.post(session, number, revision)
            if revision >= revisions:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await ended.wait()


# -- what must hold


def effects(peer: LedgerPeer, path: str) -> list[tuple[str, int]]:
    """The orders that had an effect at a path, in its order."""
    return [(effect.document["number"], effect.document["revision"]) for effect in peer.ledger().of(path)]


def assert_each_once(found: list[tuple[str, int]], wanted: set[tuple[str, int]], path: str) -> None:
    """Nothing lost, nothing doubled, nothing invented, and each number's revisions in their order."""
    lost = wanted - set(found)
    invented = set(found) - wanted
    doubled = sorted(order for order in set(found) if found.count(order) > 1) if len(set(found)) < len(found) else []
    assert not lost, f"{path}: lost {sorted(lost)[:10]}"
    assert not invented, f"{path}: without an order {sorted(invented)[:10]}"
    assert not doubled, f"{path}: twice {doubled[:10]}"
    last: dict[str, int] = {}
    for number, revision in found:
        assert revision > last.get(number, 0), f"{path}: {number}/{revision} came after {last[number]}"
        last[number] = revision


def assert_effects(both: Peers, good: Sender, refused: Sender | None = None) -> None:
    """Each acknowledged order had each of its effects once and in order; each refused one was taken back."""
    wanted, back = set(good.ids), set(refused.ids) if refused is not None else set()
    assert_each_once(effects(both.erp, "/book"), wanted | back, "/book")
    assert_each_once(effects(both.erp, "/unbook"), back, "/unbook")
    assert_each_once(effects(both.erp, "/notify"), wanted, "/notify")
    assert_each_once(effects(both.crm, "/announce"), wanted, "/announce")


_HELD = "state IN ('ready', 'waiting', 'running', 'parked')"
INVARIANTS = {
    "unfinished messages": f"SELECT count(*) FROM message WHERE {_HELD}",
    "leases": "SELECT count(*) FROM message WHERE lease IS NOT NULL OR lease_until IS NOT NULL",
    "messages that hold a lane": "SELECT count(*) FROM message WHERE blocks = 1 AND state <> 'dead'",
    "settled messages without a time": f"SELECT count(*) FROM message WHERE NOT ({_HELD}) AND settled_at IS NULL",
    "messages without their payload": (
        "SELECT count(*) FROM message m WHERE NOT EXISTS (SELECT 1 FROM payload p WHERE p.digest = m.payload)"
    ),
}
DEAD = "SELECT count(*) FROM message WHERE state = 'dead'"
"""Sentences about the store's tables that hold whenever nothing is under way: each counts to 0."""


def assert_sqlite_whole(folder: Path, *, dead: int = 0) -> None:
    """The stopped store: everything settled, no lease left, and the file itself is sound."""
    connection = sqlite3.connect(folder / ".crossdock" / "store.db")
    try:
        for what, sql in INVARIANTS.items():
            assert connection.execute(sql).fetchone()[0] == 0, what
        assert connection.execute(DEAD).fetchone()[0] == dead
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        ids = [row[0] for row in connection.execute("SELECT id FROM message")]
        assert len(ids) == len(set(ids))
    finally:
        connection.close()


async def assert_postgres_whole(dsn: str, schema: str, *, dead: int = 0) -> None:
    """The same of a schema."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": schema})
    try:
        for what, sql in INVARIANTS.items():
            assert await connection.fetchval(sql) == 0, what
        assert await connection.fetchval(DEAD) == dead
    finally:
        await connection.close()

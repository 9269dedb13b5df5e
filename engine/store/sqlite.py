"""The embedded MessageStore: one SQLite file, one process, group commit with `synchronous=FULL`.

The statements of a batch run on the event loop's thread and only its commit, the wait for the disk, on the writer's
thread: a thread that runs many short statements beside a busy loop loses the interpreter after each of them (see
docs/adr/0008-group-commit.md). Chores and batches that meet a foreign lock run on the writer's thread as a whole, and
payload files are written there.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from engine.clock import Clock
from engine.errors import StoreIncompatible, StoreUnavailable
from engine.ids import IdGenerator
from engine.store.addresses import Addresses
from engine.store.batching import Batcher, Job
from engine.store.lock_file import LockFile
from engine.store.migrations import check_meta, missing_steps
from engine.store.operations.base import Batch, Operation, Settings
from engine.store.payload_files import PayloadFiles
from engine.store.queries import Queries
from engine.store.sqlite_connection import (
    MINIMUM_VERSION,
    Runner,
    Writer,
    connect,
    quick_lookup,
    read_snapshot,
    unavailable,
)
from engine.store.store import OperationStore

T = TypeVar("T")

FILE_ABOVE = 256 * 1024
BATCH_LIMIT = 128
READERS = 2


class SqliteStore(OperationStore):
    """See MessageStore; opened by `open_sqlite`."""

    def __init__(self, path: Path, lock: LockFile, clock: Clock, settings: Settings, busy: float) -> None:
        self.path = path
        self._lock = lock
        self._clock = clock
        self._settings = settings
        self._queries = Queries("sqlite")
        self._files = PayloadFiles(payload_folder(path))
        connection = connect(path, busy=busy)
        connection.execute(self._queries["end_leases"])
        last_id = connection.execute(self._queries["last_id"]).fetchone()[0]
        self._ids = IdGenerator(clock, after=last_id)
        self._addresses = Addresses()
        self._token = secrets.randbits(60)
        self._writer = Writer(connection, self._queries, self._files, self._new_batch, busy)
        self._writer.sweep()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._open_readers: list[sqlite3.Connection] = []
        self._batcher = Batcher(self._run, limit=BATCH_LIMIT)

    def _new_batch(self) -> Batch:
        self._token += 1
        return Batch(
            now=self._clock.now(),
            ids=self._ids,
            addresses=self._addresses,
            token=self._token,
            settings=self._settings,
            read_file=self._files.read,
        )

    def new_id(self) -> int:
        return self._ids.next()

    async def _write(self, operation: Operation[T]) -> T:
        return await self._batcher.submit(operation)

    async def _run(self, jobs: Sequence[Job]) -> None:
        """One batch: its statements here, its commit on the writer's thread."""
        try:
            if jobs[0].operation.chore or not self._writer.begin():
                await self._in_thread(self._writer.whole, jobs)
            else:
                self._writer.execute(jobs)
                await self._in_thread(self._writer.commit)
        except Exception as error:
            outside = unavailable(error)
            if outside is not None:
                raise outside from error
            await self._in_thread(self._writer.one_by_one, jobs)

    async def _in_thread(self, call: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *args)

    async def _read(self, operation: Operation[T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._read_here, operation)
        except RuntimeError as error:
            raise StoreUnavailable(f"the store is closed: {error}") from error

    def _read_here(self, operation: Operation[T]) -> T:
        runner: Runner | None = getattr(self._local, "runner", None)
        if runner is None:
            connection = connect(self.path, read_only=True)
            self._open_readers.append(connection)
            runner = self._local.runner = Runner(connection, self._queries)
        batch = Batch(
            now=self._clock.now(),
            ids=self._ids,
            addresses=self._addresses,
            token=0,
            settings=self._settings,
            read_file=self._files.read,
        )
        return read_snapshot(runner, operation, batch)

    async def close(self) -> None:
        """Finish the commits under way, fold the log into the file and let the next process in."""
        await self._batcher.close()
        self._readers.shutdown(wait=True)
        self._thread.shutdown(wait=True)
        for connection in self._open_readers:
            connection.close()
        self._writer.close()
        self._lock.release()


def payload_folder(path: Path) -> Path:
    """Where a store's large payloads lie."""
    return path.with_name(path.name + ".payloads")


async def open_sqlite(
    path: str | Path,
    *,
    workspace: str,
    clock: Clock,
    lease: float = 60.0,
    file_above: int = FILE_ABOVE,
    busy: float = 5.0,
) -> SqliteStore:
    """Open the store of a workspace, made when it is not there.

    `lease` and `busy` (the wait for a lock that a foreign tool holds) are seconds, `file_above` bytes. Messages that
    were running are returned by the first `rescue()`. Raises StoreLocked, StoreIncompatible or StoreUnavailable.
    """
    settings = Settings(lease=lease, file_above=file_above)
    place = Path(path)
    return await asyncio.to_thread(_open, place, workspace, clock, settings, busy)


def _open(path: Path, workspace: str, clock: Clock, settings: Settings, busy: float) -> SqliteStore:
    lock = _lock(path)
    try:
        _prepare(path, workspace, busy, migrate=False)
        return SqliteStore(path, lock, clock, settings, busy)
    except BaseException as error:
        lock.release()
        outside = unavailable(error)
        if outside is not None:
            raise outside from error
        raise


def _lock(path: Path) -> LockFile:
    if sqlite3.sqlite_version_info < MINIMUM_VERSION:
        wanted = ".".join(str(part) for part in MINIMUM_VERSION)
        raise StoreIncompatible(f"SQLite {sqlite3.sqlite_version} is too old for the store; {wanted} is needed")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return LockFile(path)
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error}") from error


def _prepare(path: Path, workspace: str, busy: float, *, migrate: bool) -> list[int]:
    """Make a new store, check an old one, or move it forward; returns the versions that were added."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = connect(path, busy=busy)
    try:
        known = quick_lookup(connection, "SELECT 1 FROM sqlite_master WHERE name = 'meta'")
        meta = _read_meta(connection) if known else {}
        version = int(meta.get("schema", "0"))
        steps = missing_steps("sqlite", version) if migrate or not known else ()
        for step in steps:
            note = f"INSERT OR REPLACE INTO meta VALUES ('schema', '{step.version}')"
            connection.executescript(f"BEGIN IMMEDIATE;\n{step.sql};\n{note};\nCOMMIT;")
        if not known:
            connection.execute("INSERT INTO meta VALUES ('workspace', ?)", (workspace,))
        meta = _read_meta(connection)
        check_meta(str(path), "sqlite", meta, workspace)
        return [step.version for step in steps]
    finally:
        connection.close()


def _read_meta(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(quick_lookup(connection, "SELECT name, value FROM meta"))


async def migrate_sqlite(path: str | Path, *, workspace: str) -> tuple[int, ...]:
    """Move a store forward to this program's schema; returns the versions added. Takes the exclusive lock."""
    place = Path(path)

    def migrate() -> tuple[int, ...]:
        lock = _lock(place)
        try:
            return tuple(_prepare(place, workspace, 5.0, migrate=True))
        finally:
            lock.release()

    return await asyncio.to_thread(migrate)

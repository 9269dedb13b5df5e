"""SQLite underneath the operations: connections, transactions, and which errors mean "try again later"."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import StoreUnavailable
from engine.store.batching import Job
from engine.store.operations.base import FLUSH, Batch, Operation, Rows, Steps
from engine.store.payload_files import PayloadFiles
from engine.store.queries import Queries

T = TypeVar("T")

MINIMUM_VERSION = (3, 37, 0)
_OUTSIDE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


def unavailable(error: BaseException) -> StoreUnavailable | None:
    """The error as StoreUnavailable when disk, lock or memory caused it; None when the operation itself did."""
    if isinstance(error, StoreUnavailable):
        return error
    if isinstance(error, OSError):
        return StoreUnavailable(f"the store's disk: {error}")
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in _OUTSIDE:
            return StoreUnavailable(f"the store's database: {error} ({error.sqlite_errorname})")
    return None


def connect(path: Path, *, read_only: bool = False, busy: float = 5.0) -> sqlite3.Connection:
    """A connection in WAL mode that flushes at every commit. `busy` is how many seconds a lock is waited for."""
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"file:{_quoted(path)}?mode={mode}",
        uri=True,
        timeout=busy,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    # readers look at little, or at everything once: what they kept would only grow with the backlog
    connection.execute(f"PRAGMA cache_size = {-4096 if read_only else -65536}")
    connection.execute("PRAGMA temp_store = MEMORY")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    else:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute("PRAGMA journal_size_limit = 67108864")
    return connection


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


class Runner:
    """Runs operations' generators on one connection."""

    def __init__(self, connection: sqlite3.Connection, queries: Queries) -> None:
        self.connection = connection
        self._queries = queries

    def run(self, operation: Operation[T], batch: Batch) -> T:
        """One operation from beginning to end, inside whatever transaction is open."""
        steps: Steps[T] = operation.start(batch)
        execute = self.connection.execute
        queries = self._queries
        try:
            name, params = next(steps)
            while True:
                if name == FLUSH[0]:
                    self.flush(batch)
                    rows: Rows = ()
                else:
                    cursor = execute(queries[name], params)
                    # who changes rows and returns none may be asked how many
                    rows = cursor.fetchall() or ((),) * cursor.rowcount
                name, params = steps.send(rows)
        except StopIteration as stop:
            result: T = stop.value
            return result

    def flush(self, batch: Batch) -> None:
        """Write what the batch has collected."""
        for name, rows in batch.take_rows():
            if len(rows) == 1:
                self.connection.execute(self._queries[name], rows[0])
            else:
                self.connection.executemany(self._queries[name], rows)


class Writer:
    """The one writing connection: batches as transactions. Used by one thread at a time."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        queries: Queries,
        files: PayloadFiles,
        new_batch: Callable[[], Batch],
        busy: float,
    ) -> None:
        self._connection = connection
        self._busy_ms = int(busy * 1000)
        self._wait_for_locks(0)
        self._runner = Runner(connection, queries)
        self._files = files
        self._new_batch = new_batch
        self._batch: Batch | None = None

    def begin(self) -> bool:
        """Open a transaction without waiting; False when a foreign tool holds the database."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise
        return True

    def execute(self, jobs: Sequence[Job]) -> None:
        """Run the jobs in the transaction, left open for `commit`; rolled back when anything raises."""
        try:
            batch = self._batch = self._new_batch()
            for job in jobs:
                job.result = self._runner.run(job.operation, batch)
            self._runner.flush(batch)
        except BaseException:
            self.roll_back()
            raise

    def commit(self) -> None:
        """Put the open transaction on disk: payload files first, then the rows that name them."""
        try:
            batch = self._batch
            if batch is not None:
                for address, body in batch.files.items():
                    self._files.write(address, body)
            self._connection.execute("COMMIT")
        except BaseException:
            self.roll_back()
            raise
        self._batch = None
        if batch is not None:
            for address in batch.unlink:
                self._files.unlink(address)

    def roll_back(self) -> None:
        self._batch = None
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def whole(self, jobs: Sequence[Job]) -> None:
        """Transaction and commit in one; may wait for a lock, so not for the event loop's thread."""
        self._wait_for_locks(self._busy_ms)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        finally:
            self._wait_for_locks(0)
        self.execute(jobs)
        self.commit()

    def one_by_one(self, jobs: Sequence[Job]) -> None:
        """After a batch failed: each job in a transaction of its own, so that a bad one fails alone."""
        for job in jobs:
            job.result = None
            try:
                self.whole((job,))
            except Exception as error:
                job.error = unavailable(error) or error

    def _wait_for_locks(self, milliseconds: int) -> None:
        self._connection.execute(f"PRAGMA busy_timeout = {milliseconds}")

    def sweep(self) -> int:
        """Remove payload files that no row names."""
        return self._files.sweep(self._is_named)

    def _is_named(self, address: bytes) -> bool:
        return bool(quick_lookup(self._connection, "SELECT 1 FROM payload WHERE digest = ? AND place = 1", address))

    def close(self) -> None:
        self._connection.close()


def read_snapshot(runner: Runner, operation: Operation[T], batch: Batch) -> T:
    """One reading operation over one snapshot of the store."""
    try:
        runner.connection.execute("BEGIN")
        try:
            return runner.run(operation, batch)
        finally:
            runner.connection.execute("ROLLBACK")
    except Exception as error:
        outside = unavailable(error)
        if outside is not None:
            raise outside from error
        raise


def quick_lookup(connection: sqlite3.Connection, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Rows of a statement outside the operations (opening and migrating)."""
    return connection.execute(sql, params).fetchall()

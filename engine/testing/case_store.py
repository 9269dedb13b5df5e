"""The store of a case: the SQL and the operations of the SQLite store, on a database that lies in memory.

Nothing of a case has to outlive it, so nothing waits for a disk or for another thread: each operation is a transaction
of its own, done when the call returns. One database serves one case after the other and is emptied in between.
"""

from __future__ import annotations

import sqlite3
from typing import TypeVar

from engine.clock import Clock
from engine.ids import IdGenerator
from engine.store.addresses import Addresses
from engine.store.migrations import migrations
from engine.store.operations.base import Batch, Operation, Settings
from engine.store.queries import Queries
from engine.store.sqlite_connection import Runner
from engine.store.store import OperationStore

T = TypeVar("T")

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


class CaseDatabase:
    """A database with the newest schema, and nothing in it but what belongs to the schema itself."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256)
        for step in migrations("sqlite"):
            self.connection.executescript(step.sql)
        tables = [name for (name,) in self.connection.execute(_TABLES)]
        self._filled = [name for name in tables if not self.connection.execute(f'SELECT 1 FROM "{name}"').fetchone()]
        self.runner = Runner(self.connection, Queries("sqlite"))

    def empty(self) -> None:
        """Forget the last case."""
        for name in self._filled:
            self.connection.execute(f'DELETE FROM "{name}"')

    def close(self) -> None:
        """Let go of the memory."""
        self.connection.close()


class CaseStore(OperationStore):
    """See MessageStore; for one case at a time."""

    def __init__(self, database: CaseDatabase, clock: Clock) -> None:
        database.empty()
        self._database = database
        self._clock = clock
        self._ids = IdGenerator(clock, node=0)
        self._addresses = Addresses()
        self._settings = Settings()
        self._token = 0

    def new_id(self) -> int:
        return self._ids.next()

    async def _write(self, operation: Operation[T]) -> T:
        connection, runner = self._database.connection, self._database.runner
        self._token += 1
        batch = self._batch()
        connection.execute("BEGIN")
        try:
            result = runner.run(operation, batch)
            runner.flush(batch)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return result

    async def _read(self, operation: Operation[T]) -> T:
        return self._database.runner.run(operation, self._batch())

    def _batch(self) -> Batch:
        return Batch(
            now=self._clock.now(),
            ids=self._ids,
            addresses=self._addresses,
            token=self._token,
            settings=self._settings,
            read_file=_no_file,
        )

    async def close(self) -> None:
        """The database is the next case's."""


def _no_file(digest: bytes) -> bytes | None:
    """Payloads of every size lie in their rows."""
    return None

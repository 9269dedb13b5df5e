"""PostgreSQL underneath the operations: connections, shared transactions, and which errors mean "try again later"."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import asyncpg  # type: ignore[import-untyped]

from engine.errors import StoreUnavailable
from engine.store.encoding import to_json
from engine.store.migrations import check_meta, missing_steps
from engine.store.operations.base import FLUSH, Batch, Operation, Rows, Steps
from engine.store.queries import Queries

T = TypeVar("T")

CONTENTION = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InternalClientError,
    OSError,
    asyncio.TimeoutError,
    asyncpg.InterfaceError,
)
_STATUS_TRIES = 20


class Connection(Protocol):
    """What is used of asyncpg's connection, which comes without types."""

    async def fetch(self, query: str, *args: Any) -> list[Any]: ...
    async def execute(self, query: str, *args: Any) -> str: ...
    async def executemany(self, command: str, args: Sequence[Any]) -> None: ...
    async def add_listener(self, channel: str, callback: Callable[..., None]) -> None: ...
    def transaction(self, *, isolation: str | None = None, readonly: bool = False) -> Any: ...
    def get_server_pid(self) -> int: ...
    def is_closed(self) -> bool: ...
    def terminate(self) -> None: ...
    async def close(self) -> None: ...


def is_lost(error: BaseException) -> bool:
    """Whether the database was out of reach or room, or let nobody in. The driver's complaints about values are not."""
    return isinstance(error, (StoreUnavailable, *LOST)) and not isinstance(error, ValueError)


def unavailable(error: BaseException) -> StoreUnavailable:
    """A lost connection, a full disk or a server that is going down, as the caller sees it."""
    if isinstance(error, StoreUnavailable):
        return error
    return StoreUnavailable(f"the store's database: {type(error).__name__}: {error}")


async def connect(dsn: str, schema: str) -> Connection:
    """A connection whose names are looked up in the schema."""
    connection: Connection = await asyncpg.connect(dsn, server_settings=_session(schema), statement_cache_size=300)
    return connection


async def connect_readers(dsn: str, schema: str, count: int) -> Any:
    """A pool of connections for reading."""
    return await asyncpg.create_pool(
        dsn, min_size=0, max_size=count, server_settings=_session(schema), statement_cache_size=300
    )


def _session(schema: str) -> dict[str, str]:
    return {"search_path": f'"{schema}"', "synchronous_commit": "on"}


async def run(connection: Connection, queries: Queries, operation: Operation[T], batch: Batch) -> T:
    """One operation from beginning to end, inside whatever transaction is open."""
    steps: Steps[T] = operation.start(batch)
    try:
        name, params = next(steps)
        while True:
            if name == FLUSH[0]:
                await flush(connection, queries, batch)
                rows: Rows = ()
            else:
                rows = await connection.fetch(queries[name], *params)
            name, params = steps.send(rows)
    except StopIteration as stop:
        result: T = stop.value
        return result


async def flush(connection: Connection, queries: Queries, batch: Batch) -> None:
    """Write what the batch has collected."""
    for name, rows in batch.take_rows():
        if len(rows) == 1:
            await connection.fetch(queries[name], *rows[0])
        else:
            await connection.executemany(queries[name], rows)


class Transaction:
    """One shared transaction: everything that it will decide on is locked, in one order, before it begins to decide."""

    def __init__(self, connection: Connection, queries: Queries) -> None:
        self._connection = connection
        self._queries = queries
        self.number = ""

    async def begin(
        self, operations: Sequence[Operation[Any]], new_batch: Callable[[float, list[int]], Batch]
    ) -> Batch:
        """Begin, lock, draw the positions; the store's clock is the database's."""
        locks = [operation.locks() for operation in operations]
        await self._connection.execute("BEGIN")
        now, self.number = (await self._connection.fetch(self._queries["begin_batch"]))[0]
        names = {name for lock in locks for name in lock.names}
        messages = sorted({message_id for lock in locks for message_id in lock.messages})
        if messages:
            names.update(row[0] for row in await self._connection.fetch(self._queries["batch_lanes"], messages))
        if names:
            await self._connection.fetch(self._queries["lock_names"], to_json(sorted(names)))
        count = sum(lock.positions for lock in locks)
        drawn = await self._connection.fetch(self._queries["draw_positions"], count) if count else []
        return new_batch(now, [row[0] for row in drawn])

    async def flush(self, batch: Batch) -> None:
        await flush(self._connection, self._queries, batch)

    async def commit(self) -> None:
        await self._connection.execute("COMMIT")

    async def roll_back(self) -> None:
        """Leave nothing behind; a connection that cannot even do that is thrown away."""
        if self._connection.is_closed():
            return
        try:
            await self._connection.execute("ROLLBACK")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            self._connection.terminate()


async def was_committed(connection: Connection, queries: Queries, number: str) -> bool:
    """What became of a commit whose answer was lost. A session that still works on it is waited for, briefly."""
    for _ in range(_STATUS_TRIES):
        status = (await connection.fetch(queries["transaction_status"], number))[0][0]
        if status != "in progress":
            return bool(status == "committed")
        await connection.execute("SELECT pg_sleep(0.1)")
    return False


async def prepare_schema(dsn: str, schema: str, workspace: str) -> None:
    """Make a new store, or check an old one."""
    await _prepare(dsn, schema, workspace, migrate=False)


async def migrate_schema(dsn: str, schema: str, workspace: str) -> tuple[int, ...]:
    """Move an old store forward; returns the versions that were added."""
    return await _prepare(dsn, schema, workspace, migrate=True)


async def _prepare(dsn: str, schema: str, workspace: str, *, migrate: bool) -> tuple[int, ...]:
    connection = await connect(dsn, schema)
    try:
        async with connection.transaction():
            await connection.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"crossdock:{schema}")
            known = (await connection.fetch("SELECT to_regclass($1)", f'"{schema}".meta'))[0][0]
            meta = await _read_meta(connection) if known else {}
            version = int(meta.get("schema", "0"))
            steps = missing_steps("postgres", version) if migrate or not known else ()
            if not known:
                await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            for step in steps:
                await connection.execute(step.sql)
                await _put_meta(connection, "schema", str(step.version))
            if not known:
                await _put_meta(connection, "workspace", workspace)
            check_meta(f"schema {schema}", "postgres", await _read_meta(connection), workspace)
            return tuple(step.version for step in steps)
    finally:
        await connection.close()


async def _read_meta(connection: Connection) -> dict[str, str]:
    return {row[0]: row[1] for row in await connection.fetch("SELECT name, value FROM meta")}


async def _put_meta(connection: Connection, name: str, value: str) -> None:
    await connection.execute(
        "INSERT INTO meta VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value
    )

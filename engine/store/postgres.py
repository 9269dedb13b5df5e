"""The MessageStore on PostgreSQL: several processes on one store, each with group commit.

Order and claims hold over processes by advisory locks on what a batch decides about (lanes, claims, keys of waiting
messages), taken in one order before positions are drawn. Work is claimed with SKIP LOCKED; NOTIFY wakes the others.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from engine.clock import Clock
from engine.errors import StoreUnavailable
from engine.ids import IdGenerator
from engine.store.addresses import Addresses
from engine.store.batching import Batcher, Job
from engine.store.operations.base import Batch, Operation, Settings
from engine.store.postgres_connection import (
    CONTENTION,
    LOST,
    Connection,
    Transaction,
    connect,
    connect_readers,
    is_lost,
    migrate_schema,
    prepare_schema,
    run,
    unavailable,
    was_committed,
)
from engine.store.queries import Queries
from engine.store.seat import NUMBER_BITS, Seat
from engine.store.store import OperationStore

T = TypeVar("T")

BATCH_LIMIT = 64
READERS = 4
TRIES = 5
NOTIFY_BYTES = 7000
TOKEN_BITS = 32
"""A process's tokens: its number, and so many bits that count its batches."""

OnNotify = Callable[[tuple[str, ...]], None]


class PostgresStore(OperationStore):
    """See MessageStore; opened by `open_postgres`."""

    def __init__(
        self,
        dsn: str,
        schema: str,
        queries: Queries,
        clock: Clock,
        settings: Settings,
        on_notify: OnNotify | None,
        seat: Seat | None,
    ) -> None:
        self.schema = schema
        self._dsn = dsn
        self._queries = queries
        self._clock = clock
        self._settings = settings
        self._on_notify = on_notify
        self._notify_channel = f"crossdock_{schema}"[:63]
        self._ids = IdGenerator(clock)
        self._addresses = Addresses()
        self._seat = seat
        number = seat.number if seat is not None else secrets.randbits(NUMBER_BITS)
        self._token = number << TOKEN_BITS
        self._connection: Connection | None = None
        self._listener: Connection | None = None
        self._pool: Any = None
        self._batcher = Batcher(self._run, limit=BATCH_LIMIT)

    async def open(self) -> None:
        """Connect; ids go on after the highest there is. The leases of our seat's predecessor end."""
        connection = await self._writer()
        if self._seat is not None:
            await self._succeed(connection, self._seat)
        rows = await connection.fetch(self._queries["last_id"])
        self._ids = IdGenerator(self._clock, after=rows[0][0])
        self._pool = await connect_readers(self._dsn, self.schema, READERS)

    async def _succeed(self, connection: Connection, seat: Seat) -> None:
        """Our number is noted last: a process that dies before that has leased nothing, and its predecessor's count."""
        if seat.predecessor is not None:
            first = seat.predecessor << TOKEN_BITS
            await connection.fetch(self._queries["end_leases"], first, first + (1 << TOKEN_BITS) - 1)
        seat.note()

    # -- writing

    def new_id(self) -> int:
        return self._ids.next()

    async def _write(self, operation: Operation[T]) -> T:
        return await self._batcher.submit(operation)

    async def _run(self, jobs: Sequence[Job]) -> None:
        try:
            await self._with_retries(jobs)
        except Exception as error:
            if is_lost(error):
                await self._drop_connection()
                raise unavailable(error) from error
            await self._one_by_one(jobs)

    async def _one_by_one(self, jobs: Sequence[Job]) -> None:
        """After a batch failed: each job in a transaction of its own, so that a bad one fails alone."""
        for job in jobs:
            job.result = None
            try:
                await self._with_retries((job,))
            except Exception as error:
                if is_lost(error):
                    await self._drop_connection()
                job.error = unavailable(error) if is_lost(error) else error

    async def _with_retries(self, jobs: Sequence[Job]) -> None:
        """Run the batch again when it was in the way of another one."""
        for tries_left in range(TRIES - 1, -1, -1):
            try:
                await self._transaction(jobs)
            except CONTENTION as error:
                if not tries_left:
                    raise StoreUnavailable(f"the store is contended: {error}") from error
            else:
                return

    async def _transaction(self, jobs: Sequence[Job]) -> None:
        connection = await self._writer()
        transaction = Transaction(connection, self._queries)
        try:
            batch = await transaction.begin([job.operation for job in jobs], self._new_batch)
            for job in jobs:
                job.result = await run(connection, self._queries, job.operation, batch)
            await transaction.flush(batch)
            await self._notify(connection, batch)
        except BaseException:
            await transaction.roll_back()
            raise
        try:
            await transaction.commit()
        except LOST:
            await self._drop_connection()
            if not await was_committed(await self._writer(), self._queries, transaction.number):
                raise

    def _new_batch(self, now: float, positions: list[int]) -> Batch:
        self._token += 1
        return Batch(
            now=now,
            ids=self._ids,
            addresses=self._addresses,
            token=self._token,
            settings=self._settings,
            read_file=_no_file,
            positions=positions,
        )

    async def _notify(self, connection: Connection, batch: Batch) -> None:
        """Tell the other replicas which channels have work, in the same commit."""
        names: list[str] = []
        size = 0
        for name in sorted(batch.ready):
            if names and size + len(name) > NOTIFY_BYTES:
                await connection.fetch(self._queries["notify"], self._notify_channel, json.dumps(names))
                names, size = [], 0
            names.append(name)
            size += len(name.encode()) + 4
        if names:
            await connection.fetch(self._queries["notify"], self._notify_channel, json.dumps(names))

    # -- connections

    async def _writer(self) -> Connection:
        connection = self._connection
        if connection is None or connection.is_closed():
            connection = self._connection = await connect(self._dsn, self.schema)
        if self._on_notify is not None and (self._listener is None or self._listener.is_closed()):
            self._listener = await connect(self._dsn, self.schema)
            await self._listener.add_listener(self._notify_channel, self._heard)
        return connection

    def _heard(self, _connection: object, pid: int, _channel: str, payload: object) -> None:
        own = self._connection
        if self._on_notify is None or (own is not None and not own.is_closed() and pid == own.get_server_pid()):
            return
        self._on_notify(tuple(json.loads(str(payload))))

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            connection.terminate()

    # -- reading

    async def _read(self, operation: Operation[T]) -> T:
        pool = self._pool
        if pool is None:
            raise StoreUnavailable("the store is closed")
        batch = Batch(
            now=self._clock.now(),
            ids=self._ids,
            addresses=self._addresses,
            token=0,
            settings=self._settings,
            read_file=_no_file,
        )
        try:
            async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
                return await run(connection, self._queries, operation, batch)
        except LOST as error:
            raise unavailable(error) from error

    async def close(self) -> None:
        """Finish the commits under way and disconnect."""
        await self._batcher.close()
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()
        for connection in (self._listener, self._connection):
            if connection is not None and not connection.is_closed():
                await connection.close()
        if self._seat is not None:
            self._seat.release()


def _no_file(_address: bytes) -> bytes | None:
    """Payloads are rows here: a file would not be seen by the other replicas."""
    return None


async def open_postgres(
    dsn: str,
    *,
    schema: str,
    workspace: str,
    clock: Clock,
    lease: float = 60.0,
    on_notify: Callable[[tuple[str, ...]], Any] | None = None,
    seat: Path | None = None,
) -> PostgresStore:
    """Open the store of a workspace in a schema of a database, made when it is not there.

    `lease` is in seconds of the database's clock. `on_notify` is called in the event loop with the channels in which
    another process has made work ready. `seat` is a file of ours in a folder from which one process runs: messages that
    its predecessor there was running are returned by the first `rescue()`. Raises StoreLocked where that one still
    runs, StoreIncompatible or StoreUnavailable.
    """
    queries = Queries("postgres", numbered=True)
    taken: Seat | None = None
    try:
        taken = Seat(seat) if seat is not None else None
        await prepare_schema(dsn, schema, workspace)
        store = PostgresStore(dsn, schema, queries, clock, Settings(lease=lease), on_notify, taken)
        await store.open()
    except BaseException as error:
        if taken is not None:
            taken.release()
        if isinstance(error, LOST):
            raise unavailable(error) from error
        raise
    return store


async def migrate_postgres(dsn: str, *, schema: str, workspace: str) -> tuple[int, ...]:
    """Move a store forward to this program's schema; returns the versions added."""
    try:
        return await migrate_schema(dsn, schema, workspace)
    except LOST as error:
        raise unavailable(error) from error

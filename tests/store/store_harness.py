"""Opening the same store, on either database, as often as a test wants to; and short ways to say what is stored."""

from __future__ import annotations

import os
import sqlite3
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from engine.clock import ManualClock
from engine.message import Lease, Message, State
from engine.outcome import Completed, Dead, Failure, Outcome, Parked, Retry, WaitFor
from engine.store.addresses import is_address_of
from engine.store.postgres import open_postgres
from engine.store.records import (
    Append,
    Appended,
    Attempt,
    Claim,
    JournalEntry,
    JournalKind,
    NewMessage,
    Progress,
    Recorded,
    Requeue,
    Requeued,
    Settlement,
    Wake,
)
from engine.store.sqlite import open_sqlite
from engine.store.store import OperationStore

DSN = os.environ.get("CROSSDOCK_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
T0 = 1_760_000_000.0


@dataclass
class Harness:
    """One store in one place. `open` may be called several times on PostgreSQL: each is another replica."""

    kind: str
    folder: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(T0))
    schema: str = field(default_factory=lambda: f"store_{uuid.uuid4().hex[:12]}")
    stores: list[OperationStore] = field(default_factory=list)

    async def open(self, workspace: str = "test", **options: Any) -> OperationStore:
        store: OperationStore
        if self.kind == "sqlite":
            store = await open_sqlite(self.folder / "store.db", workspace=workspace, clock=self.clock, **options)
        else:
            store = await open_postgres(DSN, schema=self.schema, workspace=workspace, clock=self.clock, **options)
        self.stores.append(store)
        return store

    async def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """A statement past the store, as somebody with a database tool would run it."""
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self.folder / "store.db")) as database, database:
                return database.execute(sql).fetchall()
        connection = await asyncpg.connect(DSN, server_settings={"search_path": self.schema})
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    async def address(self, body: bytes) -> bytes:
        """Where these bytes lie; an address of nothing when they lie nowhere."""
        found = [
            bytes(row[0]) for row in await self.execute("SELECT digest FROM payload") if is_address_of(row[0], body)
        ]
        return found[-1] if found else b"nowhere"

    async def close(self) -> None:
        for store in self.stores:
            await store.close()
        self.stores.clear()
        if self.kind == "postgres":
            connection = await asyncpg.connect(DSN)
            await connection.execute(f'DROP SCHEMA IF EXISTS "{self.schema}" CASCADE')
            await connection.close()


async def postgres_is_missing() -> str | None:
    """Why PostgreSQL cannot be used here, or None."""
    try:
        connection = await asyncpg.connect(DSN, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return f"no PostgreSQL at {DSN}: {error}"
    await connection.close()
    return None


def new(channel: str = "flow:orders", body: bytes = b'{"order": 1}', at: float = T0, **fields: Any) -> NewMessage:
    return NewMessage(channel, fields.pop("source", "shop.order-created"), body, at, **fields)


def output(step: str = "send:erp", channel: str = "system:erp", **fields: Any) -> NewMessage:
    return new(channel, step=step, source="orders", **fields)


def claim(key: str, digest: bytes = b"first", expires_at: float = T0 + 3600) -> Claim:
    return Claim("shop.order-created", key, digest, expires_at)


async def put(store: OperationStore, *messages: NewMessage, **group: Any) -> tuple[Appended, ...]:
    return await store.append(Append(messages, **group))


async def put_one(store: OperationStore, message: NewMessage | None = None, *, lease: bool = False) -> Appended:
    (result,) = await put(store, message or new(), lease=(lease,))
    return result


async def leased(store: OperationStore, **fields: Any) -> Lease:
    """A fresh message, already ours."""
    result = await put_one(store, new(**fields), lease=True)
    assert result.lease is not None
    return result.lease


async def settle(store: OperationStore, lease: Lease, outcome: Outcome | None = None, **fields: Any) -> Recorded:
    progress = {name: fields.pop(name) for name in list(fields) if name in Progress.__slots__}
    at = fields.pop("at", T0 + 1)
    return await store.settle(Settlement(Progress(lease, **progress), outcome or Completed(), at, **fields))


async def order(store: OperationStore, message_id: int, *allowed: State, **fields: Any) -> Requeued:
    fields = {"who": "ann", "verb": "resend", "reason": "test", "at": T0 + 5} | fields
    return await store.requeue(Requeue(message_id, allowed or tuple(State), **fields))


async def known(store: OperationStore, message_id: int) -> Message:
    message = await store.get(message_id)
    assert message is not None
    return message


async def state_of(store: OperationStore, message_id: int) -> State:
    return (await known(store, message_id)).state


async def take(store: OperationStore, channel: str = "flow:orders", limit: int = 10) -> list[int]:
    """Claim, and say which."""
    return [work.message.id for work in await store.claim(channel, limit)]


def failure(error_class: str = "transient", reason: str = "no-route") -> Failure:
    return Failure(error_class, reason, "it did not work")


def retry(at: float = T0 + 10) -> Retry:
    return Retry(at, failure())


def dead(*, holds_lane: bool = False) -> Dead:
    return Dead(failure("rejected", "unknown-item"), holds_lane)


def parked(**fields: Any) -> Parked:
    return Parked("credit-hold", "finance", "park:credit-hold", **fields)


def wait_for(key: str = "SO1", since: int = 0) -> WaitFor:
    return WaitFor("credit.released", "orderNumber", key, since)


def event(key: str = "SO1", body: bytes = b'{"event": 1}', **fields: Any) -> NewMessage:
    wakes = (Wake("credit.released", "orderNumber", key),)
    return new("topic:credit.released", body, final=State.COMPLETED, wakes=wakes, **fields)


def done(step: str, **fields: Any) -> JournalEntry:
    return JournalEntry(step, JournalKind.DONE, fields.pop("at", T0), **fields)


def attempt(number: int = 1, **fields: Any) -> Attempt:
    return Attempt(number, T0, T0 + 1, fields.pop("outcome", "completed"), **fields)

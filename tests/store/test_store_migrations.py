"""A store of an earlier version: refused until it is moved forward, and then all that it holds still counts."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import asyncpg
import pytest
from store_harness import DSN, T0, Harness, known, order, output, settle

from engine.errors import StoreIncompatible
from engine.message import State
from engine.store.migrations import migrations
from engine.store.postgres import migrate_postgres
from engine.store.records import AppendStatus, JournalEntry, JournalKind
from engine.store.sqlite import migrate_sqlite

META = "INSERT INTO meta VALUES ('schema', '{}'), ('workspace', 'test');"


async def make(harness: Harness, version: int, rows: str) -> None:
    """A store as the program of that version left it."""
    steps = [step.sql for step in migrations(harness.kind) if step.version <= version]
    script = ";\n".join((*steps, META.format(version), rows))
    if harness.kind == "sqlite":
        with closing(sqlite3.connect(harness.folder / "store.db")) as database:
            database.executescript(script)
        return
    connection = await asyncpg.connect(DSN, server_settings={"search_path": f'"{harness.schema}"'})
    await connection.execute(f'CREATE SCHEMA "{harness.schema}";\n{script}')
    await connection.close()


async def migrate(harness: Harness) -> tuple[int, ...]:
    if harness.kind == "sqlite":
        return await migrate_sqlite(harness.folder / "store.db", workspace="test")
    return await migrate_postgres(DSN, schema=harness.schema, workspace="test")


async def test_what_the_first_version_noted_as_appended_is_not_appended_again(harness: Harness) -> None:
    """Promise 3, over a migration: outputs were journal lines only."""
    sqlite = harness.kind == "sqlite"
    address, body = ("X'61'", "X'7b7d'") if sqlite else ("'a'", "'{}'")
    entered, place = ("", "") if sqlite else (", entered", ", 5")
    await make(
        harness,
        1,
        f"""
        INSERT INTO message (id, channel, state, position, eligible, blocks, priority, overtakes, source, payload,
          received_at, content_type, headers, correlation_id, origin, key, step, operation, settled_at, lines{entered})
        VALUES (5, 'flow:orders', 'completed', 5, 1, 0, 2, 0, 'shop', {address},
          {T0}, 'application/json', '{{}}', 'c', 5, '', '', '', {T0}, 1{place});
        INSERT INTO payload (digest, size, uses, place, body) VALUES ({address}, 2, 1, 0, {body});
        INSERT INTO journal (message_id, line, step, kind, at, facts)
        VALUES (5, 7, 'send:erp', 'output', {T0}, '{{"messages":[6]}}');
        """,
    )
    with pytest.raises(StoreIncompatible, match="schema is 1, this program needs 2; run 'crossdock migrate' first"):
        await harness.open()
    assert await migrate(harness) == (2,)
    assert await migrate(harness) == ()
    store = await harness.open()
    trace = await store.trace(5)
    assert trace is not None
    assert trace.journal == (JournalEntry("send:erp", JournalKind.OUTPUT, T0, facts={"messages": [6]}),)
    assert (await order(store, 5)).applied
    (work,) = await store.claim("flow:orders", 1)
    recorded = await settle(store, work.lease, outputs=(output("send:erp"), output("send:wms")))
    assert [one.status for one in recorded.appended] == [AppendStatus.REPEAT, AppendStatus.FRESH]
    assert recorded.appended[0].message_id == 6
    assert (await known(store, 5)).state is State.COMPLETED

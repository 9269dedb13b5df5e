"""What only the embedded store promises: one process, a full disk, a foreign lock, a kill at any moment."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest
from store_harness import T0, Harness, known, leased, new, put, put_one, settle, state_of, take

from engine.clock import ManualClock
from engine.errors import StoreIncompatible, StoreLocked, StoreUnavailable
from engine.message import State
from engine.store.addresses import is_address_of
from engine.store.records import Selection
from engine.store.sqlite import SqliteStore, migrate_sqlite, open_sqlite, payload_folder

BIG = 300 * 1024


async def test_second_process_is_refused_by_name(sqlite: Harness) -> None:
    store = await sqlite.open()
    with pytest.raises(StoreLocked, match=f"process {os.getpid()} runs on this store"):
        await sqlite.open()
    await store.close()
    assert await sqlite.open()


async def test_store_serves_one_workspace(sqlite: Harness) -> None:
    await (await sqlite.open()).close()
    with pytest.raises(StoreIncompatible, match="belongs to the workspace 'test', not to 'other'"):
        await sqlite.open(workspace="other")
    assert await sqlite.open()


async def test_newer_store_is_refused(sqlite: Harness) -> None:
    await (await sqlite.open()).close()
    with sqlite3.connect(sqlite.folder / "store.db") as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    with pytest.raises(StoreIncompatible, match="schema is 99"):
        await sqlite.open()
    with pytest.raises(StoreIncompatible, match="run a newer crossdock"):
        await migrate_sqlite(sqlite.folder / "store.db", workspace="test")


async def test_older_store_is_moved_forward_on_demand_only(sqlite: Harness) -> None:
    path = sqlite.folder / "store.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
            "INSERT INTO meta VALUES ('schema', '0'), ('workspace', 'test');"
        )
    with pytest.raises(StoreIncompatible, match="run 'crossdock migrate'"):
        await sqlite.open()


async def test_new_store_needs_no_migration(sqlite: Harness) -> None:
    assert await migrate_sqlite(sqlite.folder / "store.db", workspace="test") == (1, 2)
    assert await migrate_sqlite(sqlite.folder / "store.db", workspace="test") == ()
    assert await sqlite.open()


async def test_store_is_readable_by_its_owner_only(sqlite: Harness) -> None:
    """SEC-5."""
    await put_one(await sqlite.open(), new(body=b"x" * BIG))
    for path in sqlite.folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0 or path.is_dir(), path
    assert (
        payload_folder(sqlite.folder / "store.db") / (await sqlite.address(b"x" * BIG)).hex()[-2:]
    ).stat().st_mode & 0o077 == 0


async def test_running_messages_are_orphans_after_a_restart(sqlite: Harness) -> None:
    """REL-3: the exclusive lock proves that nobody works on them; deliveries are uncertain."""
    store = await sqlite.open()
    exchange = await leased(store)
    delivery = await leased(store, channel="system:erp")
    await store.close()
    store = await sqlite.open()
    fresh = await leased(store)
    assert set(await store.rescue()) == {"flow:orders", "system:erp"}
    assert await state_of(store, exchange.message_id) is State.READY
    assert (await known(store, delivery.message_id)).uncertain
    assert await state_of(store, fresh.message_id) is State.RUNNING


async def test_large_payload_lies_in_a_file(sqlite: Harness) -> None:
    store = await sqlite.open()
    lease = await leased(store, body=b"x" * BIG)
    folder = payload_folder(sqlite.folder / "store.db")
    (path,) = [path for path in folder.rglob("*") if path.is_file()]
    address = await sqlite.address(b"x" * BIG)
    assert path.name == address.hex()
    work = await store.load(lease)
    assert work is not None
    assert work.body == b"x" * BIG
    await settle(store, lease)
    assert await store.erase(address)
    assert not path.exists()
    assert await store.payload(address) is None


async def test_large_payload_is_pruned_with_its_message(sqlite: Harness) -> None:
    store = await sqlite.open()
    await settle(store, await leased(store, body=b"x" * BIG))
    await store.prune(T0 + 1e6, 10)
    assert [path for path in payload_folder(sqlite.folder / "store.db").rglob("*") if path.is_file()] == []


async def test_large_payload_is_claimed_in_the_commit_that_writes_it(sqlite: Harness) -> None:
    store = await sqlite.open()
    appended, works = await asyncio.gather(put_one(store, new(body=b"x" * BIG)), store.claim("flow:orders", 1))
    assert [work.message.id for work in works] == [appended.message_id]
    assert works[0].body == b"x" * BIG


async def test_orphaned_payload_file_is_swept_at_start(sqlite: Harness) -> None:
    store = await sqlite.open()
    await put_one(store, new(body=b"x" * BIG))
    await store.close()
    folder = payload_folder(sqlite.folder / "store.db") / "ab"
    folder.mkdir(exist_ok=True)
    (folder / ("ab" * 32)).write_bytes(b"orphan")
    (folder / "half.new").write_bytes(b"orphan")
    store = await sqlite.open()
    assert list(folder.iterdir()) == []
    assert await store.payload(await sqlite.address(b"x" * BIG)) == b"x" * BIG


async def limit_pages(store: object, extra: int | None) -> None:
    """Let the database grow by so many pages and no more, as a full disk would."""
    assert isinstance(store, SqliteStore)
    connection = store._writer._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0] + extra if extra is not None else 1 << 30
    connection.execute(f"PRAGMA max_page_count = {pages}")


async def test_full_disk_refuses_and_stores_nothing(sqlite: Harness) -> None:
    """REL-20: StoreUnavailable, nothing half written, and the next call works once there is room."""
    store = await sqlite.open()
    kept = await leased(store)
    await limit_pages(store, 4)
    results = await asyncio.gather(
        *(put_one(store, new(body=os.urandom(9000))) for _ in range(8)), return_exceptions=True
    )
    assert all(isinstance(result, StoreUnavailable) for result in results)
    assert await store.count(Selection()) == 1
    await limit_pages(store, None)
    assert (await settle(store, kept)).applied
    assert (await put_one(store, new(body=os.urandom(9000)))).message_id


async def test_payload_folder_without_room_refuses(sqlite: Harness) -> None:
    store = await sqlite.open()
    payload_folder(sqlite.folder / "store.db").write_text("in the way")
    with pytest.raises(StoreUnavailable):
        await put_one(store, new(body=b"x" * BIG))
    assert await store.count(Selection()) == 0
    assert (await put_one(store)).message_id


async def test_database_locked_by_a_foreign_tool_refuses_and_recovers(sqlite: Harness) -> None:
    """REL-20."""
    store = await sqlite.open(busy=0.05)
    foreign = sqlite3.connect(sqlite.folder / "store.db", isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await put_one(store)
    with pytest.raises(StoreUnavailable):
        await store.ping()
    foreign.execute("ROLLBACK")
    foreign.close()
    assert (await put_one(store)).message_id


async def test_reading_goes_on_while_the_database_is_locked(sqlite: Harness) -> None:
    store = await sqlite.open(busy=0.05)
    stored = await put_one(store)
    foreign = sqlite3.connect(sqlite.folder / "store.db", isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    assert await state_of(store, stored.message_id) is State.READY
    foreign.close()


async def test_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreUnavailable):
        await open_sqlite(tmp_path / "store.db", workspace="w", clock=ManualClock())


async def test_concurrent_calls_share_commits(sqlite: Harness) -> None:
    store = await sqlite.open()
    assert isinstance(store, SqliteStore)
    commits = 0
    commit = store._writer.commit

    def counted() -> None:
        nonlocal commits
        commits += 1
        commit()

    store._writer.commit = counted  # type: ignore[method-assign]
    await asyncio.gather(*(put_one(store) for _ in range(100)))
    assert commits <= 3


async def test_order_of_a_lane_survives_a_restart(sqlite: Harness) -> None:
    store = await sqlite.open()
    ids = [result.message_id for result in await put(store, *(new(lane="a\x1f1") for _ in range(4)))]
    for expected in ids:
        assert await take(store) == [expected]
        await store.close()
        store = await sqlite.open()
        await store.rescue()
        (work,) = await store.claim("flow:orders", 10)
        assert work.message.id == expected
        await settle(store, work.lease)


APPEND_UNTIL_KILLED = """
import asyncio, sys
from engine.clock import SystemClock
from engine.store.records import Append, NewMessage
from engine.store.sqlite import open_sqlite

async def main():
    store = await open_sqlite(sys.argv[1], workspace="test", clock=SystemClock())
    async def produce(lane):
        for number in range(10**9):
            body = b"%d/%d" % (lane, number)
            size = 300_000 if number % 50 == 49 else 1
            message = NewMessage("flow:orders", "s", body * size, 1.0, lane=f"a{lane}")
            (result,) = await store.append(Append((message,), lease=(True,)))
            sys.stdout.write(f"{result.message_id}\\n")
            sys.stdout.flush()
    await asyncio.gather(*(produce(lane) for lane in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 40, 150])
async def test_acknowledged_message_survives_a_kill(sqlite: Harness, after: int) -> None:
    """REL-1: SIGKILL in the middle of commits; every id that was printed is there, whole."""
    path = sqlite.folder / "store.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", APPEND_UNTIL_KILLED, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    acknowledged = [int(await process.stdout.readline()) for _ in range(after)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [
        int(line) for line in (await process.stdout.read()).splitlines(keepends=True) if line[-1:] == b"\n"
    ]
    await process.wait()
    store = await sqlite.open()
    await store.rescue()
    stored = {message.id: message for message in await store.find(Selection(limit=100_000))}
    assert set(acknowledged) <= set(stored)
    for message in stored.values():
        body = await store.payload(message.payload)
        assert body is not None
        assert is_address_of(message.payload, body)
    heads = await take(store, limit=1000)
    first_of_lane = {message.lane: message.id for message in reversed(list(stored.values()))}
    assert set(heads) == set(first_of_lane.values())

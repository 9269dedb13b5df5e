"""What only the shared store promises: several processes on one queue."""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from store_harness import DSN, Harness, claim, leased, new, put_one, settle, state_of, take

from engine.clock import ManualClock, SystemClock
from engine.errors import StoreIncompatible, StoreLocked, StoreUnavailable
from engine.message import State
from engine.store.postgres import migrate_postgres, open_postgres
from engine.store.postgres_connection import Transaction, connect, was_committed
from engine.store.queries import Queries
from engine.store.records import AppendStatus, Selection
from engine.store.store import OperationStore

LANES, PER_LANE = 12, 6


async def work_off(store: OperationStore, total: int, done: list[int]) -> list[tuple[str, int]]:
    """Claim and settle until everything has been settled by somebody; returns what ran here, in order."""
    ran: list[tuple[str, int]] = []
    while len(done) < total:
        works = await store.claim("flow:orders", 3)
        for work in works:
            ran.append((str(work.message.lane), work.message.id))
        for work in works:
            assert (await settle(store, work.lease)).applied
            done.append(work.message.id)
    return ran


async def test_two_claimants_never_share_a_message_and_keep_the_order(postgres: Harness) -> None:
    """REL-17: appends and claims of two stores at the same time."""
    stores = [await postgres.open(), await postgres.open()]

    async def fill(store: OperationStore, lanes: range) -> None:
        for _ in range(PER_LANE):
            await asyncio.gather(*(put_one(store, new(lane=f"orders\x1f{lane}")) for lane in lanes))

    done: list[int] = []
    total = LANES * PER_LANE * 2
    first, second, *_ = await asyncio.gather(
        work_off(stores[0], total, done),
        work_off(stores[1], total, done),
        fill(stores[0], range(LANES)),
        fill(stores[1], range(LANES)),
    )
    assert len(set(done)) == len(done) == total
    assert first
    assert second
    messages = await stores[0].find(Selection(limit=1000))
    finished = {message_id: place for place, message_id in enumerate(done)}
    by_lane: dict[str | None, list[int]] = defaultdict(list)
    for message in sorted(messages, key=lambda message: message.position):
        by_lane[message.lane].append(finished[message.id])
    assert all(places == sorted(places) for places in by_lane.values())


def claimant(schema: str, start: Any, results: Any) -> None:
    """Another process: claims until it finds nothing more, and reports what it ran."""

    async def main() -> None:
        store = await open_postgres(DSN, schema=schema, workspace="test", clock=SystemClock())
        start.wait()
        ran: list[tuple[str, int, int]] = []
        while works := await store.claim("flow:orders", 4):
            for work in works:
                assert (await settle(store, work.lease)).applied
                ran.append((str(work.message.lane), work.message.position, work.message.id))
        await store.close()
        results.put(ran)

    asyncio.run(main())


async def test_two_processes_share_the_work(postgres: Harness) -> None:
    """REL-17: each lane is run in order by each process, and each message once."""
    store = await postgres.open()
    for _ in range(PER_LANE):
        await asyncio.gather(*(put_one(store, new(lane=f"orders\x1f{lane}")) for lane in range(LANES)))
    context = multiprocessing.get_context("spawn")
    start, results = context.Event(), context.Queue()
    processes = [context.Process(target=claimant, args=(postgres.schema, start, results)) for _ in range(2)]
    for process in processes:
        process.start()
    start.set()
    ran = [await asyncio.to_thread(results.get, timeout=60) for _ in processes]
    for process in processes:
        process.join()
    for own in ran:
        for lane in {lane for lane, _, _ in own}:
            positions = [position for name, position, _ in own if name == lane]
            assert positions == sorted(positions)
    everything = [message_id for own in ran for _, _, message_id in own]
    assert len(everything) == len(set(everything))
    left = await store.find(Selection(states=(State.READY,), limit=1000))
    assert len(everything) + len(left) == LANES * PER_LANE


async def test_claims_of_two_stores_exclude_each_other(postgres: Harness) -> None:
    """REL-2: a storm of duplicates over two replicas is one message."""
    stores = [await postgres.open(), await postgres.open()]
    results = await asyncio.gather(*(put_one(stores[n % 2], new(claims=(claim("E1"),))) for n in range(30)))
    assert [result.status for result in results].count(AppendStatus.FRESH) == 1
    assert await stores[0].count(Selection()) == 1


async def test_transaction_begun_by_two_stores_is_one(postgres: Harness) -> None:
    stores = [await postgres.open(), await postgres.open()]
    keys = (("sales-order", "SO1"),)
    results = await asyncio.gather(*(put_one(stores[n % 2], new(business_keys=keys)) for n in range(10)))
    assert len({result.correlation_id for result in results}) == 1


async def test_other_replicas_hear_of_new_work(postgres: Harness) -> None:
    heard: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
    here = await postgres.open(on_notify=heard.put_nowait)
    there = await postgres.open(on_notify=lambda channels: None)
    await put_one(there, new("flow:a"))
    assert await asyncio.wait_for(heard.get(), 10) == ("flow:a",)
    await put_one(here, new("flow:own"))
    await put_one(there, new("flow:b", lane="a\x1f1"), lease=True)
    await put_one(there, new("flow:c"))
    assert await asyncio.wait_for(heard.get(), 10) == ("flow:c",)


async def test_opening_a_replica_takes_no_living_lease(postgres: Harness) -> None:
    store = await postgres.open()
    result = await put_one(store, lease=True)
    other = await postgres.open()
    assert await other.rescue() == ()
    assert await state_of(other, result.message_id) is State.RUNNING


async def waits_for_a_lock(connection: Any, pid: int) -> bool:
    rows = await connection.fetch("SELECT wait_event_type FROM pg_stat_activity WHERE pid = $1", pid)
    return bool(rows and rows[0][0] == "Lock")


async def test_connection_lost_within_a_transaction_wrote_nothing(postgres: Harness) -> None:
    """REL-20: StoreUnavailable, and the next call connects again."""
    store = await postgres.open()
    await put_one(store)
    own = store._connection.get_server_pid()  # type: ignore[attr-defined]
    foreign = await asyncpg.connect(DSN, server_settings={"search_path": postgres.schema})
    async with foreign.transaction():
        await foreign.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
        call = asyncio.ensure_future(put_one(store))
        async with asyncio.timeout(20):
            while not await waits_for_a_lock(foreign, own):  # noqa: ASYNC110 - another process is waited for
                await asyncio.sleep(0)
        await foreign.execute("SELECT pg_terminate_backend($1)", own)
        with pytest.raises(StoreUnavailable):
            await call
    await foreign.close()
    assert await store.count(Selection()) == 1
    await put_one(store)
    assert await store.count(Selection()) == 2


async def test_connection_lost_between_calls_is_not_noticed(postgres: Harness) -> None:
    store = await postgres.open()
    await put_one(store)
    foreign = await asyncpg.connect(DSN)
    connection = store._connection  # type: ignore[attr-defined]
    await foreign.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
    await foreign.close()
    async with asyncio.timeout(20):
        while not connection.is_closed():  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0)
    await put_one(store)
    assert await store.count(Selection()) == 2


@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
async def test_commit_whose_answer_was_lost_can_be_looked_up(postgres: Harness, ending: str) -> None:
    await postgres.open()
    queries = Queries("postgres", numbered=True)
    connection = await connect(DSN, postgres.schema)
    transaction = Transaction(connection, queries)
    await transaction.begin([], lambda now, positions: None)  # type: ignore[arg-type, return-value]
    await connection.execute(ending)
    assert await was_committed(connection, queries, transaction.number) is (ending == "COMMIT")
    await connection.close()


async def test_database_out_of_reach_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        await open_postgres("postgresql://127.0.0.1:1/none", schema="s", workspace="w", clock=ManualClock())


@pytest.mark.parametrize(("user", "database"), [("nobody-of-this-name", "test"), ("postgres", "none-of-this-name")])
async def test_database_that_takes_no_such_user_or_has_no_such_name_is_unavailable(
    postgres: Harness, user: str, database: str
) -> None:
    """REL-20: said plainly at the start, and waited for by a process that runs while passwords are changed."""
    address = urlsplit(DSN)
    host = address.netloc.rpartition("@")[2]
    with pytest.raises(StoreUnavailable, match=r"does not exist|authentication failed"):
        await open_postgres(
            f"postgresql://{user}:wrong@{host}/{database}", schema="s", workspace="w", clock=postgres.clock
        )


async def test_store_of_another_workspace_or_schema_version_is_refused(postgres: Harness) -> None:
    store = await postgres.open()
    with pytest.raises(StoreIncompatible, match="belongs to the workspace"):
        await postgres.open(workspace="other")
    assert await migrate_postgres(DSN, schema=postgres.schema, workspace="test") == ()
    connection = await asyncpg.connect(DSN, server_settings={"search_path": postgres.schema})
    await connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    await connection.close()
    with pytest.raises(StoreIncompatible, match="schema is 99"):
        await postgres.open()
    assert await take(store) == []


async def test_replicas_that_open_at_the_same_time_make_one_store(postgres: Harness) -> None:
    stores = await asyncio.gather(*(postgres.open() for _ in range(4)))
    await asyncio.gather(*(put_one(store) for store in stores))
    assert await stores[0].count(Selection()) == 4


async def test_the_leases_of_a_predecessor_end_at_once_and_no_others(postgres: Harness) -> None:
    """REL-10: whoever has the seat of a folder knows that the process before it there is gone."""
    seat = postgres.folder / "state" / "seat"
    replica, first = await postgres.open(), await postgres.open(seat=seat)
    kept, left = await leased(replica), await leased(first)
    with pytest.raises(StoreLocked, match=r"seat: process \d+ runs from here on a store that others may share"):
        await postgres.open(seat=seat)
    await first.close()
    second = await postgres.open(seat=seat)
    assert await second.rescue() == ("flow:orders",)
    assert await state_of(second, left.message_id) is State.READY
    assert (await settle(replica, kept)).applied


async def test_a_seat_that_came_with_a_copy_of_the_folder_ends_nothing(postgres: Harness) -> None:
    """The process that is noted in it may run on in the folder that was copied."""
    first = await postgres.open(seat=postgres.folder / "hub" / "seat")
    lease = await leased(first)
    shutil.copytree(postgres.folder / "hub", postgres.folder / "copy")
    second = await postgres.open(seat=postgres.folder / "copy" / "seat")
    assert await second.rescue() == ()
    assert (await settle(first, lease)).applied


async def test_a_start_that_fails_leaves_seat_and_predecessor_to_the_next(postgres: Harness) -> None:
    seat = postgres.folder / "seat"
    first = await postgres.open(seat=seat)
    lease = await leased(first)
    await first.close()
    with pytest.raises(StoreIncompatible):
        await postgres.open(workspace="another", seat=seat)
    third = await postgres.open(seat=seat)
    assert await third.rescue() == ("flow:orders",)
    assert await state_of(third, lease.message_id) is State.READY


async def test_a_seat_in_a_folder_that_cannot_be_used_is_told(postgres: Harness) -> None:
    (postgres.folder / "file").write_text("no folder")
    with pytest.raises(StoreUnavailable, match="file/seat"):
        await postgres.open(seat=postgres.folder / "file" / "seat")

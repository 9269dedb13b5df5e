"""What people ask: by any field, by any business key, counted without being fetched."""

from __future__ import annotations

import asyncio

from store_harness import T0, Harness, dead, leased, new, output, put_one, settle

from engine.message import State
from engine.store.records import ChannelCount, Selection
from engine.store.store import OperationStore


async def found(store: OperationStore, **selection: object) -> list[int]:
    chosen = Selection(**selection)  # type: ignore[arg-type]
    messages = await store.find(chosen)
    assert await store.count(chosen) == len(messages)
    return [message.id for message in messages]


async def test_messages_are_found_by_each_field(store: OperationStore) -> None:
    first = await leased(store, at=T0)
    await settle(store, first, dead(), revision="r1")
    second = (
        await put_one(store, new("system:erp", at=T0 + 10, operation="create", correlation_id="c", source="orders"))
    ).message_id
    assert await found(store) == [first.message_id, second]
    assert await found(store, ids=(second, 1)) == [second]
    assert await found(store, channel="system:erp") == [second]
    assert await found(store, states=(State.DEAD, State.PARKED)) == [first.message_id]
    assert await found(store, correlation_id="c") == [second]
    assert await found(store, revision="r1") == [first.message_id]
    assert await found(store, error_class="rejected") == [first.message_id]
    assert await found(store, reason="unknown-item") == [first.message_id]
    assert await found(store, operation="create") == [second]
    assert await found(store, source="orders") == [second]
    assert await found(store, source="shop.order-created", since=T0 + 10) == []
    assert await found(store, since=T0 + 10) == [second]
    assert await found(store, until=T0 + 10) == [first.message_id]
    assert await found(store, after_id=first.message_id) == [second]
    assert await found(store, channel="system:erp", states=(State.DEAD,)) == []


async def test_any_business_key_finds_the_whole_transaction(store: OperationStore) -> None:
    """OBS-1: inbound, outbound and what was learned on the way, by any of its keys."""
    lease = await leased(store, business_keys=(("sales-order", "SO1"), ("customer-po", "PO7")))
    sent = await settle(store, lease, outputs=(output(business_keys=(("erp-order", "4711"),)),))
    shipped = await put_one(store, new("flow:shipments", business_keys=(("erp-order", "4711"),)))
    await put_one(store, new(business_keys=(("sales-order", "SO2"),)))
    expected = [lease.message_id, sent.appended[0].message_id, shipped.message_id]
    assert await found(store, business_key=("customer-po", "PO7")) == expected
    assert await found(store, business_key=(None, "4711")) == expected
    assert await found(store, business_key=("sales-order", "PO7")) == []


async def test_pages_follow_each_other(store: OperationStore) -> None:
    ids = [(await put_one(store)).message_id for _ in range(5)]
    page = await store.find(Selection(limit=2))
    rest = await store.find(Selection(after_id=page[-1].id))
    assert [message.id for message in page + rest] == ids
    assert await store.count(Selection(limit=2)) == 5


async def test_counts_show_unfinished_and_dead_messages(store: OperationStore) -> None:
    await put_one(store, new(at=T0 + 5))
    await put_one(store, new(at=T0 + 3))
    await settle(store, await leased(store), dead())
    await settle(store, await leased(store))
    assert set(await store.counts()) == {
        ChannelCount("flow:orders", State.READY, 2, T0 + 3),
        ChannelCount("flow:orders", State.DEAD, 1, T0),
    }


async def test_unknown_things_are_none(store: OperationStore) -> None:
    assert await store.get(5) is None
    assert await store.trace(5) is None
    assert await store.answer(5) is None
    assert await store.payload(b"x" * 32) is None
    assert await store.revision("r") is None
    assert await store.mark("lane") is None
    assert await store.next_due() is None


async def test_reading_sees_what_was_committed(store: OperationStore) -> None:
    results = await asyncio.gather(*(put_one(store) for _ in range(30)))
    messages = await asyncio.gather(*(store.get(result.message_id) for result in results))
    assert all(message is not None for message in messages)


async def test_ping_commits(store: OperationStore) -> None:
    await store.ping()


async def test_reopened_store_gives_higher_ids(harness: Harness) -> None:
    store = await harness.open()
    first = await put_one(store)
    await store.close()
    harness.clock.set(T0 - 1000)
    store = await harness.open()
    assert (await put_one(store)).message_id > first.message_id

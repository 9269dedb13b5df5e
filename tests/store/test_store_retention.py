"""Retention and erasure: what is old goes, what is needed stays, bytes go without their story."""

from __future__ import annotations

import pytest
from store_harness import (
    T0,
    Harness,
    attempt,
    claim,
    dead,
    done,
    event,
    known,
    leased,
    new,
    order,
    parked,
    put_one,
    settle,
    wait_for,
)

from engine.errors import CommandRefused
from engine.message import State
from engine.store.records import AppendStatus, Milestone, Progress, Selection
from engine.store.store import OperationStore

DAY = 86_400.0


async def test_prune_deletes_old_settled_messages_with_all_that_hangs_on_them(
    harness: Harness, store: OperationStore
) -> None:
    keys = (("sales-order", "SO1"),)
    lease = await leased(store, body=b"original", business_keys=keys, claims=(claim("E1", expires_at=T0 + 5),))
    await settle(
        store,
        lease,
        journal=(done("a", request=b"ask", reply=b"yes"),),
        attempt=attempt(request=b"ask", reply=b"shared"),
        milestones=(Milestone("booked", T0),),
        answer=b"answer",
    )
    assert await store.prune(T0, 10) == 0
    assert await store.prune(T0 + DAY, 10) == 1
    assert await store.get(lease.message_id) is None
    assert await store.count(Selection(business_key=(None, "SO1"))) == 0
    for body in (b"original", b"ask", b"yes", b"shared", b"answer"):
        assert await store.payload(await harness.address(body)) is None
    later = await leased(store, business_keys=keys)
    trace = await store.trace(later.message_id)
    assert trace is not None
    assert trace.milestones == ()


async def test_payload_stays_as_long_as_anything_names_it(harness: Harness, store: OperationStore) -> None:
    first = await leased(store, body=b"same")
    second = await leased(store, body=b"same")
    await settle(store, first, journal=(done("a", reply=b"{}"),), attempt=attempt(reply=b"{}"))
    await settle(store, second, at=T0 + 2 * DAY, attempt=attempt(reply=b"{}"))
    assert await store.prune(T0 + DAY, 10) == 1
    assert await store.payload(await harness.address(b"same")) == b"same"
    assert await store.payload(await harness.address(b"{}")) == b"{}"
    assert await store.prune(T0 + 3 * DAY, 10) == 1
    assert await store.payload(await harness.address(b"same")) is None
    assert await store.payload(await harness.address(b"{}")) is None


async def test_released_message_keeps_the_events_bytes(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, parked(wait=wait_for()))
    await put_one(store, event(body=b"the event"))
    assert await store.prune(T0 + DAY, 10) == 1
    trace = await store.trace(lease.message_id)
    assert trace is not None
    assert trace.journal[0].reply == b"the event"


async def test_unfinished_and_dead_messages_are_never_pruned(store: OperationStore) -> None:
    for outcome in (dead(), parked()):
        await settle(store, await leased(store), outcome)
    await put_one(store)
    assert await store.prune(T0 + 365 * DAY, 10) == 0
    assert await store.count(Selection()) == 3


async def test_prune_takes_at_most_its_limit_oldest_first(store: OperationStore) -> None:
    leases = [await leased(store) for _ in range(3)]
    for number, lease in enumerate(leases):
        await settle(store, lease, at=T0 + number)
    assert await store.prune(T0 + DAY, 2) == 2
    assert [message.id for message in await store.find(Selection())] == [leases[2].message_id]


async def test_transaction_keeps_its_keys_until_its_last_message_goes(store: OperationStore) -> None:
    lease = await leased(store, business_keys=(("sales-order", "SO1"),))
    recorded = await settle(store, lease, outputs=(new("system:erp", step="send:a"),), milestones=(Milestone("a", T0),))
    assert await store.prune(T0 + DAY, 10) == 1
    found = await store.find(Selection(business_key=("sales-order", "SO1")))
    assert [message.id for message in found] == [recorded.appended[0].message_id]


async def test_expired_claims_are_pruned_and_living_ones_stay(store: OperationStore) -> None:
    await put_one(store, new(claims=(claim("old", expires_at=T0 + 5), claim("new", expires_at=T0 + 9 * DAY))))
    await store.prune(T0 + DAY, 10)
    assert (await put_one(store, new(claims=(claim("new"),)))).status is AppendStatus.REPEAT
    assert (await put_one(store, new(claims=(claim("old"),)))).status is AppendStatus.FRESH


async def test_erased_payload_leaves_the_message_and_its_trace(harness: Harness, store: OperationStore) -> None:
    """SEC-5: the bytes go, the story stays."""
    lease = await leased(store, body=b"personal")
    await settle(store, lease, attempt=attempt(request=b"personal", reply=b"kept"))
    assert await store.erase(await harness.address(b"personal"))
    assert not await store.erase(await harness.address(b"personal"))
    assert not await store.erase(await harness.address(b"unknown"))
    assert await store.payload(await harness.address(b"personal")) is None
    trace = await store.trace(lease.message_id)
    assert trace is not None
    assert trace.attempts == (attempt(request=None, reply=b"kept"),)
    assert trace.message.state is State.COMPLETED


async def test_erased_bytes_that_come_again_are_stored_again(harness: Harness, store: OperationStore) -> None:
    first = await leased(store, body=b"personal")
    await settle(store, first)
    await store.erase(await harness.address(b"personal"))
    second = await leased(store, body=b"personal")
    assert await store.payload(await harness.address(b"personal")) == b"personal"
    await store.prune(T0 + DAY, 10)
    work = await store.load(second)
    assert work is not None
    assert work.body == b"personal"


async def test_payload_of_an_unfinished_message_is_not_erased(harness: Harness, store: OperationStore) -> None:
    await put_one(store, new(body=b"needed"))
    with pytest.raises(CommandRefused, match="unfinished"):
        await store.erase(await harness.address(b"needed"))
    assert await store.payload(await harness.address(b"needed")) == b"needed"


async def test_revision_is_kept_while_a_message_names_it(harness: Harness) -> None:
    store = await harness.open()
    now = harness.clock.now() if harness.kind == "sqlite" else 4e9
    for number in range(3):
        await store.put_revision(f"r{number}", b"bundle", now + number)
        await store.put_revision(f"r{number}", b"other", now + number)
    assert [name for name, _, _ in await store.revisions()] == ["r2", "r1", "r0"]
    assert await store.revision("r0") == b"bundle"
    lease = await leased(store)
    await store.record(Progress(lease, revision="r1"))
    await settle(store, lease, parked())
    assert [(name, used) for name, _, used in await store.revisions()] == [("r2", 0), ("r1", 1), ("r0", 0)]
    await store.prune(now + DAY, 10)
    assert {name for name, _, _ in await store.revisions()} == {"r2", "r1"}
    assert await store.revision("r0") is None


async def test_pinning_by_order_keeps_an_old_revision(store: OperationStore) -> None:
    await store.put_revision("old", b"b", T0)
    lease = await leased(store)
    await settle(store, lease)
    await order(store, lease.message_id, revision="old")
    assert (await known(store, lease.message_id)).revision == "old"
    assert await store.revisions() == (("old", T0, 1),)


async def test_a_channel_is_pruned_by_its_own_time_and_spared_by_the_general_one(store: OperationStore) -> None:
    """SEC-6"""
    for channel in ("flow:orders", "flow:prices"):
        await settle(store, await leased(store, channel=channel))
    assert await store.prune(T0 + DAY, 10, channel="flow:prices") == 1
    assert await store.prune(T0 + DAY, 10, spared=("flow:orders",)) == 0
    assert await store.prune(T0 + DAY, 10) == 1


async def test_dead_letters_stay_but_for_those_of_the_invalid_channel(store: OperationStore) -> None:
    failure = {"errorClass": "data", "reason": "unreadable", "detail": "no JSON"}
    await put_one(store, new(channel="invalid", final=State.DEAD, failure=failure))
    await settle(store, await leased(store), dead())
    assert await store.prune(T0 + DAY, 10) == 1
    assert await store.count(Selection(states=(State.DEAD,))) == 1

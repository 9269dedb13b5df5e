"""No lost wake-up: whichever comes first, the event or the park, the parked message goes on."""

from __future__ import annotations

import asyncio
import random

import pytest
from store_harness import (
    T0,
    Harness,
    event,
    known,
    leased,
    new,
    order,
    parked,
    put_one,
    settle,
    state_of,
    take,
    wait_for,
)

from engine.message import State
from engine.outcome import Discarded
from engine.store.records import JournalKind
from engine.store.store import OperationStore


async def test_event_releases_the_parked_message(store: OperationStore) -> None:
    """REL-14: the event's bytes are the reply of the RELEASED entry."""
    lease = await leased(store)
    await settle(store, lease, parked(wait=wait_for("SO1")))
    assert (await put_one(store, event("SO2"))).released == ()
    appended = await put_one(store, event("SO1", b'{"limit": "raised"}'))
    assert appended.released == ("flow:orders",)
    (work,) = await store.claim("flow:orders", 1)
    (entry,) = work.journal
    assert (entry.step, entry.kind, entry.request) == ("park:credit-hold", JournalKind.RELEASED, None)
    assert entry.reply == b'{"limit": "raised"}'
    assert entry.facts == {"topic": "credit.released", "event": appended.message_id}
    assert work.message.parked is None


async def test_park_looks_back_to_the_start_of_its_exchange(store: OperationStore) -> None:
    early = await put_one(store, event("SO1", b"early"))
    lease = await leased(store)
    late = await put_one(store, event("SO1", b"late"))
    recorded = await settle(store, lease, parked(wait=wait_for("SO1", since=lease.message_id)))
    assert recorded.released == ("flow:orders",)
    (work,) = await store.claim("flow:orders", 1)
    assert work.journal[0].reply == b"late"
    assert work.journal[0].facts["event"] == late.message_id != early.message_id


async def test_event_before_the_exchange_does_not_release(store: OperationStore) -> None:
    await put_one(store, event("SO1"))
    lease = await leased(store)
    recorded = await settle(store, lease, parked(wait=wait_for("SO1", since=lease.message_id)))
    assert recorded.released == ()
    assert await state_of(store, lease.message_id) is State.PARKED


async def test_event_as_an_output_releases_too(store: OperationStore) -> None:
    waiting = await leased(store, channel="flow:a")
    await settle(store, waiting, parked(wait=wait_for()))
    lease = await leased(store)
    recorded = await settle(store, lease, outputs=(event(step="publish:credit.released"),))
    assert recorded.released == ("flow:a",)
    assert await take(store, "flow:a") == [waiting.message_id]


async def test_released_message_waits_no_more(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, parked(wait=wait_for()))
    await order(store, lease.message_id, State.PARKED, verb="discard", outcome=Discarded("no longer wanted"))
    assert (await put_one(store, event())).released == ()
    assert await state_of(store, lease.message_id) is State.DISCARDED


async def test_released_head_is_the_one_that_runs(store: OperationStore) -> None:
    lease = await leased(store, lane="a\x1f1")
    await put_one(store, new(lane="a\x1f1"))
    await settle(store, lease, parked(wait=wait_for()))
    await put_one(store, event())
    assert await take(store) == [lease.message_id]


async def test_released_message_that_freed_its_lane_enters_at_the_tail(store: OperationStore) -> None:
    lease = await leased(store, lane="a\x1f1")
    second = await put_one(store, new(lane="a\x1f1"))
    await settle(store, lease, parked(wait=wait_for(), frees_lane=True))
    (work,) = await store.claim("flow:orders", 1)
    assert work.message.id == second.message_id
    await put_one(store, event())
    assert await take(store) == []
    assert (await settle(store, work.lease)).unblocked == "flow:orders"
    assert await take(store) == [lease.message_id]


async def test_wait_survives_a_restart(harness: Harness) -> None:
    store = await harness.open()
    lease = await leased(store)
    await settle(store, lease, parked(wait=wait_for()))
    await store.close()
    store = await harness.open()
    assert (await put_one(store, event())).released == ("flow:orders",)


@pytest.mark.parametrize("seed", range(4))
async def test_park_and_event_at_the_same_time_never_miss_each_other(harness: Harness, seed: int) -> None:
    """REL-14: over two replicas where there may be two; each park finds its event or is found by it."""
    stores = [await harness.open()]
    stores.append(await harness.open() if harness.kind == "postgres" else stores[0])
    leases = [await leased(stores[0]) for _ in range(12)]
    calls = [
        settle(stores[0], lease, parked(wait=wait_for(f"SO{number}", since=lease.message_id)))
        for number, lease in enumerate(leases)
    ]
    calls += [put_one(stores[1], event(f"SO{number}")) for number in range(len(leases))]  # type: ignore[misc]
    random.Random(seed).shuffle(calls)
    await asyncio.gather(*calls)
    for lease in leases:
        assert await state_of(stores[0], lease.message_id) is State.READY


async def test_parked_message_becomes_overdue_once(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, parked(due=T0 + 100))
    assert await store.next_due() == T0 + 100
    assert await store.overdue_parked(T0 + 99, 10) == ()
    (overdue,) = await store.overdue_parked(T0 + 100, 10)
    assert overdue.parked is not None
    assert (overdue.parked["owner"], overdue.parked["on_due"]) == ("finance", "escalate")
    await store.escalated((overdue.id,))
    assert await store.overdue_parked(T0 + 100, 10) == ()
    assert await store.next_due() is None
    assert (await known(store, overdue.id)).state is State.PARKED

"""Leases: the right to settle, kept by renewing, taken back when its holder is gone."""

from __future__ import annotations

from store_harness import Harness, done, known, leased, new, put_one, settle, state_of, take

from engine.message import Lease, State
from engine.store.records import Progress
from engine.store.store import OperationStore


async def test_claim_leases_at_most_its_limit(store: OperationStore) -> None:
    ids = [(await put_one(store)).message_id for _ in range(3)]
    assert await take(store, limit=2) == ids[:2]
    assert await take(store, limit=2) == ids[2:]
    assert await take(store, limit=2) == []


async def test_renew_names_the_leases_that_are_still_ours(store: OperationStore) -> None:
    kept = await leased(store)
    lost = Lease(kept.message_id + 1, 5)
    settled = await leased(store)
    await settle(store, settled)
    assert await store.renew((kept, lost, settled)) == frozenset({kept.message_id})


async def test_expired_lease_returns_to_ready(harness: Harness) -> None:
    """REL-10: by the store's clock; the first holder's settle then changes nothing."""
    store = await harness.open(lease=0.0)
    lease = await leased(store)
    assert await store.rescue() == ("flow:orders",)
    assert not (await settle(store, lease)).applied
    assert await state_of(store, lease.message_id) is State.READY


async def test_living_lease_is_not_taken(store: OperationStore) -> None:
    lease = await leased(store)
    assert await store.rescue() == ()
    assert (await settle(store, lease)).applied


async def test_expired_lease_that_nobody_took_still_settles(harness: Harness) -> None:
    store = await harness.open(lease=0.0)
    lease = await leased(store)
    assert (await settle(store, lease)).applied


async def test_rescued_delivery_counts_as_unknown_outcome(harness: Harness) -> None:
    """REL-4: a delivery's append is its begun; a flow's exchange has its journal instead."""
    store = await harness.open(lease=0.0)
    delivery = await leased(store, channel="system:erp")
    exchange = await leased(store)
    assert set(await store.rescue()) == {"system:erp", "flow:orders"}
    assert (await known(store, delivery.message_id)).uncertain
    assert not (await known(store, exchange.message_id)).uncertain


async def test_rescued_message_is_still_the_head_of_its_lane(harness: Harness) -> None:
    store = await harness.open(lease=0.0)
    lease = await leased(store, lane="a\x1f1")
    await put_one(store, new(lane="a\x1f1"))
    await store.rescue()
    assert await take(store) == [lease.message_id]


async def test_message_given_back_is_as_if_never_started(store: OperationStore) -> None:
    lease = await leased(store)
    await store.give_back((lease, Lease(lease.message_id, lease.token + 1)))
    message = await known(store, lease.message_id)
    assert (message.state, message.attempts, message.first_attempt_at) == (State.READY, 0, None)
    assert await take(store) == [lease.message_id]


async def test_message_given_back_after_a_step_remembers_that_it_ran(store: OperationStore) -> None:
    lease = await leased(store)
    await store.record(Progress(lease, journal=(done("a"),)))
    await store.give_back((lease,))
    assert (await known(store, lease.message_id)).first_attempt_at is not None


async def test_every_claim_has_a_token_of_its_own(store: OperationStore) -> None:
    lease = await leased(store)
    await store.give_back((lease,))
    (work,) = await store.claim("flow:orders", 1)
    assert work.lease.token != lease.token

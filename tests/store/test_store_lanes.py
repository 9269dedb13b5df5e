"""Lanes: one at a time and in order within a lane; lanes side by side."""

from __future__ import annotations

from store_harness import T0, dead, known, leased, new, order, parked, put_one, retry, settle, state_of, take

from engine.message import Phase, State
from engine.outcome import Discarded
from engine.store.records import Progress
from engine.store.store import OperationStore

LANE = "orders\x1fSO1"


async def three(store: OperationStore, **fields: object) -> tuple[int, int, int]:
    """Three ready messages of one lane."""
    ids = [(await put_one(store, new(lane=LANE, **fields))).message_id for _ in range(3)]
    return ids[0], ids[1], ids[2]


async def test_only_the_head_of_a_lane_is_claimed(store: OperationStore) -> None:
    """REL-8."""
    first, second, _ = await three(store)
    other = await put_one(store, new(lane="orders\x1fSO2"))
    works = await store.claim("flow:orders", 10)
    assert {work.message.id for work in works} == {first, other.message_id}
    head = next(work for work in works if work.message.id == first)
    assert (await settle(store, head.lease)).unblocked == "flow:orders"
    assert await take(store) == [second]


async def test_retrying_head_holds_its_lane_only(store: OperationStore) -> None:
    """REL-9."""
    first, second, _ = await three(store)
    (work,) = await store.claim("flow:orders", 10)
    assert (await settle(store, work.lease, retry(T0 + 10))).unblocked is None
    assert await take(store) == []
    other = await put_one(store, new(lane="orders\x1fSO2"))
    assert await take(store) == [other.message_id]
    await store.promote(T0 + 10)
    assert await take(store) == [first]
    assert await state_of(store, second) is State.READY


async def test_parked_head_holds_its_lane(store: OperationStore) -> None:
    first, second, _ = await three(store)
    (work,) = await store.claim("flow:orders", 10)
    assert (await settle(store, work.lease, parked())).unblocked is None
    assert await take(store) == []
    released = await order(store, first, State.PARKED, verb="release")
    assert released.applied
    assert await take(store) == [first]
    assert await state_of(store, second) is State.READY


async def test_parked_message_that_frees_its_lane_lets_the_next_run(store: OperationStore) -> None:
    first, second, _ = await three(store)
    (work,) = await store.claim("flow:orders", 10)
    assert (await settle(store, work.lease, parked(frees_lane=True))).unblocked == "flow:orders"
    assert await take(store) == [second]
    await order(store, first, State.PARKED, verb="release")
    assert await take(store) == []


async def test_overtaker_runs_past_a_parked_head(store: OperationStore) -> None:
    """A cancellation passes the order that waits for credit, but not a later order's turn."""
    lease = await leased(store, lane=LANE)
    later = await put_one(store, new(lane=LANE))
    cancel = await put_one(store, new("flow:cancel", lane=LANE, overtakes=True))
    assert not cancel.eligible
    assert (await settle(store, lease, parked())).unblocked == "flow:cancel"
    assert await take(store) == []
    (work,) = await store.claim("flow:cancel", 10)
    assert work.message.id == cancel.message_id
    await settle(store, work.lease)
    assert await take(store) == []
    assert await state_of(store, later.message_id) is State.READY


async def test_overtaker_that_comes_after_the_park_is_eligible_at_once(store: OperationStore) -> None:
    lease = await leased(store, lane=LANE)
    await settle(store, lease, parked())
    cancel = await put_one(store, new("flow:cancel", lane=LANE, overtakes=True))
    assert cancel.eligible
    assert await take(store, "flow:cancel") == [cancel.message_id]


async def test_released_head_waits_for_the_overtaker_that_runs(store: OperationStore) -> None:
    """One at a time also when the head comes back while the cancellation is running."""
    lease = await leased(store, lane=LANE)
    await settle(store, lease, parked())
    await put_one(store, new("flow:cancel", lane=LANE, overtakes=True))
    (work,) = await store.claim("flow:cancel", 10)
    await order(store, lease.message_id, State.PARKED, verb="release")
    assert await take(store) == []
    assert (await settle(store, work.lease)).unblocked == "flow:orders"
    assert await take(store) == [lease.message_id]


async def test_second_overtaker_does_not_pass_the_first(store: OperationStore) -> None:
    lease = await leased(store, lane=LANE)
    await settle(store, lease, parked())
    first = await put_one(store, new("flow:cancel", lane=LANE, overtakes=True))
    second = await put_one(store, new("flow:cancel", lane=LANE, overtakes=True))
    (work,) = await store.claim("flow:cancel", 10)
    assert work.message.id == first.message_id
    await settle(store, work.lease, retry(T0 + 5))
    assert await take(store, "flow:cancel") == []
    await store.promote(T0 + 5)
    (work,) = await store.claim("flow:cancel", 10)
    assert work.message.id == first.message_id
    assert (await settle(store, work.lease)).unblocked == "flow:cancel"
    assert await take(store, "flow:cancel") == [second.message_id]


async def test_released_overtakers_wait_for_a_later_one_that_runs(store: OperationStore) -> None:
    """However many are released in front of the one that runs."""
    lease = await leased(store, lane=LANE)
    await settle(store, lease, parked())
    earlier = [(await put_one(store, new("flow:cancel", lane=LANE, overtakes=True))).message_id for _ in range(4)]
    last = await put_one(store, new("flow:cancel", lane=LANE, overtakes=True))
    for message_id in earlier:
        (work,) = await store.claim("flow:cancel", 10)
        assert work.message.id == message_id
        await settle(store, work.lease, parked())
    (running,) = await store.claim("flow:cancel", 10)
    assert running.message.id == last.message_id
    for message_id in earlier:
        await order(store, message_id, State.PARKED, verb="release")
        assert await take(store, "flow:cancel") == []
    assert (await settle(store, running.lease)).unblocked == "flow:cancel"
    assert await take(store, "flow:cancel") == earlier[:1]


async def test_dead_message_lets_go_of_its_lane_unless_it_holds_it(store: OperationStore) -> None:
    _, second, third = await three(store)
    (work,) = await store.claim("flow:orders", 10)
    assert (await settle(store, work.lease, dead())).unblocked == "flow:orders"
    (work,) = await store.claim("flow:orders", 10)
    assert work.message.id == second
    assert (await settle(store, work.lease, dead(holds_lane=True))).unblocked is None
    assert await take(store) == []
    discarded = await order(store, second, State.DEAD, verb="discard", outcome=Discarded("seen", "by hand"))
    assert (discarded.applied, discarded.unblocked) == (True, "flow:orders")
    assert await take(store) == [third]


async def test_undo_still_holds_the_lane(store: OperationStore) -> None:
    await three(store)
    (work,) = await store.claim("flow:orders", 10)
    await store.record(Progress(work.lease, phase=Phase.UNDO))
    await settle(store, work.lease, retry(T0 + 1))
    assert await take(store) == []


async def test_resent_message_takes_its_old_place_when_nothing_later_ran(store: OperationStore) -> None:
    first, second, _ = await three(store)
    (work,) = await store.claim("flow:orders", 10)
    position = work.message.position
    await settle(store, work.lease, dead())
    await order(store, first, State.DEAD)
    assert (await known(store, first)).position == position
    assert await take(store) == [first]
    assert await state_of(store, second) is State.READY


async def test_resent_message_goes_to_the_tail_when_a_later_one_ran(store: OperationStore) -> None:
    first, second, third = await three(store)
    (work,) = await store.claim("flow:orders", 10)
    await settle(store, work.lease, dead())
    (work,) = await store.claim("flow:orders", 10)
    assert work.message.id == second
    await order(store, first, State.DEAD)
    assert (await known(store, first)).position > (await known(store, third)).position
    await settle(store, work.lease)
    assert await take(store) == [third]


async def test_dead_message_that_held_its_lane_keeps_its_place_when_resent(store: OperationStore) -> None:
    """Also when a later message was discarded meanwhile: what stood behind the dead one must not pass it."""
    first, second, third = await three(store)
    (work,) = await store.claim("flow:orders", 10)
    await settle(store, work.lease, dead(holds_lane=True))
    await order(store, third, State.READY, verb="discard", outcome=Discarded("mistake"))
    await order(store, first, State.DEAD)
    assert (await known(store, first)).position == work.message.position
    (work,) = await store.claim("flow:orders", 10)
    assert work.message.id == first
    assert (await settle(store, work.lease)).unblocked == "flow:orders"
    assert await take(store) == [second]


async def test_message_put_back_at_the_head_takes_the_turn_of_the_next(store: OperationStore) -> None:
    first, second, _ = await three(store)
    (work,) = await store.claim("flow:orders", 10)
    await settle(store, work.lease, Discarded("mistake"))
    await order(store, first, State.DISCARDED, verb="reprocess")
    (work,) = await store.claim("flow:orders", 10)
    assert work.message.id == first
    assert (await settle(store, work.lease)).unblocked == "flow:orders"
    assert await take(store) == [second]


async def test_head_with_an_output_into_its_own_lane_comes_before_it(store: OperationStore) -> None:
    lease = await leased(store, lane=LANE)
    recorded = await settle(store, lease, outputs=(new(lane=LANE, step="send:self"),))
    assert recorded.appended[0].eligible
    assert await take(store) == [recorded.appended[0].message_id]


async def test_checkpoint_with_an_output_into_its_own_lane_keeps_it_waiting(store: OperationStore) -> None:
    lease = await leased(store, lane=LANE)
    recorded = await store.record(Progress(lease, outputs=(new(lane=LANE, step="send:self"),)))
    assert not recorded.appended[0].eligible
    assert (await settle(store, lease)).unblocked == "flow:orders"


async def test_lanes_are_shared_by_channels(store: OperationStore) -> None:
    lease = await leased(store, channel="flow:a", lane=LANE)
    await put_one(store, new("flow:b", lane=LANE))
    assert await take(store, "flow:b") == []
    assert (await settle(store, lease)).unblocked == "flow:b"


async def test_urgent_messages_are_claimed_first(store: OperationStore) -> None:
    """REL-13."""
    normal = await put_one(store, new())
    urgent = await put_one(store, new(priority=0))
    assert await take(store, limit=1) == [urgent.message_id]
    assert await take(store, limit=1) == [normal.message_id]

"""A message stored with the end of its exchange: whole where it may run at once, else as if nothing was foreseen."""

from __future__ import annotations

import asyncio

import pytest
from store_harness import T0, Harness, claim, known, leased, new, order, output, put, put_one, settle, state_of, take

from engine.message import Lease, State
from engine.outcome import Completed, Discarded, Outcome
from engine.store.records import (
    Append,
    Appended,
    AppendStatus,
    Milestone,
    NewMessage,
    Progress,
    Selection,
    Settlement,
)
from engine.store.store import OperationStore

LANE = "orders\x1fSO1"


def ending(message_id: int, *outputs: NewMessage, outcome: Outcome | None = None, **fields: object) -> Settlement:
    progress = Progress(
        Lease(message_id, 0),
        outputs=outputs,
        output_lease=(True,) * len(outputs),
        milestones=(Milestone("sent", T0),),
        revision="r1",
    )
    return Settlement(progress, outcome or Completed(), T0 + 1, **fields)  # type: ignore[arg-type]


async def arrive(store: OperationStore, message: NewMessage, *outputs: NewMessage, **fields: object) -> Appended:
    own = store.new_id()
    (result,) = await store.append(
        Append((message,), ids=(own,), endings=(ending(own, *outputs, **fields),))  # type: ignore[arg-type]
    )
    return result


async def test_a_message_is_stored_completed_and_its_outputs_leased(store: OperationStore) -> None:
    message = new(lane=LANE, business_keys=(("sales-order", "SO1"),))
    result = await arrive(store, message, output(lane="system:erp\x1fSO1"), answer=b'{"status": 200}')
    assert (result.status, result.lease, result.eligible) == (AppendStatus.FRESH, None, False)
    assert result.ended is not None
    (sent,) = result.ended
    assert sent.lease is not None
    trace = await store.trace(result.message_id)
    assert trace is not None
    assert (trace.message.state, trace.message.attempts, trace.message.settled_at) == (State.COMPLETED, 1, T0 + 1)
    assert trace.message.revision == "r1"
    assert [(line.step, line.facts) for line in trace.journal] == [("send:erp", {"messages": [sent.message_id]})]
    assert [milestone.name for milestone in trace.milestones] == ["sent"]
    assert trace.answer == b'{"status": 200}'
    child = await known(store, sent.message_id)
    assert (child.causation_id, child.correlation_id) == (result.message_id, result.correlation_id)


async def test_its_trace_is_that_of_a_message_that_was_run(store: OperationStore) -> None:
    """What is foreseen leaves the same record as what is run."""
    fields = {"body": b"{}", "lane": LANE, "business_keys": (("sales-order", "SO1"),), "headers": {"a": "b"}}
    foreseen = await arrive(store, new(**fields), output())
    ran = await put_one(store, new(**fields), lease=True)
    assert ran.lease is not None
    await settle(store, ran.lease, outputs=(output(),), milestones=(Milestone("sent", T0),), revision="r1")
    one, other = await store.trace(foreseen.message_id), await store.trace(ran.message_id)
    assert one is not None
    assert other is not None
    own = ("id", "position", "origin", "lease", "first_attempt_at")
    first, second = (
        {n: getattr(t.message, n) for n in t.message.__struct_fields__ if n not in own} for t in (one, other)
    )
    assert first == second
    assert [line.step for line in one.journal] == [line.step for line in other.journal]


async def test_the_lane_is_free_after_it(store: OperationStore) -> None:
    await arrive(store, new(lane=LANE))
    assert (await put_one(store, new(lane=LANE), lease=True)).lease is not None


async def test_behind_another_of_its_lane_it_waits_and_runs_later(store: OperationStore) -> None:
    """REL-3: order per lane holds for what was foreseen, too."""
    first = await leased(store, lane=LANE)
    second = await arrive(store, new(lane=LANE), output(), answer=b"{}")
    assert (second.ended, second.eligible, second.lease) == (None, False, None)
    assert await state_of(store, second.message_id) is State.READY
    assert await store.find(Selection(channel="system:erp")) == ()
    assert await store.answer(second.message_id) is None
    assert (await settle(store, first)).unblocked == "flow:orders"
    assert await take(store) == [second.message_id]


async def test_a_repeat_leaves_nothing_of_it(store: OperationStore) -> None:
    """REL-2."""
    first = await arrive(store, new(claims=(claim("A"),)), output())
    again = await arrive(store, new(claims=(claim("A"),)), output())
    assert (again.status, again.message_id, again.ended) == (AppendStatus.REPEAT, first.message_id, None)
    assert len(await store.find(Selection(channel="system:erp"))) == 1


async def test_a_discarded_one_says_why(store: OperationStore) -> None:
    result = await arrive(store, new(), outcome=Discarded("filtered", "not for us"))
    message = await known(store, result.message_id)
    assert (message.state, message.failure) == (State.DISCARDED, {"reason": "filtered", "detail": "not for us"})


async def test_two_of_one_lane_in_one_group_run_in_their_order(store: OperationStore) -> None:
    ids = (store.new_id(), store.new_id())
    one, two = output("send:a", lane="system:erp\x1fSO1"), output("send:b", lane="system:erp\x1fSO1")
    first, second = await store.append(
        Append((new(lane=LANE), new(lane=LANE)), ids=ids, endings=(ending(ids[0], one), ending(ids[1], two)))
    )
    assert first.ended is not None
    assert second.ended is not None
    assert first.ended[0].lease is not None
    assert (second.ended[0].lease, second.ended[0].eligible) == (None, False)
    assert first.ended[0].position < second.ended[0].position


OUT = "system:erp\x1fSO1"


def ordinary(key: str, lane: str) -> NewMessage:
    """A message about which one look decides."""
    return new(lane=lane, claims=(claim(key),), business_keys=(("sales-order", key),))


async def test_an_output_runs_at_once_only_where_its_lane_is_empty(store: OperationStore) -> None:
    """REL-3: with the lane looked at beside its message's, and in one commit with others of that lane."""
    results = await asyncio.gather(
        *(arrive(store, ordinary(key, f"orders\x1f{key}"), output(lane=OUT)) for key in ("A", "B"))
    )
    later = await arrive(store, ordinary("C", "orders\x1fC"), output(lane=OUT))
    sent = [result.ended[0] for result in (*results, later) if result.ended is not None]
    assert [one.lease is not None for one in sent] == [True, False, False]
    assert [one.eligible for one in sent] == [False, False, False]


async def test_of_two_outputs_in_one_lane_the_first_runs(store: OperationStore) -> None:
    result = await arrive(store, ordinary("A", LANE), output("send:a", lane=OUT), output("send:b", lane=OUT))
    assert result.ended is not None
    assert [one.lease is not None for one in result.ended] == [True, False]


async def test_an_output_in_its_messages_own_lane_runs_when_that_has_ended(store: OperationStore) -> None:
    result = await arrive(store, ordinary("A", LANE), output(lane=LANE))
    assert result.ended is not None
    assert result.ended[0].lease is not None


async def test_what_it_has_appended_is_not_appended_again(store: OperationStore) -> None:
    """Promise 3: reprocessed, it skips the step; ordered again, the step's new output is what counts from then on."""
    result = await arrive(store, new(lane=LANE), output("send:a", lane=OUT), output("send:b"))
    assert result.ended is not None
    one, two = (sent.message_id for sent in result.ended)
    assert (await order(store, result.message_id)).applied
    (work,) = await store.claim("flow:orders", 1)
    assert [(line.step, line.facts["messages"]) for line in work.journal] == [("send:a", [one]), ("send:b", [two])]
    recorded = await settle(store, work.lease, outputs=(output("send:a"), output("send:b"), output("send:c")))
    assert [sent.status.value for sent in recorded.appended] == ["repeat", "repeat", "fresh"]
    assert [sent.message_id for sent in recorded.appended[:2]] == [one, two]
    assert (await order(store, result.message_id, again=("send:a",))).applied
    (work,) = await store.claim("flow:orders", 1)
    recorded = await settle(store, work.lease, outputs=(output("send:a"), output("send:b")))
    assert [sent.status.value for sent in recorded.appended] == ["fresh", "repeat"]
    trace = await store.trace(result.message_id)
    assert trace is not None
    lines = {line.step: line.facts["messages"] for line in trace.journal}
    assert lines["send:a"] == [recorded.appended[0].message_id]
    assert lines["send:b"] == [two]


async def test_an_output_with_a_used_key_and_another_body_is_a_dead_letter_in_the_same_commit(
    store: OperationStore,
) -> None:
    """Promise 12: it is neither taken for a repeat nor lost."""
    await put(store, new("flow:a", claims=(claim("A"),)))
    copy = output("publish>a", "flow:a", claims=(claim("A", b"other"),), key="A", body=b'{"order": 2}')
    result = await arrive(store, new(), copy)
    assert result.ended is not None
    assert result.ended[0].status is AppendStatus.CONFLICT
    (dead,) = await store.find(Selection(channel="flow:a", states=(State.DEAD,)))
    assert (dead.failure or {})["reason"] == "key-conflict"
    assert dead.causation_id == result.message_id
    assert await store.payload(dead.payload) == b'{"order": 2}'


async def test_ids_grow_whoever_draws_them(store: OperationStore) -> None:
    drawn = store.new_id()
    appended = await put_one(store)
    assert drawn < appended.message_id < store.new_id()


@pytest.mark.parametrize("answer", [None, b'{"status": 201}'])
async def test_no_payload_is_left_behind_by_an_ending_that_was_not_written(
    harness: Harness, store: OperationStore, answer: bytes | None
) -> None:
    await leased(store, lane=LANE)
    await arrive(store, new(lane=LANE), output(body=b"never stored"), answer=answer)
    rows = await harness.execute("SELECT count(*) FROM payload")
    assert rows[0][0] == 1

"""Settle and record: one transaction for state, outputs, journal, milestones and attempt, and only under the lease."""

from __future__ import annotations

import asyncio

import pytest
from store_harness import (
    T0,
    Harness,
    attempt,
    dead,
    done,
    failure,
    known,
    leased,
    new,
    order,
    output,
    parked,
    put_one,
    retry,
    settle,
    state_of,
    take,
)

from engine.message import Lease, Phase, State
from engine.outcome import Completed, Dead, Deferred, Discarded, Failure, Retry
from engine.store.records import (
    AppendStatus,
    Claim,
    JournalEntry,
    JournalKind,
    Mark,
    Milestone,
    Progress,
    Selection,
    Settlement,
    Watermark,
)
from engine.store.store import OperationStore


async def test_completed_message_is_settled_with_everything_it_did(store: OperationStore) -> None:
    """OBS-1: one commit writes state, journal, attempt, milestone, outputs and answer."""
    lease = await leased(store, business_keys=(("sales-order", "SO1"),))
    recorded = await settle(
        store,
        lease,
        Completed(),
        journal=(done("call:erp", request=b"<ask/>", reply=b"<yes/>", facts={"status": 201}),),
        outputs=(output(origin=lease.message_id, key="k"),),
        milestones=(Milestone("booked", T0, "in the ERP"),),
        attempt=attempt(request=b"ask", reply=b"yes", status=201, revision="r1"),
        revision="r1",
        answer=b'{"ok":true}',
    )
    assert recorded.applied
    trace = await store.trace(lease.message_id)
    assert trace is not None
    assert (trace.message.state, trace.message.attempts, trace.message.settled_at) == (State.COMPLETED, 1, T0 + 1)
    assert trace.message.revision == "r1"
    entry, noted = trace.journal
    assert (entry.request, entry.reply, entry.facts) == (b"<ask/>", b"<yes/>", {"status": 201})
    assert (noted.kind, noted.facts) == (JournalKind.OUTPUT, {"messages": [recorded.appended[0].message_id]})
    assert trace.attempts == (attempt(request=b"ask", reply=b"yes", status=201, revision="r1"),)
    assert [(point.name, point.note) for point in trace.milestones] == [("booked", "in the ERP")]
    assert trace.answer == await store.answer(lease.message_id) == b'{"ok":true}'


async def test_output_inherits_its_transaction(store: OperationStore) -> None:
    lease = await leased(store, business_keys=(("sales-order", "SO1"),))
    recorded = await settle(store, lease, outputs=(output(business_keys=(("erp-order", "4711"),)),))
    sent = await known(store, recorded.appended[0].message_id)
    assert sent.correlation_id == (await known(store, lease.message_id)).correlation_id
    assert sent.causation_id == lease.message_id
    found = await store.find(Selection(business_key=("erp-order", "4711")))
    assert [message.id for message in found] == [lease.message_id, sent.id]


async def test_output_is_leased_in_the_settling_commit(store: OperationStore) -> None:
    lease = await leased(store)
    recorded = await settle(store, lease, outputs=(output(lane="erp\x1f1"),), output_lease=(True,))
    sent = recorded.appended[0].lease
    assert sent is not None
    assert (await settle(store, sent)).applied


@pytest.mark.parametrize("state", [State.READY, State.RUNNING, State.COMPLETED])
async def test_lost_lease_changes_nothing(store: OperationStore, state: State) -> None:
    """REL-10: a late worker's settle and record are not applied, whatever happened meanwhile."""
    lease = await leased(store)
    await store.give_back((lease,))
    if state is not State.READY:
        (work,) = await store.claim("flow:orders", 1)
        if state is State.COMPLETED:
            await settle(store, work.lease)
    before = await store.trace(lease.message_id)
    everything = {"journal": (done("x"),), "outputs": (output(),), "milestones": (Milestone("booked", T0),)}
    assert not (await settle(store, lease, dead(), attempt=attempt(), answer=b"late", **everything)).applied
    assert not (await store.record(Progress(lease, **everything))).applied
    assert await store.trace(lease.message_id) == before
    assert await store.count(Selection()) == 1


async def test_message_is_settled_once(store: OperationStore) -> None:
    lease = await leased(store)
    results = await asyncio.gather(*(settle(store, lease) for _ in range(5)))
    assert [result.applied for result in results] == [True, False, False, False, False]


async def test_attempt_that_sent_the_messages_own_bytes_names_them(harness: Harness, store: OperationStore) -> None:
    lease = await leased(store, body=b"own")
    await settle(store, lease, retry(), body=b"own", attempt=attempt(request=b"own", reply=b"busy"))
    assert await harness.execute("SELECT uses FROM payload ORDER BY size") == [(1,), (1,)]
    trace = await store.trace(lease.message_id)
    assert trace is not None
    assert trace.attempts == (attempt(request=b"own", reply=b"busy"),)


async def test_attempt_that_sent_other_bytes_keeps_them(store: OperationStore) -> None:
    lease = await leased(store, body=b"own")
    await settle(store, lease, retry(), body=b"own", attempt=attempt(request=b"other"))
    trace = await store.trace(lease.message_id)
    assert trace is not None
    assert trace.attempts == (attempt(request=b"other"),)


async def test_retry_waits_and_counts_an_attempt(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, retry(T0 + 10), attempt=attempt(outcome="retry"), uncertain=True)
    message = await known(store, lease.message_id)
    assert (message.state, message.not_before, message.attempts) == (State.WAITING, T0 + 10, 1)
    assert message.uncertain
    assert message.failure is not None
    assert message.failure["reason"] == "no-route"
    assert message.first_attempt_at is not None
    assert await store.promote(T0 + 10) == ("flow:orders",)
    assert await take(store) == [message.id]


async def test_deferred_uses_up_no_attempt(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, Deferred(T0 + 10, "maintenance"))
    message = await known(store, lease.message_id)
    assert (message.state, message.attempts, message.first_attempt_at) == (State.WAITING, 0, None)


async def test_uncertainty_stays_until_the_message_is_completed(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, retry(T0), uncertain=True)
    await store.promote(T0)
    (work,) = await store.claim("flow:orders", 1)
    assert work.message.uncertain
    await settle(store, work.lease, Deferred(T0, "breaker"))
    assert (await known(store, lease.message_id)).uncertain
    await store.promote(T0)
    (work,) = await store.claim("flow:orders", 1)
    await settle(store, work.lease)
    assert not (await known(store, lease.message_id)).uncertain


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Discarded("stale", "newer was there"), State.DISCARDED), (dead(), State.DEAD), (parked(), State.PARKED)],
)
async def test_outcome_leads_to_its_state(store: OperationStore, outcome: Discarded, state: State) -> None:
    lease = await leased(store)
    await settle(store, lease, outcome)
    assert await state_of(store, lease.message_id) is state
    reason = {State.DISCARDED: "stale", State.DEAD: "unknown-item", State.PARKED: "credit-hold"}[state]
    assert [message.id for message in await store.find(Selection(reason=reason))] == [lease.message_id]


async def test_record_keeps_the_lease_and_the_journal(store: OperationStore) -> None:
    """REL-3: begun and done are on disk before the next step; whoever claims next reads them."""
    lease = await leased(store)
    begun = JournalEntry("call:erp", JournalKind.BEGUN, T0, request=b"ask")
    assert (await store.record(Progress(lease, journal=(begun,), revision="r1"))).applied
    assert (await store.record(Progress(lease, journal=(done("call:erp", reply=b"yes"),)))).applied
    await store.give_back((lease,))
    (work,) = await store.claim("flow:orders", 1)
    assert [(entry.step, entry.kind) for entry in work.journal] == [
        ("call:erp", JournalKind.BEGUN),
        ("call:erp", JournalKind.DONE),
    ]
    assert work.journal[0].request == b"ask"
    assert work.message.revision == "r1"


async def test_later_journal_entry_replaces_the_earlier_one(store: OperationStore) -> None:
    lease = await leased(store)
    await store.record(Progress(lease, journal=(done("a", reply=b"1"), done("b", reply=b"2"))))
    await store.record(Progress(lease, journal=(done("a", reply=b"3"),)))
    trace = await store.trace(lease.message_id)
    assert trace is not None
    assert [(entry.step, entry.reply) for entry in trace.journal] == [("b", b"2"), ("a", b"3")]


async def test_outputs_of_a_step_are_appended_once(store: OperationStore) -> None:
    """REL-4: over retries and reprocessing; the earlier message is named instead."""
    lease = await leased(store)
    first = await store.record(Progress(lease, outputs=(output("send:a"), output("send:a", "system:wms"))))
    await settle(store, lease, retry(T0))
    await store.promote(T0)
    (work,) = await store.claim("flow:orders", 1)
    second = await settle(
        store, work.lease, outputs=(output("send:a"), output("send:a", "system:wms"), output("send:b"))
    )
    assert [result.status for result in second.appended] == [
        AppendStatus.REPEAT,
        AppendStatus.REPEAT,
        AppendStatus.FRESH,
    ]
    assert [result.message_id for result in second.appended[:2]] == [result.message_id for result in first.appended]
    assert await store.count(Selection(channel="system:erp")) == 2
    assert await store.count(Selection(channel="system:wms")) == 1


async def test_step_ordered_again_is_done_again_exactly_once(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, outputs=(output("send:a"),), journal=(done("call:x"),))
    await order(store, lease.message_id, again=("send:a", "call:x"))
    (work,) = await store.claim("flow:orders", 1)
    assert work.message.again == ("send:a", "call:x")
    again = await store.record(Progress(work.lease, outputs=(output("send:a"),)))
    assert again.appended[0].status is AppendStatus.FRESH
    assert (await known(store, lease.message_id)).again == ("call:x",)
    third = await settle(store, work.lease, outputs=(output("send:a"),))
    assert third.appended[0].status is AppendStatus.REPEAT
    assert third.appended[0].message_id == again.appended[0].message_id


async def test_output_without_a_step_is_refused(store: OperationStore) -> None:
    lease = await leased(store)
    with pytest.raises(ValueError, match="does not name the step"):
        await settle(store, lease, outputs=(new("system:erp"),))
    assert await state_of(store, lease.message_id) is State.RUNNING


async def test_output_with_a_taken_claim_is_not_appended(store: OperationStore) -> None:
    taken = Claim("topic", "E1", b"d", T0 + 99)
    first = await put_one(store, new("flow:other", claims=(taken,)))
    lease = await leased(store)
    recorded = await settle(store, lease, outputs=(output(claims=(taken,)),))
    assert (recorded.appended[0].status, recorded.appended[0].message_id) == (AppendStatus.REPEAT, first.message_id)


async def test_mark_is_written_restored_and_cleared(store: OperationStore) -> None:
    """REL-12: the stale guard's mark moves with the first effect, and back when that is undone."""
    lease = await leased(store)
    older = Mark("orders\x1fSO1", b"3", 1)
    newer = Mark("orders\x1fSO1", b"4", lease.message_id)
    await store.record(Progress(lease, mark=older))
    await store.record(Progress(lease, mark=newer))
    assert await store.mark("orders\x1fSO1") == newer
    await store.record(Progress(lease, restore=older, phase=Phase.UNDO))
    assert await store.mark("orders\x1fSO1") == older
    assert (await known(store, lease.message_id)).phase is Phase.UNDO
    await settle(store, lease, dead(), clear_mark="orders\x1fSO1")
    assert await store.mark("orders\x1fSO1") is None


async def test_milestone_is_passed_once_by_a_message(store: OperationStore) -> None:
    lease = await leased(store)
    await store.record(Progress(lease, milestones=(Milestone("booked", T0),)))
    await settle(store, lease, milestones=(Milestone("booked", T0 + 9),))
    trace = await store.trace(lease.message_id)
    assert trace is not None
    assert [(point.name, point.at) for point in trace.milestones] == [("booked", T0)]


async def test_settlement_moves_a_polls_watermark(store: OperationStore) -> None:
    lease = await leased(store)
    await store.settle(Settlement(Progress(lease), Completed(), T0, watermark=Watermark("poll", b"7")))
    assert await store.watermark("poll") == b"7"


async def test_load_gives_the_work_behind_a_lease(store: OperationStore) -> None:
    lease = await leased(store, body=b"bytes", business_keys=(("sales-order", "1"),))
    work = await store.load(lease)
    assert work is not None
    assert (work.body, work.lease, work.business_keys) == (b"bytes", lease, (("sales-order", "1"),))
    assert await store.load(Lease(lease.message_id, lease.token + 1)) is None


async def test_second_answer_replaces_the_first(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, Retry(T0, failure()), answer=b"soon")
    await store.promote(T0)
    (work,) = await store.claim("flow:orders", 1)
    await settle(store, work.lease, answer=b"done")
    assert await store.answer(lease.message_id) == b"done"


async def test_a_detail_with_nul_settles_and_is_shown_with_the_symbol_for_it(store: OperationStore) -> None:
    """What a peer writes into its refusal is never a reason that a message cannot end."""
    lease = await leased(store)
    told = Failure("data", "refused", "answered 422: \x00bad")
    tried = attempt(outcome="dead", reason="refused", detail=told.detail)
    recorded = await settle(store, lease, Dead(told), attempt=tried, milestones=(Milestone("seen", T0, "by\x00ERP"),))
    assert recorded.applied
    trace = await store.trace(lease.message_id)
    assert trace is not None
    assert trace.attempts[0].detail == "answered 422: \u2400bad"
    assert trace.milestones[0].note == "by\u2400ERP"
    assert (trace.message.failure or {})["detail"] == told.detail
    ordered = await order(store, lease.message_id, reason="asked\x00by phone")
    assert ordered.applied


async def test_a_plain_end_that_names_its_lane_says_who_follows(store: OperationStore) -> None:
    """REL-3: the short way to an end sees the one who waits, in the store or in its own batch."""
    lane = "system:erp\x1fSO1"
    first = await leased(store, channel="system:erp", lane=lane)
    second = await put_one(store, new("system:erp", lane=lane))
    recorded = await settle(store, first, lane=lane)
    assert (recorded.applied, recorded.unblocked) == (True, "system:erp")
    (work,) = await store.claim("system:erp", 1)
    assert work.message.id == second.message_id
    third, recorded = await asyncio.gather(
        put_one(store, new("system:erp", lane=lane)), settle(store, work.lease, lane=lane)
    )
    assert recorded.applied
    assert await take(store, "system:erp") == [third.message_id]


async def test_a_plain_end_without_its_lease_writes_nothing(store: OperationStore) -> None:
    """REL-14."""
    lease = await leased(store, channel="system:erp")
    late = Lease(lease.message_id, lease.token + 1)
    assert not (await settle(store, late, lane=None, attempt=attempt())).applied
    assert await state_of(store, lease.message_id) is State.RUNNING
    assert (await settle(store, lease, lane=None, attempt=attempt())).applied
    trace = await store.trace(lease.message_id)
    assert trace is not None
    assert (trace.message.state, trace.message.attempts, len(trace.attempts)) == (State.COMPLETED, 1, 1)

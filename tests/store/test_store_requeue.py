"""An operator's orders: in one commit with their audit record, and only on a message in a state that allows them."""

from __future__ import annotations

import pytest
from store_harness import T0, dead, done, known, leased, order, parked, put_one, retry, settle, state_of, take

from engine.errors import CommandRefused
from engine.message import Phase, State
from engine.outcome import Completed, Dead, Discarded, Failure
from engine.store.records import AuditRecord, JournalEntry, JournalKind, Progress
from engine.store.store import OperationStore


async def test_order_on_an_unknown_message_is_not_applied(store: OperationStore) -> None:
    requeued = await order(store, 12345)
    assert (requeued.applied, requeued.message) == (False, None)


async def test_order_that_does_not_fit_the_state_changes_nothing(store: OperationStore) -> None:
    lease = await leased(store)
    requeued = await order(store, lease.message_id, State.DEAD)
    assert not requeued.applied
    assert requeued.message is not None
    assert requeued.message.state is State.RUNNING
    trace = await store.trace(lease.message_id)
    assert trace is not None
    assert trace.audit == ()


async def test_resent_message_runs_again_with_a_record_of_who_wanted_it(store: OperationStore) -> None:
    """REL-16."""
    lease = await leased(store)
    await settle(store, lease, dead(), revision="r1")
    requeued = await order(store, lease.message_id, State.DEAD, revision="r2", force=True, facts={"ticket": 7})
    assert requeued.message is not None
    message = requeued.message
    assert (message.state, message.attempts, message.revision, message.force) == (State.READY, 0, "r2", True)
    assert (message.failure, message.settled_at) == (None, None)
    trace = await store.trace(lease.message_id)
    assert trace is not None
    assert trace.audit == (AuditRecord(T0 + 5, "ann", "resend", lease.message_id, "test", {"ticket": 7}),)
    assert await take(store) == [lease.message_id]


async def test_replayed_message_can_be_told_to_wait(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease)
    await order(store, lease.message_id, State.COMPLETED, verb="replay", not_before=T0 + 30)
    assert await state_of(store, lease.message_id) is State.WAITING
    assert await store.promote(T0 + 30) == ("flow:orders",)


async def test_journal_survives_reprocessing(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, dead(), journal=(done("a", reply=b"1"),))
    entry = JournalEntry("a", JournalKind.UNDONE, T0)
    await order(store, lease.message_id, journal=(entry,))
    (work,) = await store.claim("flow:orders", 1)
    assert [(line.step, line.kind) for line in work.journal] == [("a", JournalKind.DONE), ("a", JournalKind.UNDONE)]


async def test_late_worker_of_a_discarded_message_changes_nothing(store: OperationStore) -> None:
    lease = await leased(store)
    await order(store, lease.message_id, State.RUNNING, verb="discard", outcome=Discarded("wrong", "by hand"))
    assert not (await settle(store, lease)).applied
    message = await known(store, lease.message_id)
    assert (message.state, message.failure) == (State.DISCARDED, {"reason": "wrong", "detail": "by hand"})


async def test_overdue_message_can_be_ended_as_dead(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, parked(due=T0))
    await order(store, lease.message_id, State.PARKED, outcome=Dead(Failure("rejected", "overdue", "nobody came")))
    message = await known(store, lease.message_id)
    assert (message.state, message.parked) == (State.DEAD, None)
    assert await store.next_due() is None


async def test_order_cannot_complete_a_message(store: OperationStore) -> None:
    lease = await leased(store)
    with pytest.raises(TypeError, match="Discarded or Dead"):
        await order(store, lease.message_id, outcome=Completed())
    assert await state_of(store, lease.message_id) is State.RUNNING


async def test_phase_goes_on_in_an_unfinished_message_and_begins_anew_in_a_dead_one(store: OperationStore) -> None:
    lease = await leased(store)
    await store.record(Progress(lease, phase=Phase.UNDO))
    await settle(store, lease, parked())
    await order(store, lease.message_id, State.PARKED, verb="release")
    assert (await known(store, lease.message_id)).phase is Phase.UNDO
    (work,) = await store.claim("flow:orders", 1)
    await settle(store, work.lease, dead())
    await order(store, lease.message_id, State.DEAD)
    assert (await known(store, lease.message_id)).phase is Phase.FORWARD


async def test_answer_is_given_anew_after_reprocessing(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, answer=b"first")
    await order(store, lease.message_id, State.COMPLETED)
    assert await store.answer(lease.message_id) is None


async def test_attempts_go_on_when_told_so(store: OperationStore) -> None:
    lease = await leased(store)
    await settle(store, lease, retry())
    await order(store, lease.message_id, State.WAITING, reset_attempts=False)
    assert (await known(store, lease.message_id)).attempts == 1


async def test_message_without_its_payload_does_not_run_again(store: OperationStore) -> None:
    lease = await leased(store, body=b"personal")
    await settle(store, lease)
    assert await store.erase((await known(store, lease.message_id)).payload)
    with pytest.raises(CommandRefused, match="erased"):
        await order(store, lease.message_id)
    discarded = await put_one(store)
    assert (await order(store, discarded.message_id, outcome=Discarded("x"))).applied


async def test_audit_record_without_a_message(store: OperationStore) -> None:
    await store.audit(AuditRecord(T0, "ann", "pause", None, "maintenance", {"channel": "system:erp"}))

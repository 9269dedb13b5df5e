"""Settle: the end of an exchange or a delivery. State, outputs, journal, milestones and attempt in one transaction."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct

from engine.message import State
from engine.outcome import Completed, Dead, Deferred, Discarded, Outcome, Parked, Retry
from engine.store.encoding import plain_text, to_json
from engine.store.operations.base import (
    OWN_BODY,
    Batch,
    Locks,
    Operation,
    Steps,
    wake_lock,
)
from engine.store.operations.lanes import refresh_lane
from engine.store.operations.progress import (
    Leased,
    apply_progress,
    find_lease,
    leased_of,
    lines_of,
    locks_of,
    note_outputs,
    released_by,
)
from engine.store.operations.wakes import look_back, note_release
from engine.store.records import Attempt, Recorded, Settlement


class NewState(Struct, frozen=True):
    """What an outcome makes of a message's row. `failure` and `parked` are JSON."""

    state: State
    blocks: bool = True
    not_before: float | None = None
    failure: str | None = None
    error_class: str | None = None
    reason: str | None = None
    parked: str | None = None
    due: float | None = None
    settled: bool = False


def state_after(outcome: Outcome) -> NewState:
    """The one mapping of outcomes to states."""
    match outcome:
        case Completed():
            return NewState(State.COMPLETED, blocks=False, settled=True)
        case Retry(at, failure):
            return NewState(
                State.WAITING,
                not_before=at,
                failure=to_json(failure),
                error_class=failure.error_class,
                reason=failure.reason,
            )
        case Deferred(until, reason):
            return NewState(State.WAITING, not_before=until, failure=to_json({"reason": reason}), reason=reason)
        case Parked():
            return NewState(
                State.PARKED,
                blocks=not outcome.frees_lane,
                reason=outcome.reason,
                parked=to_json(outcome),
                due=outcome.due,
            )
        case Discarded(reason, detail):
            text = to_json({"reason": reason, "detail": detail})
            return NewState(State.DISCARDED, blocks=False, failure=text, reason=reason, settled=True)
        case Dead(failure, holds_lane):
            return NewState(
                State.DEAD,
                blocks=holds_lane,
                failure=to_json(failure),
                error_class=failure.error_class,
                reason=failure.reason,
                settled=True,
            )


def settle(settlement: Settlement) -> Operation[Recorded]:
    """See MessageStore.settle."""
    return Operation("settle", lambda batch: _settle(batch, settlement), lambda: _locks(settlement))


def _locks(settlement: Settlement) -> Locks:
    locks = locks_of(settlement.progress)
    outcome = settlement.outcome
    if isinstance(outcome, Parked) and outcome.wait is not None:
        wait = outcome.wait
        return Locks((*locks.names, wake_lock(wait.topic, wait.selector, wait.key)), locks.messages, locks.positions)
    return locks


def _is_plain(batch: Batch, settlement: Settlement) -> bool:
    """Whether all there is to write is that the message is completed, if nobody waits behind it in its lane."""
    progress = settlement.progress
    if progress.lane is UNSET or progress.lane in batch.lanes or progress.lease.message_id in batch.completed:
        return False
    if progress.outputs or progress.journal or progress.milestones or progress.phase is not None:
        return False
    if progress.mark is not None or progress.restore is not None or progress.clear_mark is not None:
        return False
    if progress.revision is not None:
        return False
    return isinstance(settlement.outcome, Completed) and settlement.answer is None and settlement.watermark is None


def _settle(batch: Batch, settlement: Settlement) -> Steps[Recorded]:
    if _is_plain(batch, settlement):
        lease = settlement.progress.lease
        counts = int(settlement.counts_attempt)
        if (yield ("complete_alone", (counts, settlement.at, lease.message_id, lease.token))):
            if settlement.attempt is not None:
                add_attempt(batch, lease.message_id, settlement.attempt, settlement.body)
            return Recorded(True)
    return (yield from _settle_in_general(batch, settlement))


def _settle_in_general(batch: Batch, settlement: Settlement) -> Steps[Recorded]:
    after = state_after(settlement.outcome)
    event = yield from _event_before_park(settlement.outcome)
    if event is not None:
        after = NewState(State.READY)
    progress = settlement.progress
    rows = yield from find_lease(batch, progress.lease)
    if not rows:
        return Recorded(applied=False)
    leased = leased_of(progress, rows[0])
    if settlement.answer is not None and leased.answer is not None:
        yield ("use_payload", (-1, leased.answer))
    name, params = _update(batch, settlement, after)
    alone = leased.lane is None or not (leased.shared or leased.lane in batch.lanes)
    if alone and after.state is State.COMPLETED:
        _complete_later(batch, leased, params)
    else:
        yield (name, params)
    appended, written = yield from apply_progress(batch, progress, leased)
    note_outputs(batch, leased, written)
    released = list(released_by(appended))
    if settlement.attempt is not None:
        add_attempt(batch, leased.id, settlement.attempt, settlement.body)
    if isinstance(settlement.outcome, Parked) and settlement.outcome.wait is not None:
        released += yield from _park_or_release(batch, settlement.outcome, leased, event, settlement.at)
    if settlement.watermark is not None:
        yield ("put_watermark", (settlement.watermark.name, settlement.watermark.value))
    unblocked = None
    if leased.lane is not None and not alone:
        places = yield from refresh_lane(batch, leased.lane)
        unblocked = next((place.channel for place in places if place.id != leased.id), None)
    return Recorded(True, appended, unblocked, tuple(dict.fromkeys(released)))


def _complete_later(batch: Batch, leased: Leased, params: tuple[Any, ...]) -> None:
    """Nobody follows in the lane, so the row may be written with the others at the batch's end."""
    batch.add("complete_message", params)
    batch.completed.add(leased.id)
    if leased.lane is not None:
        batch.lanes.add(leased.lane)


def _event_before_park(outcome: Outcome) -> Steps[tuple[int, bytes] | None]:
    if isinstance(outcome, Parked) and outcome.wait is not None:
        return (yield from look_back(outcome.wait))
    return None


def _update(batch: Batch, settlement: Settlement, after: NewState) -> tuple[str, tuple[Any, ...]]:
    """The statement that changes the message's own row."""
    progress = settlement.progress
    lease = progress.lease
    counts = int(settlement.counts_attempt and not isinstance(settlement.outcome, Deferred))
    answer = batch.put_payload_or_none(settlement.answer)
    phase = None if progress.phase is None else progress.phase.value
    common = (answer, phase, progress.revision, lines_of(progress), lease.message_id)
    if after.state is State.COMPLETED:
        return ("complete_message", (counts, settlement.at, *common))
    return (
        "settle_message",
        (
            after.state.value,
            int(after.blocks),
            int(after.blocks),
            counts,
            int(isinstance(settlement.outcome, Deferred)),
            after.not_before,
            after.failure,
            after.error_class,
            after.reason,
            after.parked,
            after.due,
            settlement.at if after.settled else None,
            int(settlement.uncertain),
            *common,
        ),
    )


def _park_or_release(
    batch: Batch, parked: Parked, leased: Leased, event: tuple[int, bytes] | None, at: float
) -> Steps[list[str]]:
    wait = parked.wait
    if wait is None:
        return []
    if event is None:
        yield ("put_wait", (leased.id, wait.topic, wait.selector, wait.key))
        return []
    yield from note_release(batch, leased.id, parked.step, wait.topic, event, at)
    batch.ready.add(leased.channel)
    return [leased.channel]


def add_attempt(batch: Batch, message_id: int, attempt: Attempt, body: bytes | None) -> None:
    """Collect a row of the attempts table; `body` is the message's own, where it is known."""
    request = attempt.request
    own = request is not None and request == body
    batch.add(
        "put_attempt",
        (
            message_id,
            batch.ids.next(),
            attempt.number,
            attempt.started_at,
            attempt.ended_at,
            attempt.outcome,
            attempt.step,
            attempt.error_class,
            attempt.reason,
            plain_text(attempt.detail),
            attempt.status,
            OWN_BODY if own else batch.put_payload_or_none(request),
            batch.put_payload_or_none(attempt.reply),
            attempt.revision,
        ),
    )

"""One message's append: its claims, its transaction and place in its lane, its row."""

from __future__ import annotations

from msgspec import Struct

from engine.ids import id_text
from engine.message import Lease, State
from engine.store.encoding import to_json, to_json_or_none
from engine.store.operations.base import (
    Batch,
    Steps,
    claim_lock,
    lane_lock,
    transaction_lock,
    wake_lock,
)
from engine.store.operations.claims import find_taken, put_claims
from engine.store.operations.lanes import lane_is_empty, refresh_lane
from engine.store.operations.revisions import pin
from engine.store.operations.wakes import publish_wakes
from engine.store.records import Appended, AppendStatus, NewMessage


class Seen(Struct, frozen=True):
    """What a message whose claims are free comes to: its transaction, if there is one, its first state and its lane.

    `next_lane` is that of its first output, if it was looked at and found empty.
    """

    correlation_id: str | None
    state: State
    eligible: bool
    next_lane: str | None = None


class Parent(Struct, frozen=True):
    """The message whose exchange appends an output: outputs inherit its correlation id."""

    id: int
    correlation_id: str


def names_to_lock(new: NewMessage) -> list[str]:
    """What an append of the message decides on, and so must not be decided elsewhere at the same time."""
    names = [claim_lock(claim.scope, claim.key) for claim in new.claims]
    names.extend(wake_lock(wake.topic, wake.selector, wake.key) for wake in new.wakes)
    if new.lane is not None:
        names.append(lane_lock(new.lane))
    if new.business_keys:
        names.append(transaction_lock(*new.business_keys[0]))
    return names


def append_message(
    batch: Batch, new: NewMessage, message_id: int, *, lease: bool, parent: Parent | None = None
) -> Steps[Appended]:
    """Append one message, to be run in its turn; a repeat or a conflict writes nothing of it."""
    seen: Seen | Appended | None = None if parent is None else _seen_already(batch, new, parent)
    if seen is None:
        seen = yield from see(batch, new, message_id, parent)
    if isinstance(seen, Appended):
        return seen
    return (yield from enter(batch, new, message_id, seen, lease=lease, parent=parent))


def see(
    batch: Batch, new: NewMessage, message_id: int, parent: Parent | None = None, next_lane: str | None = None
) -> Steps[Seen | Appended]:
    """What the message comes to, or the answer to a repeat. `next_lane` is that of an output which is appended next."""
    seen = (yield from _look(batch, new, next_lane)) if parent is None else None
    return (yield from _look_closely(batch, new, message_id, parent)) if seen is None else seen


def enter(
    batch: Batch, new: NewMessage, message_id: int, seen: Seen, *, lease: bool, parent: Parent | None = None
) -> Steps[Appended]:
    """Append a message that was seen to be fresh."""
    state, eligible = seen.state, seen.eligible
    correlation_id = put_names(batch, new, message_id, seen)
    leased = lease and eligible and state is State.READY
    final = state in _FINAL
    position = batch.position(message_id)
    payload = batch.put_payload(new.payload, new.digest)
    causation_id = new.causation_id if new.causation_id is not None or parent is None else parent.id
    blocks = new.lane is not None and not final
    row = common_row(new, message_id, position, eligible, blocks, payload, correlation_id, causation_id, new.revision)
    if leased:
        state = State.RUNNING
        batch.add("put_running", (*row, batch.now, batch.token, batch.lease_until))
    else:
        batch.add("put_message", (*row, state.value, *_beginning(new, state, final)))
    if new.revision is not None:
        pin(batch, new.revision)
    if new.lane is not None:
        batch.lanes.add(new.lane)
        if new.overtakes and not eligible and not final:
            unblocked = yield from refresh_lane(batch, new.lane)
            eligible = any(place.id == message_id for place in unblocked)
    released: tuple[str, ...] = ()
    if new.wakes:
        released = yield from publish_wakes(batch, new.wakes, message_id, payload, new.received_at)
    claimable = eligible and state is State.READY
    if claimable:
        batch.ready.add(new.channel)
    held = Lease(message_id, batch.token) if leased else None
    return Appended(AppendStatus.FRESH, message_id, correlation_id, position, held, claimable, released)


def put_names(batch: Batch, new: NewMessage, message_id: int, seen: Seen) -> str:
    """Collect the claims and business keys of a fresh message; returns its correlation id."""
    correlation_id = seen.correlation_id or id_text(message_id)
    put_claims(batch, new.claims, message_id)
    _put_business_keys(batch, new, message_id, correlation_id)
    return correlation_id


def _put_business_keys(batch: Batch, new: NewMessage, message_id: int, correlation_id: str) -> None:
    for named in new.business_keys:
        if batch.transactions.get(named) != correlation_id:
            batch.add("put_business_key", (named[1], named[0], correlation_id, message_id))
            batch.transactions.setdefault(named, correlation_id)


def _look(batch: Batch, new: NewMessage, next_lane: str | None) -> Steps[Seen | None]:
    """One look at all that decides about an ordinary message: one claim, which is free, one transaction, one lane.

    The lane of its output is looked at too, and remembered for it.

    None where it is not that simple, or the batch has touched any of it before.
    """
    if (
        len(new.claims) != 1
        or not new.business_keys
        or new.lane is None
        or new.correlation_id is not None
        or new.final is not None
        or new.not_before is not None
    ):
        return None
    claim, (kind, value) = new.claims[0], new.business_keys[0]
    if (claim.scope, claim.key) in batch.claims or (kind, value) in batch.transactions or new.lane in batch.lanes:
        return None
    (row,) = yield ("look", (claim.scope, claim.key, new.received_at, value, kind, new.lane, next_lane or new.lane))
    if row[3] or next_lane in batch.lanes or next_lane == new.lane:
        next_lane = None
    return None if row[0] else Seen(row[1], State.READY, not row[2], next_lane)


def _seen_already(batch: Batch, new: NewMessage, parent: Parent) -> Seen | None:
    """An ordinary output whose lane is known to be empty."""
    if new.claims or new.final is not None or new.not_before is not None:
        return None
    if new.lane is not None and (new.lane != batch.empty_lane or new.lane in batch.lanes):
        return None
    return Seen(new.correlation_id or parent.correlation_id, State.READY, True)


def _look_closely(batch: Batch, new: NewMessage, message_id: int, parent: Parent | None) -> Steps[Seen | Appended]:
    """The same in general, or the answer to a repeat."""
    if new.claims:
        taken = yield from find_taken(batch, new.claims, new.received_at)
        if taken is not None:
            return taken
    correlation_id = yield from _correlation(batch, new, message_id, parent)
    state, eligible = yield from _first_state(batch, new)
    return Seen(correlation_id, state, eligible)


_FINAL = frozenset({State.COMPLETED, State.DISCARDED, State.DEAD})


def _first_state(batch: Batch, new: NewMessage) -> Steps[tuple[State, bool]]:
    """(state, eligible) of a message that has just come."""
    if new.final is not None:
        if new.final not in _FINAL:
            raise ValueError(f"a message is appended as final only in a final state, not in {new.final.value}")
        return new.final, new.lane is None
    state = State.READY if new.not_before is None else State.WAITING
    if new.lane is None:
        return state, True
    return state, (yield from lane_is_empty(batch, new.lane))


def _correlation(batch: Batch, new: NewMessage, message_id: int, parent: Parent | None) -> Steps[str]:
    if new.correlation_id is not None:
        return new.correlation_id
    if parent is not None:
        return parent.correlation_id
    if new.business_keys:
        kind, value = new.business_keys[0]
        known = batch.transactions.get((kind, value))
        if known is not None:
            return known
        rows = yield ("find_transaction", (value, kind))
        if rows:
            return str(rows[0][0])
    return id_text(message_id)


def common_row(
    new: NewMessage,
    message_id: int,
    position: int,
    eligible: bool,
    blocks: bool,
    payload: bytearray,
    correlation_id: str,
    causation_id: int | None,
    revision: str | None,
) -> tuple[object, ...]:
    """What is written of every new message: the parameters for `new_columns`."""
    return (
        message_id,
        new.channel,
        new.lane,
        position,
        1 if eligible else 0,
        1 if blocks else 0,
        new.priority,
        1 if new.overtakes else 0,
        new.source,
        payload,
        new.received_at,
        new.content_type,
        to_json(new.headers) if new.headers else "{}",
        correlation_id,
        causation_id,
        new.origin or message_id,
        new.key,
        new.step,
        new.operation,
        revision,
        to_json(new.business_keys) if new.business_keys else None,
        new.traceparent,
    )


def _beginning(new: NewMessage, state: State, final: bool) -> tuple[object, ...]:
    """What `put_message` writes of a message that waits for its turn, or that nobody is to run."""
    failure = new.failure or {}
    return (
        new.not_before if state is State.WAITING else None,
        None,
        new.received_at if final else None,
        to_json_or_none(new.failure),
        failure.get("error_class"),
        failure.get("reason"),
        0,
        0,
        None,
        None,
    )

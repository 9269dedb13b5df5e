"""Which message of a lane may run: the only place where `eligible` is decided.

The blocking message with the smallest position is the lane's head, and eligible. Past a parked head the first
overtaking message that is not parked itself is eligible too. While a message of the lane runs, no other is: an
overtaker that runs keeps a head that was released meanwhile waiting until it is settled.

Called after each single change of a lane. A message that blocks keeps its place until it lets go of its lane, so a flag
that is out of date stands on one of the first two blocking messages or on an overtaker.
"""

from __future__ import annotations

from msgspec import Struct

from engine.message import State
from engine.store.operations.base import FLUSH, Batch, Row, Steps


class Place(Struct, frozen=True):
    """A message as its lane sees it."""

    id: int
    state: str
    eligible: bool
    overtakes: bool
    channel: str


def _place(row: Row) -> Place:
    return Place(row[0], row[1], bool(row[2]), bool(row[3]), row[4])


def lane_is_empty(batch: Batch, lane: str) -> Steps[bool]:
    """True when nothing blocks the lane: a message appended now would be its head."""
    if lane in batch.lanes:
        yield FLUSH
    return not (yield ("lane_head", (lane,)))


def refresh_lane(batch: Batch, lane: str) -> Steps[tuple[Place, ...]]:
    """Set the lane's flags right; returns the ready messages that became eligible by it."""
    if lane in batch.lanes:
        yield FLUSH
    front = yield ("lane_front", (lane,))
    if not front:
        return ()
    places = [_place(row) for row in front]
    overtakers: list[Place] = []
    if front[0][5]:
        overtakers = [_place(row) for row in (yield ("lane_overtakers", (lane,)))]
    wanted = _eligible(places[0], places + overtakers, overtakers)
    changed: list[Place] = []
    for place in {place.id: place for place in places + overtakers}.values():
        if place.eligible != (place.id in wanted):
            yield ("set_eligible", (int(not place.eligible), place.id))
            changed.append(place)
    unblocked = tuple(place for place in changed if not place.eligible and place.state == State.READY.value)
    batch.ready.update(place.channel for place in unblocked)
    return unblocked


def _eligible(head: Place, seen: list[Place], overtakers: list[Place]) -> set[int]:
    for place in seen:
        if place.state == State.RUNNING.value:
            return {place.id}
    wanted = {head.id}
    if head.state == State.PARKED.value:
        first = next((place for place in overtakers if place.state != State.PARKED.value), None)
        if first is not None:
            wanted.add(first.id)
    return wanted


def place_again(batch: Batch, lane: str, position: int) -> Steps[int]:
    """Where a message that let go of its lane enters it again: its old place if nothing later has run, or the tail.

    So a message that runs is always its lane's head, or an overtaker.
    """
    if lane in batch.lanes:
        yield FLUSH
    if not (yield ("later_started", (lane, position))):
        return position
    drawn: int | None = (yield ("next_position", ()))[0][0]
    return batch.ids.next() if drawn is None else drawn

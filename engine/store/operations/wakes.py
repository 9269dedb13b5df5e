"""No lost wake-up: an appended event releases the parked messages that wait for it; a park looks back for its event.

Both sides run inside a write transaction that excludes the other one (a single writer, or a lock on topic, selector
and key), so either the event sees the waiting message or the park sees the event.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.outcome import WaitFor
from engine.store.encoding import from_json, to_json
from engine.store.operations.base import FLUSH, Batch, Steps, lane_lock
from engine.store.operations.lanes import place_again, refresh_lane
from engine.store.records import JournalKind, Wake


def publish_wakes(
    batch: Batch, wakes: Sequence[Wake], event_id: int, payload: bytes | bytearray, at: float
) -> Steps[tuple[str, ...]]:
    """Enter an event's keys and release everybody who waits on them; returns the channels of the released."""
    released: list[str] = []
    for wake in wakes:
        yield ("put_topic_key", (wake.topic, wake.selector, wake.key, event_id))
        waiting = yield ("find_waiting", (wake.topic, wake.selector, wake.key))
        for message_id, channel, lane, blocks, position, parked in waiting:
            if lane is not None:
                yield ("lock_names", (to_json([lane_lock(lane)]),))
                if not blocks:
                    position = yield from place_again(batch, lane, position)
            if (yield ("release_parked", (position, message_id))):
                yield from _released(batch, message_id, from_json(parked)["step"], wake.topic, event_id, payload, at)
                if lane is not None:
                    yield from refresh_lane(batch, lane)
                released.append(channel)
                batch.ready.add(channel)
    return tuple(dict.fromkeys(released))


def look_back(wait: WaitFor) -> Steps[tuple[int, bytes] | None]:
    """The first event since `wait.since` that would have released the wait: (event id, payload address)."""
    yield FLUSH
    rows = yield ("find_event", (wait.topic, wait.selector, wait.key, wait.since))
    return (rows[0][0], rows[0][1]) if rows else None


def note_release(
    batch: Batch, message_id: int, step: str, topic: str, event: tuple[int, bytes], at: float
) -> Steps[None]:
    """The journal entry of a release that was found by looking back."""
    yield from _released(batch, message_id, step, topic, event[0], event[1], at)


def _released(
    batch: Batch, message_id: int, step: str, topic: str, event_id: int, payload: bytes | bytearray, at: float
) -> Steps[None]:
    yield FLUSH
    yield ("use_payload", (1, payload))
    facts = to_json({"topic": topic, "event": event_id})
    batch.add("put_journal", (message_id, batch.ids.next(), step, JournalKind.RELEASED.value, at, None, payload, facts))
    batch.journaled.add(message_id)
    yield ("add_lines", (1, message_id))

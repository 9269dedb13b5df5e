"""Publish-Subscribe Channel and Wire Tap."""

from __future__ import annotations

import json
from pathlib import Path

from engine.ids import id_text
from engine.message import State
from tests.workspaces import ANNA, flow, running, until

PUBLISH = flow("- publish: order.booked\n  with: {number: number, at: 1}", identity="{business_keys: {order: number}}")


def subscriber(name: str, steps: str, **more: str) -> dict[str, str]:
    return flow(steps, name=name, source="{topics: [order.booked]}", **more)


async def test_every_subscriber_gets_its_own_copy_and_the_event_is_kept(tmp_path: Path) -> None:
    """REL-1, ORD-6."""
    files = PUBLISH | subscriber("a", "- send: erp.note") | subscriber("b", "- send: erp.create")
    async with running(tmp_path, files) as run:
        found = await run.sent({"number": 7})
        await run.quiet()
        assert sorted(run.peer.paths()) == ["POST /create", "POST /note"]
        assert run.peer.bodies("/note") == [{"number": 7, "at": 1}]
        (event,) = await run.all("topic:order.booked")
        assert event.state is State.COMPLETED
        assert json.loads(await run.app.store.payload(event.payload) or b"") == {"number": 7, "at": 1}
        (copy,) = await run.all("flow:a")
        original = await run.message(found)
        assert copy.correlation_id == original.correlation_id
        assert copy.causation_id == original.id
        assert len({asked.headers["traceparent"].split("-")[1] for asked in run.peer.asked}) == 1


async def test_an_event_is_stored_without_any_subscriber(tmp_path: Path) -> None:
    """Promise 7."""
    async with running(tmp_path, PUBLISH) as run:
        await run.sent({"number": 7})
        assert len(await run.all("topic:order.booked")) == 1


async def test_each_subscriber_has_its_own_pace_retries_and_backlog(tmp_path: Path) -> None:
    """REL-1: one subscriber's system is down, the other one's copies run on."""
    down = subscriber("a", "- call: erp.create", retry="slow", identity="{lane: {key: $string(1)}}")
    files = PUBLISH | down | subscriber("b", "- call: erp.note")
    async with running(tmp_path, files) as run:
        run.peer.always["/create"] = 503
        for number in range(5):
            await run.sent({"number": number})
        for copy in await run.all("flow:b"):
            await run.is_in(id_text(copy.id), State.COMPLETED)
        states = [copy.state for copy in await run.all("flow:a")]
        assert states.count(State.COMPLETED) == 0
        assert len(states) == 5
        assert len(run.peer.of("/note")) == 5


async def test_an_event_leaves_once_however_often_the_message_runs(tmp_path: Path) -> None:
    """ORD-6: the event is published once."""
    files = flow("- publish: order.booked\n- call: erp.create", retry="quick") | subscriber("a", "- call: erp.note")
    async with running(tmp_path, files) as run:
        run.peer.answers["/create"] = [503, 400]
        found = await run.sent({"number": 7}, State.DEAD)
        await run.commands.reprocess(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        await run.quiet()
        assert len(run.peer.of("/note")) == 1
        assert len(await run.all("topic:order.booked")) == 1


async def test_a_subscriber_that_knows_the_event_already_does_not_run_again(tmp_path: Path) -> None:
    """REL-2: the idempotent receiver of a subscriber."""
    again = subscriber("a", "- call: erp.note", identity="{idempotency: {key: $string(number)}}")
    async with running(tmp_path, PUBLISH | again) as run:
        await run.sent({"number": 7, "take": 1})
        await run.sent({"number": 7, "take": 2})
        await run.quiet()
        assert len(await run.all("topic:order.booked")) == 2
        assert len(run.peer.of("/note")) == 1


async def test_a_copy_whose_key_had_another_body_is_seen_among_the_dead_letters(tmp_path: Path) -> None:
    files = flow("- publish: order.booked")
    files |= subscriber("a", "- call: erp.note", identity="{idempotency: {key: $string(number)}}")
    async with running(tmp_path, files) as run:
        await run.sent({"number": 7, "take": 1})
        await run.sent({"number": 7, "take": 2})

        async def kept() -> bool:
            return len(await run.all("flow:a", State.COMPLETED, State.DEAD)) == 2

        await until(kept)
        first, second = await run.all("flow:a")
        assert (first.state, second.state) == (State.COMPLETED, State.DEAD)
        assert (second.failure or {})["reason"] == "key-conflict"


async def test_an_event_that_a_subscriber_cannot_identify_fails_at_the_publisher(tmp_path: Path) -> None:
    files = flow("- publish: order.booked") | subscriber("a", "- call: erp.note", identity="{lane: {key: warehouse}}")
    async with running(tmp_path, files) as run:
        found = await run.sent({"number": 7}, State.DEAD)
        failure = (await run.message(found)).failure or {}
        assert failure["reason"] == "no-identity"
        assert "subscriber 'a'" in failure["detail"]

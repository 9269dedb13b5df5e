"""Return Address: what a caller that waits is told, and every repeat of its message."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.message import State
from tests.workspaces import flow, running, until

SOURCE = "{events: [shop.order], reply_within: 5 s}"
SHORT = "{events: [shop.order], reply_within: 100 ms}"
STEPS = """
- {call: erp.create, save: made}
- reply: {status: 201, body: {made: $saved.made.number}}
"""
IDENTITY = "{idempotency: {key: $string(number)}}"


async def test_a_caller_that_waits_gets_the_result(tmp_path: Path) -> None:
    """Promise 8, ORD-2."""
    async with running(tmp_path, flow(STEPS, source=SOURCE)) as run:
        run.peer.answers["/create"] = [(200, {"number": "SO-1"})]
        reply = await run.post({"number": 1})
        assert (reply.status, reply.document) == (201, {"made": "SO-1"})


async def test_a_repeat_gets_the_first_answer_and_has_no_second_effect(tmp_path: Path) -> None:
    """REL-2, promise 8."""
    async with running(tmp_path, flow(STEPS, source=SOURCE, identity=IDENTITY)) as run:
        run.peer.answers["/create"] = [(200, {"number": "SO-1"}), (200, {"number": "SO-2"})]
        first, second = await run.post({"number": 1}), await run.post({"number": 1})
        assert (second.status, second.document) == (first.status, first.document) == (201, {"made": "SO-1"})
        assert second.headers["idempotent-replay"] == "true"
        assert len(run.peer.asked) == 1


async def test_a_repeat_joins_a_first_that_still_runs(tmp_path: Path) -> None:
    """Promise 8."""
    async with running(tmp_path, flow(STEPS, source=SOURCE, identity=IDENTITY)) as run:
        run.peer.answers["/create"] = [(200, {"number": "SO-1"})]
        run.peer.gate.clear()
        asked = [asyncio.create_task(run.post({"number": 1})) for _ in range(3)]
        await until(lambda: len(run.peer.asked) == 1)
        run.peer.gate.set()
        replies = await asyncio.gather(*asked)
        assert [reply.document for reply in replies] == [{"made": "SO-1"}] * 3
        assert len(run.peer.asked) == 1


async def test_a_caller_that_would_wait_too_long_gets_202_with_a_status_address(tmp_path: Path) -> None:
    """Promise 8, ORD-3."""
    async with running(tmp_path, flow(STEPS, source=SHORT)) as run:
        run.peer.answers["/create"] = [(200, {"number": "SO-1"})]
        run.peer.gate.clear()
        reply = await run.post({"number": 1})
        assert reply.status == 202
        page = reply.headers["location"]
        assert (await run.get(page)).document["state"] == "running"
        run.peer.gate.set()
        await run.is_in(reply.id, State.COMPLETED)
        page_now = (await run.get(page)).document
        assert (page_now["state"], page_now["answer"]) == ("completed", {"made": "SO-1"})


async def test_a_caller_whose_message_is_parked_is_told_at_once(tmp_path: Path) -> None:
    """Promise 8: the caller waits five seconds at most, and is answered in far less."""
    steps = "- park: {reason: look, owner: sales}" + STEPS
    async with running(tmp_path, flow(steps, source=SOURCE, identity=IDENTITY)) as run:
        async with asyncio.timeout(3):
            first = await run.post({"number": 1})
            second = await run.post({"number": 1})
        assert (first.status, second.status) == (202, 202)
        assert first.id == second.id


async def test_a_caller_waits_on_when_the_releasing_event_had_come_before_the_park(tmp_path: Path) -> None:
    park = "- park: {reason: look, owner: sales, release_on: {topic: ok, event: n, equals: number}}"
    files = flow("- call: erp.note\n" + park + STEPS, source=SOURCE)
    files |= flow("- publish: ok", name="b", source="{events: [shop.event]}")
    async with running(tmp_path, files) as run:
        run.peer.answers["/create"] = [(200, {"number": "SO-1"})]
        run.peer.gate.clear()
        asking = asyncio.create_task(run.post({"number": 1}))
        await until(lambda: len(run.peer.asked) == 1)
        await run.sent({"n": 1}, path="/events")
        run.peer.gate.set()
        assert (await asking).document == {"made": "SO-1"}


async def test_a_caller_whose_message_dies_gets_a_problem(tmp_path: Path) -> None:
    """Promise 8."""
    steps = "- raise: {reason: no-terms, message: 'customer {customer} has none'}"
    async with running(tmp_path, flow(steps, source=SOURCE, identity=IDENTITY)) as run:
        for _ in range(2):
            reply = await run.post({"number": 1, "customer": "C1"})
            assert reply.status == 500
            assert reply.headers["content-type"].startswith("application/problem+json")
            assert "customer C1 has none" in reply.document["detail"]


async def test_the_flow_that_answers_is_waited_for_beside_one_that_does_not(tmp_path: Path) -> None:
    files = flow("- call: erp.note", name="a") | flow(STEPS, name="b", source=SOURCE)
    async with running(tmp_path, files) as run:
        run.peer.answers["/create"] = [(200, {"number": "SO-1"})]
        assert (await run.post({"number": 1})).document == {"made": "SO-1"}

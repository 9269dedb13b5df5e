"""Flows that neither call nor commit in between: what an arrival comes to is stored with it, before it is answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.message import State
from engine.store.addresses import is_address_of
from tests.workspaces import IDENTITY, flow, running, until


async def test_the_answer_comes_when_the_exchange_has_ended_and_its_delivery_is_stored(tmp_path: Path) -> None:
    """REL-1: with the system hanging, all that the flow did is there at once.

    At a moment when the dispatcher asks the store for more of the flow's messages an order takes the usual way.
    """
    async with running(tmp_path, flow("- send: erp.note", identity=IDENTITY)) as run:
        run.peer.gate.clear()
        ended = []
        for number in range(5):
            await until(lambda: run.app.engine.dispatcher.is_free("flow:orders"))
            message = await run.message((await run.post({"number": number})).id)
            if message.state is State.COMPLETED:
                ended.append(message)
        assert ended
        deliveries = {found.causation_id: found for found in await run.all("system:erp")}
        for message in ended:
            assert message.attempts == 1
            assert deliveries[message.id].correlation_id == message.correlation_id
        run.peer.gate.set()
        await run.quiet()
        assert len(run.peer.of("/note")) == 5


@pytest.mark.parametrize("identity", [IDENTITY, "{idempotency: {key: $string(number), window: 1 h}}"])
async def test_every_payload_lies_at_the_address_of_its_own_bytes(tmp_path: Path, identity: str) -> None:
    """The digests that are made on the way are those of what is stored."""
    async with running(tmp_path, flow("- send: erp.note", identity=identity)) as run:
        await run.post({"number": 7, "text": "a"})
        await run.quiet()
        (delivery,), (message,) = await run.all("system:erp"), await run.all("flow:orders")
        for address in (delivery.payload, message.payload):
            assert is_address_of(address, await run.app.store.payload(address) or b"")


async def test_a_flow_with_a_route_and_a_reply_answers_at_once(tmp_path: Path) -> None:
    steps = """
- route:
    - {when: number > 5, steps: [{reply: {status: 201, body: {big: number}}}]}
  otherwise:
    - discard: too-small
"""
    source = "{events: [shop.order], reply_within: 5 s}"
    async with running(tmp_path, flow(steps, source=source)) as run:
        reply = await run.post({"number": 7})
        assert (reply.status, reply.document) == (201, {"big": 7})
        small = await run.post({"number": 1})
        assert small.document["status"] == "discarded"


async def test_a_step_that_fails_is_seen_as_if_it_had_run_later(tmp_path: Path) -> None:
    """REL-8: nothing is acknowledged less for it, and the failure is among the dead letters with its attempt."""
    async with running(
        tmp_path, flow("- {raise: {class: data, reason: bad, message: not good}, when: number > 0}\n- send: erp.note")
    ) as run:
        found = await run.sent({"number": 7}, State.DEAD)
        message = await run.message(found)
        assert (message.attempts, (message.failure or {})["error_class"]) == (1, "data")
        assert run.peer.asked == []


async def test_revisions_of_one_order_leave_in_the_order_of_their_arrival(tmp_path: Path) -> None:
    """REL-3."""
    async with running(tmp_path, flow("- send: erp.note", identity=IDENTITY)) as run:
        for revision in range(20):
            await run.post({"number": 7, "revision": revision + 1})
        await run.quiet()
        assert [asked.body["revision"] for asked in run.peer.of("/note")] == list(range(1, 21))


async def test_a_storm_of_duplicates_has_one_delivery(tmp_path: Path) -> None:
    """REL-2, ORD-5."""
    async with running(tmp_path, flow("- send: erp.note", identity=IDENTITY)) as run:
        replies = await asyncio.gather(*(run.post({"number": 7}) for _ in range(40)))
        await run.quiet()
        assert len({reply.id for reply in replies}) == 1
        assert len(run.peer.of("/note")) == 1

"""What runs next: priorities, overflow to the store, and what memory holds of a backlog."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.message import State
from engine.runtime import dispatcher
from tests.workspaces import ERP, WORKSPACE, flow, peer, running, until

SMALL = WORKSPACE + "limits: {concurrent: 8}\n"
NARROW = ERP.replace("connector: http", "connector: http\nlimits: {concurrent: 1}")
URGENT = {"name": "urgent", "source": "{events: [shop.event]}", "priority": "high"}


async def test_a_flood_of_low_messages_does_not_delay_high_ones(tmp_path: Path) -> None:
    """REL-15, REL-16: deliveries to one narrow system, more of them than memory holds."""
    files = flow("- send: erp.note", priority="low") | flow("- send: erp.create", **URGENT)
    async with running(tmp_path, files, erp=NARROW, workspace=SMALL) as run:
        run.peer.gate.clear()
        await asyncio.gather(*(run.post({"number": number}) for number in range(450)))
        await until(lambda: run.peer.under_way == 1)
        await run.sent({"number": 1}, path="/events")
        run.peer.gate.set()
        await until(lambda: len(run.peer.of("/create")) == 1)
        assert len(run.peer.of("/note")) <= 5


async def test_a_flood_in_one_flow_does_not_delay_another_of_equal_priority(tmp_path: Path) -> None:
    """REL-15: a spike in one channel."""
    files = flow("- call: erp.note") | flow("- call: erp.check", name="b", source="{events: [shop.event]}")
    async with running(tmp_path, files, workspace=SMALL) as run:
        await asyncio.gather(*(run.post({"number": number}) for number in range(200)))
        done = len(run.peer.asked)
        await run.sent({"number": 1}, path="/events")
        assert len(run.peer.of("/note")) - done < 100
        await run.quiet()


async def test_more_messages_than_memory_holds_are_all_delivered_in_order_of_their_lanes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise 9: a channel in overflow reads from the store until it is drained."""
    monkeypatch.setattr(dispatcher, "QUEUE_LIMIT", 20)
    monkeypatch.setattr(dispatcher, "CLAIM_BATCH", 10)
    monkeypatch.setattr(dispatcher, "CROWDED", 10_000)
    files = flow("- send: erp.note", identity="{lane: {key: $string(lane)}}")
    async with running(tmp_path, files) as run:
        run.peer.gate.clear()
        most = 0

        async def one(lane: int) -> None:
            nonlocal most
            for number in range(30):
                await run.post({"lane": lane, "number": number})
                most = max(most, run.app.engine.dispatcher.in_memory)

        await asyncio.gather(*(one(lane) for lane in range(10)))
        run.peer.gate.set()
        await run.quiet()
        assert most < 120
        for lane in range(10):
            assert [b["number"] for b in run.peer.bodies("/note") if b["lane"] == lane] == list(range(30))
        await until(lambda: run.app.engine.dispatcher.in_memory == 0)


async def test_memory_does_not_grow_while_a_system_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise 9."""
    monkeypatch.setattr(dispatcher, "QUEUE_LIMIT", 20)
    monkeypatch.setattr(dispatcher, "CLAIM_BATCH", 10)
    monkeypatch.setattr(dispatcher, "CROWDED", 10_000)
    erp = ERP.replace("breaker: {failures: 1000}", "breaker: {failures: 2, within: 60 s, cooldown: 1 h}")
    async with running(tmp_path, flow("- send: erp.note"), erp=erp) as run:
        run.peer.always["/note"] = 503
        await asyncio.gather(*(run.post({"number": number}) for number in range(300)))
        await until(lambda: run.app.engine.gateways["erp"].state == "open")

        async def flows_done() -> bool:
            return len(await run.all("flow:orders", State.COMPLETED)) == 300

        await until(flows_done)
        await until(lambda: run.app.engine.dispatcher.in_memory <= 30)
        unfinished = await run.all("system:erp", State.READY, State.WAITING, State.RUNNING)
        assert len(unfinished) == 300


async def test_what_was_stored_and_not_done_is_done_after_a_restart(tmp_path: Path) -> None:
    """REL-24: a drain gives back what it had in memory."""
    files = flow("- call: erp.note", identity="{lane: {key: $string(lane)}}")
    async with running(tmp_path, files, drain=0.05) as run:
        run.peer.gate.clear()
        await asyncio.gather(*(run.post({"lane": lane, "number": lane}) for lane in range(20)))
        await until(lambda: run.peer.under_way > 0)
    async with running(tmp_path, files) as run:
        await run.quiet()
        messages = await run.all("flow:orders")
        assert [message.state for message in messages] == [State.COMPLETED] * 20


async def test_an_unfinished_delivery_is_an_unknown_outcome_after_a_restart(tmp_path: Path) -> None:
    """Promise 2."""
    async with running(tmp_path, flow("- send: erp.sure"), drain=0.05) as run:
        run.peer.gate.clear()
        await run.sent({"number": 7})
        await until(lambda: run.peer.under_way == 1)
        key = run.peer.asked[0].key
    async with peer() as erp:
        erp.always["/sure/7"] = 404  # before the engine starts, which asks at once
        async with running(tmp_path, flow("- send: erp.sure"), peer_of=erp) as run:
            await run.quiet()
            assert erp.paths() == ["GET /sure/7", "POST /sure"]
            assert erp.of("/sure")[0].key == key


async def test_a_call_that_was_begun_is_an_unknown_outcome_after_a_restart(tmp_path: Path) -> None:
    """REL-12, promise 2."""
    async with running(tmp_path, flow("- call: erp.sure"), drain=0.05) as run:
        run.peer.gate.clear()
        reply = await run.post({"number": 7})
        await until(lambda: run.peer.under_way == 1)
    async with running(tmp_path, flow("- call: erp.sure")) as run:
        await run.is_in(reply.id, State.COMPLETED)
        assert run.peer.paths() == ["GET /sure/7"]

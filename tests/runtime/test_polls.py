"""Polls: a reply becomes messages, and the watermark moves in the same commit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.errors import ConfigurationError
from engine.message import State
from tests.workspaces import ERP, Running, flow, running, until

POLLED = """
events:
  changed:
    poll: {operation: changes, every: 5 min, with: {since: $watermark ?? 0}, items: orders, watermark: next}
operations:
  changes: {request: {method: GET, path: /changes, query: {since: parameters.since}}, retry: quick}
"""
SYSTEM = ERP.replace("operations:", POLLED.strip("\n"), 1)
FLOW = flow("- call: erp.note", source="{events: [erp.changed]}")
START = 1_760_000_070.0


async def poll(run: Running, seconds: float = 300) -> None:
    """Move to the next poll and wait until it has ended."""
    await run.app.engine.scheduler.fire_due()
    await run.advance(seconds)
    await run.app.engine.scheduler.fire_due()
    await run.quiet()


async def test_each_item_is_a_message_and_the_next_poll_goes_on_from_the_watermark(tmp_path: Path) -> None:
    """ARC-8: polling with a durable watermark."""
    async with running(tmp_path, FLOW, clock=ManualClock(START), erp=SYSTEM) as run:
        run.peer.answers["/changes"] = [
            (200, {"orders": [{"n": 1}, {"n": 2}], "next": 17}),
            (200, {"orders": [{"n": 3}], "next": 18}),
        ]
        await poll(run)
        await poll(run)
        assert sorted(body["n"] for body in run.peer.bodies("/note")) == [1, 2, 3]
        bodies = [await run.app.store.payload(one.payload) for one in await run.all("system:erp")]
        assert [json.loads(body or b"")["watermark"] for body in bodies] == [None, 17]


async def test_the_watermark_survives_a_restart(tmp_path: Path) -> None:
    clock = ManualClock(START)
    async with running(tmp_path, FLOW, clock=clock, erp=SYSTEM) as run:
        run.peer.answers["/changes"] = [(200, {"orders": [{"n": 1}], "next": 17})]
        await poll(run)
    async with running(tmp_path, FLOW, clock=clock, erp=SYSTEM) as run:
        run.peer.answers["/changes"] = [(200, {"orders": []})]
        await poll(run)
        assert json.loads(await run.app.store.watermark("poll:erp.changed") or b"") == 17


async def test_a_poll_that_fails_moves_nothing_and_is_tried_again(tmp_path: Path) -> None:
    async with running(tmp_path, FLOW, clock=ManualClock(START), erp=SYSTEM) as run:
        run.peer.answers["/changes"] = [503]
        run.peer.always["/changes"] = (200, {"orders": [{"n": 1}], "next": 17})
        await run.app.engine.scheduler.fire_due()
        await run.advance(300)
        await run.app.engine.scheduler.fire_due()
        await until(lambda: len(run.peer.of("/changes")) == 1)
        await run.advance(1)
        await run.quiet()
        assert [body["n"] for body in run.peer.bodies("/note")] == [1]


async def test_items_that_come_again_are_recognised(tmp_path: Path) -> None:
    """REL-2: an overlap of two polls."""
    async with running(tmp_path, FLOW, clock=ManualClock(START), erp=SYSTEM) as run:
        run.peer.always["/changes"] = (200, {"orders": [{"n": 1}], "next": 17})
        for _ in range(3):
            await poll(run)
        assert len(run.peer.of("/changes")) == 3
        assert len(run.peer.of("/note")) == 1


async def test_the_expressions_of_a_polled_event_see_what_those_of_a_received_one_see(tmp_path: Path) -> None:
    facts = '$message.source = "erp.changed" and $message.attempt = 1 and $exists($message.receivedAt)'
    system = SYSTEM.replace("  changed:\n", f"  changed:\n    when: '{facts}'\n", 1)
    async with running(tmp_path, FLOW, clock=ManualClock(START), erp=system) as run:
        run.peer.always["/changes"] = (200, {"orders": [{"n": 1}], "next": 17})
        await poll(run)
        assert [body["n"] for body in run.peer.bodies("/note")] == [1]


async def test_an_item_that_cannot_be_read_goes_to_the_invalid_channel_and_the_others_go_on(tmp_path: Path) -> None:
    files = flow("- call: erp.note", source="{events: [erp.changed]}", identity="{lane: {key: $string(n)}}")
    async with running(tmp_path, files, clock=ManualClock(START), erp=SYSTEM) as run:
        run.peer.always["/changes"] = (200, {"orders": [{"n": 1}, {"m": 2}, {"n": 3}], "next": 17})
        await poll(run)
        await poll(run)
        assert sorted(body["n"] for body in run.peer.bodies("/note")) == [1, 3]
        (kept,) = await run.all("invalid")
        assert await run.app.store.payload(kept.payload) == b'{"m":2}'


CONTRACT = "type: object\nrequired: [number]\nproperties: {number: {type: string}}\n"


async def test_an_item_that_breaks_the_events_contract_goes_to_the_invalid_channel(tmp_path: Path) -> None:
    """As what is received does, before any flow sees it."""
    system = SYSTEM.replace("  changed:\n", "  changed:\n    contract: order.schema.yaml\n", 1)
    files = {**FLOW, "flows/systems/erp/order.schema.yaml": CONTRACT}
    async with running(tmp_path, files, clock=ManualClock(START), erp=system) as run:
        run.peer.always["/changes"] = (200, {"orders": [{"number": 7}, {"number": "8"}], "next": 17})
        await poll(run)
        await poll(run)
        assert [body["number"] for body in run.peer.bodies("/note")] == ["8"]
        (kept,) = await run.all("invalid")
        assert await run.app.store.payload(kept.payload) == b'{"number":7}'
        assert kept.failure is not None
        assert (kept.failure["reason"], kept.failure["owner"]) == ("broken-contract", "integration")


@pytest.mark.parametrize("setting", ["dedupe: {key: n}", "codec: csv", "payload: 1 MB"])
async def test_a_polled_event_with_a_setting_of_what_is_received_is_refused(setting: str, tmp_path: Path) -> None:
    """Nothing would read it, or a codec would read as bytes what is a value already."""
    async with running(tmp_path, FLOW, clock=ManualClock(START), erp=SYSTEM) as run:
        run.write({"flows/systems/erp.yaml": SYSTEM.replace("  changed:\n", f"  changed:\n    {setting}\n", 1)})
        with pytest.raises(ConfigurationError, match=f"XD707 expected 'poll' without '{setting.split(':')[0]}'"):
            await run.app.reload()


LEGACY = """
system: legacy
connector: files
owner: integration
folder: exchange
events:
  changed: {poll: {operation: changes, every: 5 min, items: $}}
operations:
  changes: {codec: csv, request: {action: read, path: changes.csv}, safe: true, retry: quick}
"""


async def test_the_codec_of_the_operation_reads_what_the_items_are_in(tmp_path: Path) -> None:
    files = {
        **flow("- call: erp.note", source="{events: [legacy.changed]}"),
        "flows/systems/legacy.yaml": LEGACY,
        "exchange/changes.csv": "n\n1\n2\n",
    }
    async with running(tmp_path, files, clock=ManualClock(START)) as run:
        await poll(run)
        assert sorted(body["n"] for body in run.peer.bodies("/note")) == ["1", "2"]


async def test_polls_do_not_pile_up_while_the_system_is_down(tmp_path: Path) -> None:
    """One that waits is enough: it asks for everything since the watermark."""
    slow = SYSTEM.replace("parameters.since}}, retry: quick", "parameters.since}}, retry: standard")
    async with running(tmp_path, FLOW, clock=ManualClock(START), erp=slow) as run:
        run.peer.always["/changes"] = 503
        await run.app.engine.scheduler.fire_due()
        for _ in range(5):
            run.clock.advance(300)  # type: ignore[attr-defined]
            await run.app.engine.scheduler.fire_due()
            await until(lambda: len(run.peer.of("/changes")) >= 1)
        unfinished = await run.all("system:erp", State.WAITING, State.READY, State.RUNNING)
        assert len(unfinished) == 1

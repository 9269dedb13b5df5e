"""Message Endpoint: deliveries to systems."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import ANNA, ERP, flow, running, until

WMS = ERP.replace("system: erp", "system: wms")
TARGET = """
- send: {operation: note, system: target}
  otherwise: {park: unknown-target, owner: finance}
- send: erp.create
"""


async def test_a_delivery_is_made_on_its_own_and_the_flow_does_not_wait(tmp_path: Path) -> None:
    """ORD-3."""
    async with running(tmp_path, flow("- send: erp.note")) as run:
        run.peer.gate.clear()
        await run.sent({"number": 7})
        await until(lambda: len(run.peer.asked) == 1)
        (delivery,) = await run.all("system:erp")
        assert delivery.state is State.RUNNING
        run.peer.gate.set()
        await run.quiet()
        (delivery,) = await run.all("system:erp", State.COMPLETED)
        assert (delivery.operation, delivery.step) == ("note", "send:erp.note")


async def test_deliveries_of_one_lane_arrive_in_order_also_when_one_is_tried_again(tmp_path: Path) -> None:
    """Promise 4."""
    files = flow("- send: erp.note", identity="{lane: {key: lane}}")
    async with running(tmp_path, files) as run:
        run.peer.answers["/note"] = [503, 200, 503, "drop"]
        for number in range(8):
            await run.post({"lane": "a", "number": number})
        await run.quiet()
        seen = [body["number"] for body in run.peer.bodies("/note")]
        assert list(dict.fromkeys(seen)) == list(range(8))
        assert seen == sorted(seen)
        assert len(seen) == 11


async def test_the_order_of_a_lane_holds_over_the_steps_of_a_flow(tmp_path: Path) -> None:
    files = flow("- send: erp.create\n- send: erp.note", identity="{lane: {key: lane}}")
    async with running(tmp_path, files) as run:
        run.peer.answers["/create"] = [503]
        await run.post({"lane": "a", "number": 1})
        await run.quiet()
        assert run.peer.paths() == ["POST /create", "POST /create", "POST /note"]


async def test_a_failed_delivery_is_confirmed_before_it_is_sent_again(tmp_path: Path) -> None:
    """Promise 2."""
    async with running(tmp_path, flow("- send: erp.sure")) as run:
        run.peer.answers["/sure"] = ["drop"]
        await run.sent({"number": 7})
        await run.quiet()
        assert run.peer.paths() == ["POST /sure", "GET /sure/7"]
        (delivery,) = await run.all("system:erp", State.COMPLETED)
        assert delivery.attempts == 2


async def test_a_delivery_carries_one_key_over_its_tries(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- send: erp.note")) as run:
        run.peer.answers["/note"] = [503, "drop"]
        await run.sent({"number": 7})
        await run.quiet()
        assert len(run.peer.asked) == 3
        (delivery,) = await run.all("system:erp", State.COMPLETED)
        assert {asked.key for asked in run.peer.asked} == {delivery.key}


async def test_the_target_is_the_system_that_the_expression_names(tmp_path: Path) -> None:
    """ORD-7, ARC-1."""
    files = {"flows/systems/wms.yaml": WMS.replace("path: /note", "path: /wms-note")} | flow(TARGET)
    async with running(tmp_path, files) as run:
        await run.sent({"target": "wms"})
        await run.quiet()
        assert sorted(run.peer.paths()) == ["POST /create", "POST /wms-note"]


async def test_an_unknown_target_parks_and_a_release_looks_again(tmp_path: Path) -> None:
    """`otherwise`; the steps after it wait too. Code tables of the running revision count after a release."""
    codes = {"canonical/codes/targets.csv": "area,system\nnorth,erp\n"}
    steps = TARGET.replace("system: target}", "system: '$lookup(\"targets\", area)'}")
    async with running(tmp_path, codes, flow(steps)) as run:
        found = await run.sent({"area": "south"}, State.PARKED)
        parked = (await run.message(found)).parked or {}
        assert (parked["reason"], parked["owner"]) == ("unknown-target", "finance")
        assert run.peer.asked == []
        run.write({"canonical/codes/targets.csv": "area,system\nnorth,erp\nsouth,erp\n"})
        await run.app.reload()
        await run.commands.release(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        await run.quiet()
        assert sorted(run.peer.paths()) == ["POST /create", "POST /note"]


async def test_an_unknown_target_without_otherwise_is_a_dead_letter_that_names_the_systems(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- send: {operation: note, system: target}")) as run:
        found = await run.sent({"target": "wsm"}, State.DEAD)
        failure = (await run.message(found)).failure or {}
        assert failure["reason"] == "unknown-system"
        assert "to name one of erp" in failure["detail"]


async def test_a_refusal_for_a_business_reason_parks_the_delivery(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- send: erp.create")) as run:
        run.peer.answers["/create"] = [409]
        await run.sent({"number": 7})
        await run.quiet()
        (delivery,) = await run.all("system:erp", State.PARKED)
        assert ((delivery.parked or {})["reason"], (delivery.parked or {})["owner"]) == ("credit-hold", "finance")


async def test_outputs_leave_with_the_next_checkpoint(tmp_path: Path) -> None:
    """Promise 6: a call is a checkpoint, and what was sent before it has left when it hangs."""
    async with running(tmp_path, flow("- send: erp.note\n- call: erp.create\n- send: erp.cancel")) as run:
        run.peer.answers["/create"] = [400]
        await run.sent({"number": 7}, State.DEAD)
        await run.quiet()
        assert sorted(run.peer.paths()) == ["POST /create", "POST /note"]


async def test_an_output_leaves_once_however_often_the_message_runs(tmp_path: Path) -> None:
    """Promises 3 and 6."""
    async with running(tmp_path, flow("- send: erp.note\n- call: erp.create", retry="quick")) as run:
        run.peer.answers["/create"] = [503, 503, 400]
        found = await run.sent({"number": 7}, State.DEAD)
        await run.commands.reprocess(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        await run.quiet()
        assert len(run.peer.of("/note")) == 1

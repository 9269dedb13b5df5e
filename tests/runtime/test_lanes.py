"""Order per lane: one at a time, in the order of append; different lanes side by side."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.message import State
from tests.workspaces import ANNA, ERP, flow, running, until

LANE = "{lane: {key: lane}}"
SHARED = "{lane: {key: lane, name: order}}"
CALL = "- call: erp.create"


async def test_messages_of_one_lane_run_one_at_a_time_in_their_order(tmp_path: Path) -> None:
    """REL-4, promise 4."""
    async with running(tmp_path, flow(CALL, identity=LANE)) as run:
        for number in range(30):
            await run.post({"lane": "a", "number": number})
        await run.quiet()
        assert [body["number"] for body in run.peer.bodies("/create")] == list(range(30))
        assert run.peer.most == 1


async def test_different_lanes_run_side_by_side(tmp_path: Path) -> None:
    async with running(tmp_path, flow(CALL, identity=LANE)) as run:
        run.peer.gate.clear()
        for lane in range(6):
            await run.post({"lane": str(lane)})
        await until(lambda: run.peer.under_way == 6)
        run.peer.gate.set()
        await run.quiet()


async def test_many_lanes_at_once_keep_each_its_order(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.create\n- send: erp.note", identity=LANE, retry="quick")) as run:
        run.peer.answers["/create"] = [200, 503, 200, 200, 503, "drop"] * 5
        run.peer.answers["/note"] = [200, 503, "drop"] * 5

        async def one(lane: int) -> None:
            for number in range(12):
                await run.post({"lane": str(lane), "number": number})

        await asyncio.gather(*(one(lane) for lane in range(8)))
        await run.quiet()
        for path in ("/create", "/note"):
            for lane in range(8):
                seen = [body["number"] for body in run.peer.bodies(path) if body["lane"] == str(lane)]
                assert seen == sorted(seen)
                assert set(seen) == set(range(12))


async def test_a_retrying_head_holds_its_own_lane_only(tmp_path: Path) -> None:
    """Promise 4."""
    async with running(tmp_path, flow(CALL, identity=LANE, retry="slow")) as run:
        run.peer.answers["/create"] = [503]
        await run.sent({"lane": "a", "number": 1}, State.WAITING)
        second = await run.post({"lane": "a", "number": 2})
        await run.sent({"lane": "b", "number": 3})
        assert (await run.message(second.id)).state is State.READY
        assert [body["number"] for body in run.peer.bodies("/create")] == [1, 3]


async def test_flows_that_share_a_lane_wait_for_each_other(tmp_path: Path) -> None:
    files = flow(CALL, identity=SHARED) | flow(
        "- call: erp.note", name="b", source="{events: [shop.event]}", identity=SHARED
    )
    async with running(tmp_path, files) as run:
        run.peer.gate.clear()
        await run.post({"lane": "a"})
        await until(lambda: len(run.peer.asked) == 1)
        other = await run.post({"lane": "a"}, "/events")
        free = await run.post({"lane": "b"}, "/events")
        await until(lambda: len(run.peer.asked) == 2)
        assert (await run.message(other.id)).state is State.READY
        run.peer.gate.set()
        await run.quiet()
        assert run.peer.paths() == ["POST /create", "POST /note", "POST /note"]
        assert (await run.message(free.id)).state is State.COMPLETED


async def test_a_flow_that_overtakes_runs_past_a_parked_head_of_its_lane(tmp_path: Path) -> None:
    """Promise 4: such as a cancellation."""
    files = flow("- park: look\n- call: erp.create", identity=SHARED)
    files |= flow("- call: erp.cancel", name="b", source="{events: [shop.event]}", identity=SHARED, overtakes="parked")
    async with running(tmp_path, files) as run:
        head = await run.sent({"lane": "a", "number": 1}, State.PARKED)
        behind = (await run.post({"lane": "a", "number": 2})).id
        await run.sent({"lane": "a", "number": 3}, path="/events")
        assert (await run.message(behind)).state is State.READY
        assert run.peer.paths() == ["POST /cancel"]
        await run.commands.release(head, ANNA)
        await run.is_in(head, State.COMPLETED)
        await run.is_in(behind, State.PARKED)


async def test_an_overtaker_waits_for_a_head_that_runs(tmp_path: Path) -> None:
    files = flow(CALL, identity=SHARED)
    files |= flow("- call: erp.cancel", name="b", source="{events: [shop.event]}", identity=SHARED, overtakes="parked")
    async with running(tmp_path, files) as run:
        run.peer.gate.clear()
        await run.post({"lane": "a"})
        await until(lambda: len(run.peer.asked) == 1)
        over = await run.post({"lane": "a"}, "/events")
        await run.post({"lane": "b"}, "/events")
        await until(lambda: len(run.peer.asked) == 2)
        assert (await run.message(over.id)).state is State.READY
        run.peer.gate.set()
        await run.quiet()


async def test_the_deliveries_of_an_overtaker_pass_those_that_were_not_made(tmp_path: Path) -> None:
    files = flow("- park: look\n- send: erp.create", identity=SHARED)
    files |= flow("- send: erp.cancel", name="b", source="{events: [shop.event]}", identity=SHARED, overtakes="parked")
    async with running(tmp_path, files) as run:
        await run.sent({"lane": "a"}, State.PARKED)
        await run.sent({"lane": "a"}, path="/events")
        await run.quiet()
        assert run.peer.paths() == ["POST /cancel"]


async def test_a_dead_message_lets_its_lane_go_on(tmp_path: Path) -> None:
    """`on_dead: continue`, which is the default."""
    async with running(tmp_path, flow(CALL, identity=LANE)) as run:
        run.peer.answers["/create"] = [400]
        await run.sent({"lane": "a", "number": 1}, State.DEAD)
        await run.sent({"lane": "a", "number": 2})


async def test_a_dead_message_holds_its_lane_where_the_flow_says_so_until_a_person_acts(tmp_path: Path) -> None:
    """`on_dead: hold`."""
    async with running(tmp_path, flow(CALL, identity=LANE, on_dead="hold")) as run:
        for verb in ("discard", "reprocess"):
            run.peer.answers["/create"] = [400]
            dead = await run.sent({"lane": verb, "number": 1}, State.DEAD)
            behind = (await run.post({"lane": verb, "number": 2})).id
            await run.sent({"lane": f"other {verb}", "number": 3})
            assert (await run.message(behind)).state is State.READY
            await getattr(run.commands, verb)(dead, ANNA)
            await run.is_in(behind, State.COMPLETED)
        assert [body["number"] for body in run.peer.bodies("/create")] == [1, 3, 2, 1, 3, 1, 2]


async def test_a_reprocessed_message_takes_its_old_place_if_nothing_later_ran(tmp_path: Path) -> None:
    """Promise 4."""
    erp = ERP.replace("system: erp", "system: erp\nlimits: {concurrent: 1}")
    async with running(tmp_path, flow(CALL, identity=LANE, on_dead="hold"), erp=erp) as run:
        run.peer.answers["/create"] = [400]
        dead = await run.sent({"lane": "a", "number": 1}, State.DEAD)
        for number in (2, 3):
            await run.post({"lane": "a", "number": number})
        await run.commands.reprocess(dead, ANNA)
        await run.quiet()
        assert [body["number"] for body in run.peer.bodies("/create")] == [1, 1, 2, 3]


async def test_a_reprocessed_message_goes_to_the_tail_if_something_later_ran(tmp_path: Path) -> None:
    """Promise 4."""
    async with running(tmp_path, flow(CALL, identity=LANE)) as run:
        run.peer.answers["/create"] = [400]
        dead = await run.sent({"lane": "a", "number": 1}, State.DEAD)
        await run.sent({"lane": "a", "number": 2})
        run.peer.gate.clear()
        await run.post({"lane": "a", "number": 3})
        await until(lambda: run.peer.under_way == 1)
        await run.commands.reprocess(dead, ANNA)
        await run.post({"lane": "a", "number": 4})
        run.peer.gate.set()
        await run.quiet()
        assert [body["number"] for body in run.peer.bodies("/create")] == [1, 2, 3, 1, 4]


async def test_messages_without_a_lane_do_not_wait_for_each_other(tmp_path: Path) -> None:
    async with running(tmp_path, flow(CALL)) as run:
        run.peer.gate.clear()
        for number in range(6):
            await run.post({"number": number})
        await until(lambda: run.peer.under_way == 6)
        run.peer.gate.set()

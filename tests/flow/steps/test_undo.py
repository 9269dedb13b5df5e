"""Compensation: completed calls are taken back, the last one first, and dead comes when that has ended."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import ANNA, ERP, flow, running

STEPS = """
- {call: erp.create, save: booking, undo: erp.cancel, undo_with: {number: number, booked: $reply.number}}
- {call: erp.note, undo: erp.cancel, undo_with: {note: number}}
- raise: {class: business, reason: nope}
"""
STALE = "{lane: {key: $string(number)}, stale: {version: revision}}"


async def test_completed_calls_are_undone_in_reverse_order_with_payload_and_reply(tmp_path: Path) -> None:
    """REL-11."""
    async with running(tmp_path, flow(STEPS)) as run:
        run.peer.answers["/create"] = [(200, {"number": "SO-1"})]
        found = await run.sent({"number": 7}, State.DEAD)
        assert run.peer.bodies("/cancel") == [{"note": 7}, {"number": 7, "booked": "SO-1"}]
        failure = (await run.message(found)).failure or {}
        assert failure["reason"] == "nope"
        assert not failure["remaining"]


async def test_an_undo_that_fails_is_tried_again_and_what_was_undone_stays_so(tmp_path: Path) -> None:
    """REL-11."""
    async with running(tmp_path, flow(STEPS, retry="quick")) as run:
        run.peer.answers["/cancel"] = [200, 503, 503, 200]
        found = await run.sent({"number": 7}, State.DEAD)
        assert [body.get("note") for body in run.peer.bodies("/cancel")] == [7, None, None, None]
        assert len({asked.key for asked in run.peer.of("/cancel")}) == 2
        assert not ((await run.message(found)).failure or {})["remaining"]


async def test_an_undo_that_cannot_be_done_lists_all_that_remains(tmp_path: Path) -> None:
    """REL-11: an exception with everything still to be done."""
    async with running(tmp_path, flow(STEPS)) as run:
        run.peer.answers["/cancel"] = [400]
        found = await run.sent({"number": 7}, State.DEAD)
        failure = (await run.message(found)).failure or {}
        assert failure["remaining"] == ["erp.cancel for call:erp.note", "erp.cancel for call:erp.create"]
        assert "undoing it failed too" in failure["detail"]
        assert failure["reason"] == "nope"


async def test_the_lane_is_held_until_undo_has_ended(tmp_path: Path) -> None:
    """Promise 4."""
    steps = "- {call: erp.create, undo: erp.cancel}\n- {raise: {reason: nope}, when: bad}\n- call: erp.note"
    async with running(tmp_path, flow(steps, identity="{lane: {key: lane}}", retry="quick")) as run:
        run.peer.answers["/cancel"] = [503, 503, 200]
        bad = (await run.post({"lane": "a", "bad": True})).id
        good = (await run.post({"lane": "a", "bad": False})).id
        await run.is_in(good, State.COMPLETED)
        assert (await run.message(bad)).state is State.DEAD
        assert run.peer.paths() == ["POST /create", *["POST /cancel"] * 3, "POST /create", "POST /note"]


async def test_a_step_that_was_undone_runs_again_under_a_new_key(tmp_path: Path) -> None:
    """A peer that knows the old key would not act on it again."""
    steps = "- {call: erp.create, undo: erp.cancel}\n- call: erp.note"
    async with running(tmp_path, flow(steps)) as run:
        run.peer.answers["/note"] = [400, 400, 200]
        found = await run.sent({"number": 7}, State.DEAD)
        for state in (State.DEAD, State.COMPLETED):
            await run.commands.reprocess(found, ANNA)
            await run.is_in(found, state)
        assert [asked.path for asked in run.peer.asked] == ["/create", "/note", "/cancel"] * 2 + ["/create", "/note"]
        assert len({asked.key for asked in run.peer.of("/create")}) == 3
        assert len({asked.key for asked in run.peer.of("/cancel")}) == 2
        assert len({asked.key for asked in run.peer.of("/note")}) == 1


async def test_undo_restores_the_stale_mark(tmp_path: Path) -> None:
    """Promise 5: version 5 had an effect that was taken back, so version 4 passes."""
    steps = "- {call: erp.create, undo: erp.cancel}\n- {raise: {reason: nope}, when: bad}"
    async with running(tmp_path, flow(steps, identity=STALE)) as run:
        await run.sent({"number": 1, "revision": 3})
        await run.sent({"number": 1, "revision": 5, "bad": True}, State.DEAD)
        await run.sent({"number": 1, "revision": 4})
        await run.sent({"number": 1, "revision": 3, "x": 1}, State.DISCARDED)


async def test_a_first_message_that_is_undone_leaves_no_mark(tmp_path: Path) -> None:
    steps = "- {call: erp.create, undo: erp.cancel}\n- {raise: {reason: nope}, when: bad}"
    async with running(tmp_path, flow(steps, identity=STALE)) as run:
        await run.sent({"number": 1, "revision": 5, "bad": True}, State.DEAD)
        await run.sent({"number": 1, "revision": 1})


async def test_an_undo_of_a_second_run_leaves_the_mark_that_came_between(tmp_path: Path) -> None:
    steps = "- {call: erp.create, undo: erp.cancel}\n- {raise: {reason: nope}, when: bad}"
    async with running(tmp_path, flow(steps, identity=STALE)) as run:
        first = await run.sent({"number": 1, "revision": 5, "bad": True}, State.DEAD)
        await run.sent({"number": 1, "revision": 6})
        await run.commands.reprocess(first, ANNA, force=True)
        await run.is_in(first, State.DEAD)
        await run.sent({"number": 1, "revision": 5, "x": 1}, State.DISCARDED)


async def test_undo_is_confirmed_before_a_second_try(tmp_path: Path) -> None:
    steps = "- {call: erp.create, undo: erp.sure}\n- raise: {reason: nope}"
    async with running(tmp_path, flow(steps, retry="quick")) as run:
        run.peer.answers["/sure"] = ["drop"]
        await run.sent({"number": 7}, State.DEAD)
        assert run.peer.paths() == ["POST /create", "POST /sure", "GET /sure/7"]


async def test_what_left_at_a_checkpoint_is_not_recalled_and_what_had_not_left_never_does(tmp_path: Path) -> None:
    """Promise 6."""
    steps = """
- {send: erp.note, with: {first: true}}
- {call: erp.create, undo: erp.cancel}
- {send: erp.note, id: late, with: {second: true}}
- raise: {reason: nope}
"""
    async with running(tmp_path, flow(steps)) as run:
        await run.sent({"number": 7}, State.DEAD)
        await run.quiet()
        assert run.peer.bodies("/note") == [{"first": True}]


async def test_a_timed_out_order_that_gives_up_is_undone(tmp_path: Path) -> None:
    """Giving up after the last attempt is a failure like others."""
    steps = "- {call: erp.create, undo: erp.cancel}\n- call: erp.note"
    async with running(tmp_path, flow(steps, retry="quick"), erp=ERP) as run:
        run.peer.always["/note"] = 503
        found = await run.sent({"number": 7}, State.DEAD)
        assert len(run.peer.of("/note")) == 5
        assert len(run.peer.of("/cancel")) == 1
        assert ((await run.message(found)).failure or {})["reason"] == "status-503"

"""Milestones of a business transaction."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import ANNA, flow, running

KEYS = "{business_keys: {order: number}}"


async def test_a_milestone_is_kept_with_its_note_and_found_by_the_business_key(tmp_path: Path) -> None:
    """OBS-2, OBS-3."""
    steps = "- {milestone: booked, note: 'as {number}'}"
    async with running(tmp_path, flow(steps, identity=KEYS)) as run:
        await run.sent({"number": "SO-7"})
        found = await run.app.office.views.trace("SO-7")
        assert found is not None
        assert [(one["name"], one["note"]) for one in found["milestones"]] == [("booked", "as SO-7")]


async def test_a_milestone_is_durable_with_the_next_checkpoint_only(tmp_path: Path) -> None:
    steps = "- milestone: first\n- call: erp.create\n- milestone: second\n- raise: {reason: nope}"
    async with running(tmp_path, flow(steps, identity=KEYS)) as run:
        found = await run.sent({"number": "SO-7"}, State.DEAD)
        assert [one.name for one in (await run.trace(found)).milestones] == ["first"]


async def test_a_milestone_is_passed_once_however_often_the_message_runs(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- milestone: booked\n- call: erp.create", identity=KEYS)) as run:
        run.peer.answers["/create"] = [400]
        found = await run.sent({"number": "SO-7"}, State.DEAD)
        await run.commands.reprocess(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        assert [one.name for one in (await run.trace(found)).milestones] == ["booked"]

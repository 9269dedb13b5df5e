"""Message Filter, discard, set and raise."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import flow, running


async def test_only_matching_documents_go_on_and_the_others_are_discarded(tmp_path: Path) -> None:
    steps = "- {filter: amount > 10, reason: too-small}\n- send: erp.note"
    async with running(tmp_path, flow(steps)) as run:
        await run.sent({"amount": 11})
        found = await run.sent({"amount": 9}, State.DISCARDED)
        assert (await run.message(found)).failure == {"reason": "too-small", "detail": "amount > 10 is not true"}
        await run.quiet()
        assert run.peer.bodies("/note") == [{"amount": 11}]


async def test_a_filter_that_yields_no_boolean_lets_nothing_pass(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- filter: missing\n- send: erp.note")) as run:
        await run.sent({"amount": 11}, State.DISCARDED)
        assert run.peer.asked == []


async def test_what_was_sent_before_a_filter_still_leaves_at_the_end(tmp_path: Path) -> None:
    """Outputs leave at checkpoints, and a discard is an end."""
    async with running(
        tmp_path, flow("- send: erp.note\n- milestone: seen\n- discard: enough\n- send: erp.create")
    ) as run:
        found = await run.sent({"amount": 11}, State.DISCARDED)
        await run.quiet()
        assert run.peer.paths() == ["POST /note"]
        assert [one.name for one in (await run.trace(found)).milestones] == ["seen"]

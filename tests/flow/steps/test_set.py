"""Content Enricher: set."""

from __future__ import annotations

from pathlib import Path

from tests.workspaces import flow, running


async def test_values_are_kept_for_later_steps_and_one_that_finds_nothing_clears_its_name(tmp_path: Path) -> None:
    steps = """
- set: {total: a + b, twice: a * 2}
- {set: {twice: missing}, id: clear}
- send: erp.note
  with: {total: $saved.total, twice: $saved.twice}
"""
    async with running(tmp_path, flow(steps)) as run:
        await run.sent({"a": 1, "b": 2})
        await run.quiet()
        assert run.peer.bodies("/note") == [{"total": 3}]

"""Content-Based Router."""

from __future__ import annotations

from pathlib import Path

from tests.workspaces import flow, running

STEPS = """
- route:
    - {when: kind = "new", steps: [{send: erp.create}]}
    - {when: kind = "new" or kind = "old", steps: [{send: erp.cancel}]}
  otherwise:
    - send: erp.note
"""


async def test_the_first_arm_that_matches_runs_and_otherwise_the_rest(tmp_path: Path) -> None:
    async with running(tmp_path, flow(STEPS)) as run:
        for kind in ("new", "old", "other"):
            await run.sent({"kind": kind})
            await run.quiet()
        assert run.peer.paths() == ["POST /create", "POST /cancel", "POST /note"]

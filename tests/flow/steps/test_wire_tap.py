"""Wire Tap."""

from __future__ import annotations

from pathlib import Path

from engine.store.records import JournalKind
from tests.workspaces import flow, running


async def test_onlookers_get_a_copy(tmp_path: Path) -> None:
    files = flow("- wire_tap: seen\n- call: erp.note") | flow("- call: erp.create", name="a", source="{topics: [seen]}")
    async with running(tmp_path, files) as run:
        await run.sent({"number": 7})
        await run.quiet()
        assert run.peer.bodies("/create") == [{"number": 7}]


async def test_a_tap_that_fails_never_disturbs_the_exchange(tmp_path: Path) -> None:
    steps = "- wire_tap: seen\n  with: {sum: number + text}\n- call: erp.note"
    async with running(tmp_path, flow(steps)) as run:
        found = await run.sent({"number": 7, "text": "x"})
        assert len(run.peer.of("/note")) == 1
        assert await run.kinds(found, "wire_tap:seen") == {JournalKind.DONE}

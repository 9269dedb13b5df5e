"""Discard."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import flow, running


async def test_discard_ends_the_exchange_with_its_reason(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- {discard: test-order, when: test = true}\n- send: erp.note")) as run:
        found = await run.sent({"test": True}, State.DISCARDED)
        assert (await run.message(found)).failure["reason"] == "test-order"  # type: ignore[index]
        await run.sent({"test": False})
        await run.quiet()
        assert run.peer.bodies("/note") == [{"test": False}]

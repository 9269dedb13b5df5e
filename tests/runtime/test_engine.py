"""Start and end of a running workspace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.app.options import RunOptions
from engine.app.process import App
from engine.errors import PluginError, StoreLocked
from engine.message import State
from tests.workspaces import WORKSPACE, flow, running, until

CALL = flow("- call: erp.create")


def another(folder: Path, port: int = 0) -> App:
    return App(folder, RunOptions(port=port, variables={"PEER_URL": "http://127.0.0.1:9"}), lambda event, facts: None)


async def test_a_second_run_on_the_same_store_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, CALL) as run:
        with pytest.raises(StoreLocked):
            await another(tmp_path).start()
        await run.sent({"number": 1})


async def test_a_second_run_that_commands_could_not_reach_is_refused(tmp_path: Path) -> None:
    """Another store in the same folder, as on a server, is free; the control socket beside it is not."""
    beside = WORKSPACE + 'store: {url: "sqlite:.crossdock/other.db"}\n'
    async with running(tmp_path, CALL) as run:
        (tmp_path / "flows/workspace.yaml").write_text(beside)
        second = another(tmp_path)
        with pytest.raises(StoreLocked, match="answers there already"):
            await second.start()
        await run.sent({"number": 1})
    async with running(tmp_path, CALL, workspace=beside) as after:
        await after.sent({"number": 1})


async def test_a_start_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """A port in use; afterwards the store is free and another start succeeds."""
    async with running(tmp_path / "b", CALL):
        pass
    async with running(tmp_path / "a", CALL) as first:
        _, port = first.app.engine.addresses[0]
        with pytest.raises(PluginError, match="cannot listen"):
            await another(tmp_path / "b", port).start()
        async with running(tmp_path / "b", CALL) as second:
            await second.sent({"number": 1})


async def test_a_drain_ends_what_runs_and_refuses_what_comes(tmp_path: Path) -> None:
    async with running(tmp_path, CALL, drain=5.0) as run:
        run.peer.gate.clear()
        reply = await run.post({"number": 1})
        await until(lambda: run.peer.under_way == 1)
        stopping = asyncio.create_task(run.app.engine.drain(5.0))
        await until(lambda: run.app.engine.health.draining)
        refusal = run.app.engine.health.refusal()
        assert refusal is not None
        assert refusal.retry_after > 0
        run.peer.gate.set()
        assert await stopping is True
        assert (await run.message(reply.id)).state is State.COMPLETED

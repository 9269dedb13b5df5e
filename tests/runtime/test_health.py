"""Back-pressure: a clear refusal before any limit is passed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.message import State
from tests.workspaces import WORKSPACE, flow, running


async def test_intake_answers_503_with_retry_after_at_the_backlog_limit_and_not_beyond_it(tmp_path: Path) -> None:
    """REL-15, promise 9: nothing that was acknowledged is lost."""
    workspace = WORKSPACE + "limits: {backlog: 100}\n"
    async with running(tmp_path, flow("- park: look"), workspace=workspace) as run:
        replies = [await run.post({"number": number}) for number in range(130)]
        refused = [reply for reply in replies if reply.status == 503]
        assert len(refused) == 30
        assert all(int(reply.headers["retry-after"]) > 0 for reply in refused)
        assert refused[0].document["code"] == "overloaded"
        assert "100 messages wait, the limit is 100" in refused[0].document["detail"]
        assert (await run.get("/health")).status == 503
        assert len(await run.all("flow:orders")) == 100
        assert await run.all("invalid") == []


async def test_intake_opens_again_when_the_backlog_is_worked_off(tmp_path: Path) -> None:
    workspace = WORKSPACE + "limits: {backlog: 100}\n"
    async with running(tmp_path, flow("- call: erp.note"), workspace=workspace) as run:
        run.peer.gate.clear()
        await asyncio.gather(*(run.post({"number": number}) for number in range(100)))
        assert (await run.post({"number": 1000})).status == 503
        run.peer.gate.set()
        await run.quiet()
        await run.app.engine.health.look(run.app.engine.revisions.active)
        assert (await run.post({"number": 1000})).status == 202


async def test_intake_refuses_when_the_disk_is_nearly_full(tmp_path: Path) -> None:
    workspace = WORKSPACE + "limits: {disk_free: 900000 GB}\n"
    async with running(tmp_path, flow("- call: erp.note"), workspace=workspace) as run:
        reply = await run.post({"number": 1})
        assert reply.status == 503
        assert "of disk are free" in reply.document["detail"]


async def test_a_repeat_of_a_message_is_not_counted_for_good(tmp_path: Path) -> None:
    workspace = WORKSPACE + "limits: {backlog: 100}\n"
    async with running(tmp_path, flow("- park: look"), workspace=workspace) as run:
        found = await run.sent({"number": 1}, State.PARKED)
        for _ in range(120):
            assert (await run.post({"number": 1})).id == found
        assert (await run.get("/health")).status == 200

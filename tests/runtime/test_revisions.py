"""Revisions: work ends on the one that began it; connections and limits are the current ones."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.errors import ConfigurationError
from engine.ids import id_text
from engine.message import State
from tests.workspaces import ANNA, ERP, flow, peer, running, until

V1 = flow("- call: erp.create\n- park: look\n- call: erp.note\n  with: {version: 1}")
V2 = flow("- call: erp.create\n- park: look\n- call: erp.note\n  with: {version: 2}")


async def test_a_message_ends_on_the_revision_that_began_it(tmp_path: Path) -> None:
    """MIG-5."""
    async with running(tmp_path, V1) as run:
        old = await run.sent({"number": 1}, State.PARKED)
        run.write(V2)
        told = await run.app.reload()
        assert told["changed"]
        new = await run.sent({"number": 2}, State.PARKED)
        for found in (old, new):
            await run.commands.release(found, ANNA)
            await run.is_in(found, State.COMPLETED)
        assert run.peer.bodies("/note") == [{"version": 1}, {"version": 2}]
        assert (await run.message(old)).revision == told["before"]
        assert (await run.message(new)).revision == told["revision"]


async def test_a_message_ends_on_its_revision_after_a_restart_with_another(tmp_path: Path) -> None:
    """MIG-5: compiled again from the stored bundle."""
    async with running(tmp_path, V1) as run:
        old = await run.sent({"number": 1}, State.PARKED)
    async with running(tmp_path, V2) as run:
        await run.commands.release(old, ANNA)
        await run.is_in(old, State.COMPLETED)
        assert run.peer.bodies("/note") == [{"version": 1}]


async def test_a_delivery_keeps_the_shape_of_its_operation(tmp_path: Path) -> None:
    erp = ERP.replace("path: /note, body: $}, retry: quick", "path: /note, body: $}, retry: slow")
    async with running(tmp_path, flow("- send: erp.note"), erp=erp) as run:
        run.peer.answers["/note"] = [503]
        await run.sent({"number": 1})
        (delivery,) = await run.all("system:erp")
        await until(lambda: len(run.peer.asked) == 1)
        changed = erp.replace("path: /note, body: $", "path: /other, body: $")
        run.write({"flows/systems/erp.yaml": changed})
        await run.app.reload()
        await run.sent({"number": 2})
        await until(lambda: len(run.peer.of("/other")) == 1)
        (delivery, *_) = await run.all("system:erp")
        from_text = await run.commands.resend(id_text(delivery.id), ANNA)
        await run.is_in(from_text.message_id, State.COMPLETED)
        assert [asked.path for asked in run.peer.asked] == ["/note", "/other", "/note"]


async def test_connections_and_limits_are_always_the_current_revisions(tmp_path: Path) -> None:
    async with peer() as moved, running(tmp_path, V1) as run:
        old = await run.sent({"number": 1}, State.PARKED)
        changed = ERP.replace("${env:PEER_URL}", moved.url).replace(
            "connector: http", "connector: http\nlimits: {concurrent: 2}"
        )
        run.write({"flows/systems/erp.yaml": changed})
        await run.app.reload()
        await run.commands.release(old, ANNA)
        await run.is_in(old, State.COMPLETED)
        assert moved.paths() == ["POST /note"]
        assert run.app.engine.gateways["erp"].concurrent == 2


async def test_a_revision_that_compiles_no_more_parks_its_messages_for_reprocessing_in_another(tmp_path: Path) -> None:
    """`revision-unavailable`: a variable that the old revision needs is gone."""
    erp = ERP.replace("base_url:", 'headers: {X-Extra: "${env:EXTRA}"}\nbase_url:')
    async with running(tmp_path, V1, erp=erp, variables={"EXTRA": "x"}) as run:
        old = await run.sent({"number": 1}, State.PARKED)
    async with running(tmp_path, V2) as run:
        await run.commands.release(old, ANNA)

        async def unavailable() -> bool:
            return ((await run.message(old)).parked or {}).get("reason") == "revision-unavailable"

        await until(unavailable)
        parked = (await run.message(old)).parked or {}
        assert parked["owner"] == "integration"
        assert "compiles no more" in parked["detail"]
        await run.commands.reprocess(old, ANNA)
        await run.is_in(old, State.COMPLETED)
        assert run.peer.bodies("/note") == [{"version": 2}]


async def test_an_invalid_revision_is_refused_and_the_old_one_runs_on(tmp_path: Path) -> None:
    """Promise 12."""
    async with running(tmp_path, flow("- call: erp.create")) as run:
        run.write(flow("- call: erp.craete"))
        with pytest.raises(ConfigurationError, match="did you mean 'create'"):
            await run.app.reload()
        await run.sent({"number": 1})


async def test_a_reload_without_a_change_changes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, V1) as run:
        assert (await run.app.reload())["changed"] is False


async def test_reloads_under_load_lose_nothing(tmp_path: Path) -> None:
    """Swap revisions without dropping a message."""
    async with running(tmp_path, flow("- send: erp.note\n  with: {n: n, v: 0}")) as run:

        async def load() -> None:
            for number in range(150):
                assert (await run.post({"n": number})).status == 202

        async def reloads() -> None:
            for version in range(1, 5):
                run.write(flow(f"- send: erp.note\n  with: {{n: n, v: {version}}}"))
                await run.app.reload()

        await asyncio.gather(load(), reloads())
        await run.quiet()
        assert sorted(body["n"] for body in run.peer.bodies("/note")) == list(range(150))


async def test_messages_of_a_flow_that_is_gone_end_where_they_began(tmp_path: Path) -> None:
    async with running(tmp_path, V1, flow("- call: erp.cancel", name="b", source="{events: [shop.event]}")) as run:
        old = await run.sent({"number": 1}, State.PARKED)
        (tmp_path / "flows/orders.yaml").unlink()
        await run.app.reload()
        await run.commands.release(old, ANNA)
        await run.is_in(old, State.COMPLETED)
    async with running(tmp_path) as run:
        assert (await run.post({"number": 3})).status == 202

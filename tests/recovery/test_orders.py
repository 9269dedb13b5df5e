"""Orders over the control socket: the CLI's way into the running process."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

from engine.message import State
from tests.workspaces import IDENTITY, Running, flow, running


async def order(run: Running, name: str, **given: Any) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(str(run.folder / ".crossdock" / "control.sock"))
    writer.write(json.dumps({"order": name, "given": given}).encode() + b"\n")
    while True:
        answer: dict[str, Any] = json.loads(await reader.readline())
        if "progress" not in answer:
            writer.close()
            return answer


async def test_every_verb_can_be_ordered_and_answers_in_plain_data(tmp_path: Path) -> None:
    files = flow("- {park: look, when: held = true}\n- call: erp.create", identity=IDENTITY)
    async with running(tmp_path, files) as run:
        held = await run.sent({"number": "A", "held": True}, State.PARKED)
        assert (await order(run, "release", id=held, who="anna", reason="ok"))["result"]["verb"] == "release"
        await run.is_in(held, State.COMPLETED)
        run.peer.answers["/create"] = [400]
        sent = (await order(run, "send", event="shop.order", body='{"number": "B"}'))["result"]["messages"][0]
        await run.is_in(sent, State.DEAD)
        listed = (await order(run, "list", states=["dead"]))["result"]
        assert (listed["count"], listed["messages"][0]["id"]) == (1, sent)
        assert (await order(run, "show", id=sent))["result"]["state"] == "dead"
        assert (await order(run, "trace", key="B"))["result"]["kind"] == "transaction"
        assert (await order(run, "replay", states=["dead"], dryRun=True))["result"]["counted"] == 1
        assert (await order(run, "reprocess", id=sent, who="anna"))["result"]["state"] == "ready"
        await run.is_in(sent, State.COMPLETED)
        status = (await order(run, "status"))["result"]
        assert (status["accepting"], status["systems"][0]["breaker"]) == (True, "closed")


async def test_a_refusal_is_a_sentence_and_nothing_ends_the_process(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.create")) as run:
        assert "there is no message 'x'" in (await order(run, "show", id="x"))["error"]
        assert "nothing is known of 'x'" in (await order(run, "trace", key="x"))["error"]
        assert "there is no order 'dance'" in (await order(run, "dance"))["error"]
        assert "a replay needs a range" in (await order(run, "replay"))["error"]
        assert "states are" in (await order(run, "list", states=["asleep"]))["error"]
        assert "cannot be read" in (await order(run, "show"))["error"]
        answer = await order(run, "send", event="shop.order", body="{")
        assert answer["refused"] is True
        await run.sent({"number": 1})


async def test_the_socket_is_for_its_owner_only(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.create")) as run:
        mode = (run.folder / ".crossdock" / "control.sock").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600

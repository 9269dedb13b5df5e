"""Orders over the control socket: the CLI's way into the running process."""

from __future__ import annotations

import asyncio
import json
import stat
from base64 import b64decode
from pathlib import Path
from typing import Any

from engine.message import State
from tests.workspaces import IDENTITY, SHOP, Running, flow, running


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


async def test_what_was_received_is_told_once_and_newest_first(tmp_path: Path) -> None:
    """An arrival may be a message in several flows; what was refused came too, what was not verified did not."""
    verified = 'token: {receive: {path: /tokens}, verify: {token: {header: X-Key, value: "${secret:KEY}"}}}'
    shop = SHOP.replace("  event:", f"  {verified}\n  event:")
    files = flow("- publish: a", name="one", source="{events: [shop.order, shop.token]}")
    files |= flow("- publish: b", name="two") | {"flows/systems/shop.yaml": shop}
    async with running(tmp_path, files, variables={"CROSSDOCK_SECRET_KEY": "right"}) as run:
        for number in (1, 2, 3):
            await run.post({"number": number})
        assert (await run.post("{")).status == 422
        assert (await run.post({"number": 4}, "/events")).status == 202
        assert (await run.post({"number": 5}, "/tokens", X_Key="wrong")).status == 401
        assert (await run.post({"number": 6}, "/tokens", X_Key="right")).status == 202
        told = (await order(run, "originals", event="shop.order", last=3))["result"]
        assert [b64decode(one["body"]) for one in told["originals"]] == [b"{", b'{"number": 3}', b'{"number": 2}']
        assert [one["refused"] for one in told["originals"]] == [True, False, False]
        assert (told["erased"], told["leftOut"]) == (0, 0)
        assert len((await order(run, "originals", event="shop.order"))["result"]["originals"]) == 4
        known = (await order(run, "originals", event="shop.token"))["result"]["originals"]
        assert [b64decode(one["body"]) for one in known] == [b'{"number": 6}']
        later = (await order(run, "originals", event="shop.order", since=run.clock.now() + 60))["result"]
        assert later["originals"] == []
        address = (await run.all("flow:two"))[-1].payload
        await run.app.store.erase(address)
        assert (await order(run, "originals", event="shop.order"))["result"]["erased"] == 1


async def test_the_socket_is_for_its_owner_only(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.create")) as run:
        mode = (run.folder / ".crossdock" / "control.sock").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600

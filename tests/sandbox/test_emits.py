"""The events that follow from answers: signed as the hub verifies them, sent until they are taken."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import aiohttp

from engine.sandbox.client import SandboxControl
from engine.sandbox.process import SandboxProcess
from tests.sandbox.small_workspace import HearingHub

KEY = {"X-Api-Key": "sandbox-WMS"}


async def _release(sandbox: SandboxProcess, key: str = "r-1") -> None:
    body = {"order": "1001", "amount": 1, "warehouse": "east"}
    headers = {**KEY, "Idempotency-Key": key}
    async with (
        aiohttp.ClientSession(sandbox.addresses["wms"]) as session,
        session.post("/releases", json=body, headers=headers) as response,
    ):
        assert response.status == 202


async def _heard(hub: HearingHub, count: int) -> None:
    async with hub.changed:
        await hub.changed.wait_for(lambda: len(hub.told) >= count)


async def _settled(control: SandboxControl, count: int) -> list[dict[str, Any]]:
    while True:
        events = await asyncio.to_thread(control.events, "wms")
        if len(events) >= count and all(event["outcome"] != "waiting" for event in events):
            return events
        await asyncio.sleep(0.01)


async def test_events_follow_an_answer_signed_as_the_system_file_says(
    sandbox: SandboxProcess, control: SandboxControl, hub: HearingHub
) -> None:
    control.set_hub(hub.url)
    await _release(sandbox)
    await _heard(hub, 2)
    picked, shipped = hub.told
    signed = picked.headers["x-timestamp"].encode() + b"." + picked.body
    digest = hmac.new(b"sandbox-WMS_HOOK", signed, hashlib.sha256).hexdigest()
    assert (picked.path, picked.headers["x-signature"]) == ("/hooks/wms/picked", f"sha256={digest}")
    assert len(picked.headers["x-event-id"]) == 36
    assert shipped.path == "/hooks/wms/east/shipped"
    text = f"{shipped.headers['webhook-id']}.{shipped.headers['webhook-timestamp']}.".encode() + shipped.body
    expected = b64encode(hmac.digest(b64decode("c2FuZGJveC1zZWNyZXQ="), text, "sha256")).decode()
    assert shipped.headers["webhook-signature"] == f"v1,{expected}"


async def test_a_repeat_emits_nothing_more(sandbox: SandboxProcess, control: SandboxControl, hub: HearingHub) -> None:
    control.set_hub(hub.url)
    await _release(sandbox)
    await _release(sandbox)
    events = await _settled(control, 2)
    assert [(event["event"], event["outcome"]) for event in events] == [
        ("wms.order-picked", "taken"),
        ("wms.shipped", "taken"),
    ]
    assert len(hub.told) == 2


async def test_an_event_is_sent_again_until_the_hub_takes_it(
    sandbox: SandboxProcess, control: SandboxControl, hub: HearingHub
) -> None:
    control.set_hub(hub.url)
    hub.answers = [503]
    await _release(sandbox)
    await _heard(hub, 3)
    by_id = [told.headers.get("x-event-id") for told in hub.told if told.path == "/hooks/wms/picked"]
    assert len(by_id) == 2
    assert by_id[0] == by_id[1]
    assert {event["attempts"] for event in await _settled(control, 2)} == {1, 2}


async def test_an_event_that_the_hub_refuses_is_not_sent_again(
    sandbox: SandboxProcess, control: SandboxControl, hub: HearingHub
) -> None:
    control.set_hub(hub.url)
    hub.answers = [401]
    await _release(sandbox)
    assert [event["outcome"] for event in await _settled(control, 2)] == ["refused", "taken"]


async def test_events_survive_a_kill_before_they_are_sent(
    start: Callable[..., SandboxProcess], hub: HearingHub
) -> None:
    first = start()
    await _release(first)
    first.kill()
    start(hub.url)
    await _heard(hub, 2)
    assert {told.path for told in hub.told} == {"/hooks/wms/picked", "/hooks/wms/east/shipped"}


async def test_an_event_can_be_sent_by_hand(sandbox: SandboxProcess, control: SandboxControl, hub: HearingHub) -> None:
    control.set_hub(hub.url)
    told = await asyncio.to_thread(control.emit, "wms", "wms.order-picked", {"order": "7"}, headers={"X-Event-Id": "e"})
    assert (told["outcome"], told["status"]) == ("taken", 202)
    assert hub.told[0].body == b'{"order":"7"}'
    assert hub.told[0].headers["x-event-id"] == "e"

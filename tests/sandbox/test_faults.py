"""Faults on demand, seen by a client on the wire and by the ledger: REL-7, REL-9."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from engine import exact_json
from engine.sandbox.client import SandboxControl, SandboxRefused
from engine.sandbox.process import SandboxProcess
from tests.sandbox.small_workspace import erp_client

BROKEN = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError)


async def _book(session: aiohttp.ClientSession, number: int = 1) -> int:
    headers = {"Idempotency-Key": f"k-{number}"}
    async with session.post("/orders", json={"orderNumber": str(number)}, headers=headers) as response:
        await response.read()
        return response.status


async def test_apply_then_drop_commits_and_closes_without_an_answer(
    erp: aiohttp.ClientSession, control: SandboxControl
) -> None:
    control.set_faults("erp", {"fault": "apply-then-drop", "match": "create-order", "times": 1})
    with pytest.raises(BROKEN):
        await _book(erp)
    assert await _book(erp) == 201
    lines = [(line["applied"], line["repeat"], line["fault"]) for line in control.ledger("erp")]
    assert lines == [(True, False, "apply-then-drop"), (False, True, None)]


async def test_drop_before_apply_leaves_no_effect(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    control.set_faults("erp", {"fault": "drop-before-apply", "times": 1})
    with pytest.raises(BROKEN):
        await _book(erp)
    assert control.effects("erp") == []
    assert await _book(erp) == 201


async def test_status_refuses_so_often_and_asks_to_wait(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    control.set_faults("erp", {"fault": "status", "status": 503, "times": 2, "retry_after": "3 s"})
    async with erp.post("/orders", json={"orderNumber": "1"}) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "3")
    assert [await _book(erp), await _book(erp)] == [503, 201]
    assert control.faults("erp") == []


async def test_a_fault_matches_only_its_answer(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    control.set_faults("erp", {"fault": "status", "status": 500, "match": "read-customer"})
    assert await _book(erp) == 201
    async with erp.get("/customers/C-100") as response:
        assert response.status == 500


async def test_a_probability_is_the_same_with_the_same_seed(
    erp: aiohttp.ClientSession, control: SandboxControl
) -> None:
    runs = []
    for _ in range(2):
        control.set_faults("erp", {"fault": "status", "status": 500, "probability": 0.5, "seed": 7})
        runs.append([(await _book(erp)) == 500 for _ in range(20)])
    assert runs[0] == runs[1]
    assert 3 < sum(runs[0]) < 17


async def test_latency_answers_late_and_applies_at_once(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    control.set_faults("erp", {"fault": "latency", "delay": "300 ms", "times": 1})
    begun = time.monotonic()
    assert await _book(erp) == 201
    assert time.monotonic() - begun >= 0.3


async def test_a_client_that_gives_up_on_latency_has_had_its_effect(
    sandbox: SandboxProcess, control: SandboxControl
) -> None:
    control.set_faults("erp", {"fault": "latency", "delay": "5 s"})
    async with erp_client(sandbox, timeout=0.3) as session:
        with pytest.raises(TimeoutError):
            await _book(session)
    assert len(control.effects("erp")) == 1


@pytest.mark.parametrize("applied", [False, True])
async def test_hang_never_answers(sandbox: SandboxProcess, control: SandboxControl, applied: bool) -> None:
    control.set_faults("erp", {"fault": "hang", "apply": applied})
    async with erp_client(sandbox, timeout=0.3) as session:
        with pytest.raises(TimeoutError):
            await _book(session)
    assert len(control.effects("erp")) == applied


async def test_truncate_applies_and_sends_half_of_the_reply(
    erp: aiohttp.ClientSession, control: SandboxControl
) -> None:
    control.set_faults("erp", {"fault": "truncate", "times": 1})
    with pytest.raises(aiohttp.ClientPayloadError):
        await _book(erp)
    assert len(control.effects("erp")) == 1


async def test_rate_limit_answers_429_over_the_rate(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    control.set_faults("erp", {"fault": "rate-limit", "rate": "3 per min", "retry_after": "20 s"})
    statuses = [await _book(erp, number) for number in range(5)]
    assert statuses == [201, 201, 201, 429, 429]
    assert len(control.effects("erp")) == 3


async def test_down_refuses_connections_and_breaks_open_ones_for_a_while(
    sandbox: SandboxProcess, erp: aiohttp.ClientSession, control: SandboxControl
) -> None:
    assert await _book(erp, 1) == 201
    control.set_faults("erp", {"fault": "down", "for": "400 ms"})
    async with erp_client(sandbox) as fresh:
        with pytest.raises(aiohttp.ClientConnectorError):
            await _book(fresh, 2)
    with pytest.raises(aiohttp.ClientError):
        await _book(erp, 2)
    assert await _eventually(erp, 3) == 201
    assert len(control.effects("erp")) == 2


async def test_down_ends_when_the_faults_are_cleared(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    control.set_faults("erp", {"fault": "down"})
    with pytest.raises(aiohttp.ClientError):
        await _book(erp)
    control.set_faults("erp")
    assert await _book(erp) == 201


async def test_a_fault_ends_when_its_time_has_passed(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    control.set_faults("erp", {"fault": "status", "status": 500, "for": "300 ms"})
    assert await _book(erp) == 500
    assert await _eventually(erp, 1) == 201


async def test_skip_lets_requests_pass_first_and_added_faults_follow(
    erp: aiohttp.ClientSession, control: SandboxControl
) -> None:
    control.set_faults("erp", {"fault": "status", "status": 500, "skip": 1, "times": 1})
    control.add_fault("erp", {"fault": "status", "status": 502, "skip": 1, "times": 1})
    assert [await _book(erp, number) for number in range(3)] == [201, 500, 502]


async def test_a_wrong_fault_is_refused_with_its_place(sandbox: SandboxProcess, control: SandboxControl) -> None:
    with pytest.raises(SandboxRefused, match=r"XD106 .*'faults\[0\].fault'.*did you mean 'latency'"):
        control.set_faults("erp", {"fault": "latncy"})
    with pytest.raises(SandboxRefused, match="expected 'delay' beside 'fault: latency'"):
        control.set_faults("erp", {"fault": "latency"})
    with pytest.raises(SandboxRefused, match=r"expected one of .*create-order.*, got 'create'"):
        control.set_faults("erp", {"fault": "hang", "match": "create"})
    with pytest.raises(SandboxRefused, match="expected one of crm, erp, wms"):
        control.set_faults("shop")


async def test_each_acknowledged_order_has_one_effect_under_drops(
    erp: aiohttp.ClientSession, control: SandboxControl
) -> None:
    """REL-3: a client that tries again with the same key until it is answered."""
    control.set_faults("erp", {"fault": "apply-then-drop", "probability": 0.4, "seed": 3})
    control.add_fault("erp", {"fault": "drop-before-apply", "probability": 0.3, "seed": 4})
    await asyncio.gather(*(_until_answered(erp, number) for number in range(25)))
    keys = [entry["key"] for entry in control.effects("erp")]
    assert sorted(keys) == sorted({f"k-{number}" for number in range(25)})
    assert len(exact_json.encode(control.state("erp")["orders"])) > 0
    assert len(control.state("erp")["orders"]) == 25


async def _until_answered(session: aiohttp.ClientSession, number: int) -> None:
    while True:
        try:
            await _book(session, number)
        except aiohttp.ClientError:
            continue
        return


async def _eventually(session: aiohttp.ClientSession, number: int) -> int:
    """The status once the fault has ended; the deadline is the test's."""
    while True:
        try:
            status = await _book(session, number)
        except aiohttp.ClientError:
            status = 0
        if status not in (0, 500):
            return status
        await asyncio.sleep(0.02)

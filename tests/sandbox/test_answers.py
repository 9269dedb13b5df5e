"""What stand-ins answer, and what that changes: over the wire, from the real process."""

from __future__ import annotations

import aiohttp

from engine import exact_json
from engine.sandbox.client import SandboxControl
from engine.sandbox.process import SandboxProcess

ORDER = b'{"orderNumber": "1001", "amount": 19.90, "id": 820982911946154508}'


async def _post(session: aiohttp.ClientSession, body: bytes = ORDER, key: str | None = "k-1") -> tuple[int, dict, dict]:
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
    async with session.post("/orders", data=body, headers=headers) as response:
        return response.status, exact_json.decode(await response.read()), dict(response.headers)


async def test_an_answer_changes_the_state_and_sees_it_after(
    erp: aiohttp.ClientSession, control: SandboxControl
) -> None:
    status, reply, headers = await _post(erp)
    assert (status, reply["number"], reply["count"]) == (201, "SO-1", 1)
    assert reply["at"].endswith("Z")
    assert headers["Location"] == "/orders/1001"
    assert control.state("erp")["orders"]["1001"]["number"] == "SO-1"


async def test_numbers_stay_exact_through_state_and_reply(erp: aiohttp.ClientSession) -> None:
    await _post(erp)
    async with erp.get("/orders/1001") as response:
        body = await response.read()
    assert b"19.90" in body
    assert b"820982911946154508" in body
    async with erp.get("/customers/C-100") as response:
        assert b"50000.00" in await response.read()


async def test_a_repeated_key_gets_the_first_answer_and_has_no_second_effect(
    erp: aiohttp.ClientSession, control: SandboxControl
) -> None:
    """REL-3: the peer's ledger proves one effect."""
    first = await _post(erp)
    second = await _post(erp)
    assert second[:2] == first[:2]
    assert second[2]["Idempotent-Replayed"] == "true"
    assert [(line["applied"], line["repeat"], line["sequence"]) for line in control.ledger("erp")] == [
        (True, False, 1),
        (False, True, 1),
    ]
    assert len(control.effects("erp", key="k-1")) == 1


async def test_the_first_answer_whose_condition_holds_is_given(erp: aiohttp.ClientSession) -> None:
    await _post(erp, key=None)
    status, reply, _ = await _post(erp, key=None)
    assert (status, reply) == (409, {"code": "EXISTS", "number": "SO-1"})


async def test_an_answer_of_400_or_more_applies_nothing(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    await _post(erp, key="a")
    await _post(erp, key="b")
    assert [line["applied"] for line in control.ledger("erp")] == [True, False]


async def test_a_null_in_the_patch_deletes(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    await _post(erp)
    async with erp.delete("/orders/1001") as response:
        assert response.status == 204
    assert control.state("erp")["orders"] == {}


async def test_a_body_that_breaks_the_contract_is_answered_422_with_the_violations(
    erp: aiohttp.ClientSession, control: SandboxControl
) -> None:
    status, reply, headers = await _post(erp, b'{"amount": "x"}')
    assert status == 422
    assert headers["Content-Type"].startswith("application/problem+json")
    assert {(one["path"], one["rule"]) for one in reply["violations"]} == {
        ("orderNumber", "required"),
        ("amount", "type"),
    }
    assert control.effects("erp") == []


async def test_an_unreadable_body_is_answered_400(erp: aiohttp.ClientSession) -> None:
    status, reply, _ = await _post(erp, b"{")
    assert status == 400
    assert "cannot be read" in reply["title"]


async def test_an_unknown_path_names_the_nearest_route_and_a_wrong_method_the_right_one(
    erp: aiohttp.ClientSession,
) -> None:
    async with erp.post("/order") as response:
        assert response.status == 404
        assert "did you mean 'POST /orders'" in (await response.json(content_type=None))["detail"]
    async with erp.put("/orders") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "POST"


async def test_a_failing_expression_is_answered_500_with_its_place(
    erp: aiohttp.ClientSession, control: SandboxControl
) -> None:
    async with erp.post("/broken", json={"amount": 1}) as response:
        reply = await response.json(content_type=None)
    assert response.status == 500
    assert reply["detail"].startswith("flows/systems/erp.sandbox.yaml:39:24 T2002")
    assert control.ledger("erp")[-1]["note"] == reply["detail"]
    assert control.effects("erp") == []


async def test_requests_are_kept_without_credentials(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    await _post(erp)
    request = control.requests("erp")[0]
    assert request["body"] == ORDER.decode()
    assert request["headers"]["authorization"] == "***"


async def test_state_can_be_changed_from_outside(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    control.patch_state("erp", {"customers": {"C-100": {"status": "hold"}}})
    async with erp.get("/customers/C-100") as response:
        assert (await response.json())["status"] == "hold"


async def test_reset_begins_again_with_the_declared_state(erp: aiohttp.ClientSession, control: SandboxControl) -> None:
    await _post(erp)
    control.reset("erp")
    assert control.state("erp")["orders"] == {}
    assert control.ledger("erp") == []
    assert (await _post(erp))[1]["number"] == "SO-1"


async def test_each_system_has_a_port_of_its_own(sandbox: SandboxProcess, control: SandboxControl) -> None:
    assert set(sandbox.addresses) == {"crm", "erp", "wms"}
    assert len(set(sandbox.addresses.values())) == 3
    assert control.overview()["systems"]["crm"]["answers"] == ["GET /ping (ping)"]

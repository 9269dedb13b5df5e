"""Stand-ins let in who the system file says, and give out tokens that expire."""

from __future__ import annotations

import aiohttp
import pytest

from engine.clock import ManualClock
from engine.sandbox.auth import Gatekeeper, Tokens
from engine.sandbox.client import SandboxControl
from engine.sandbox.process import SandboxProcess

CLIENT = {"grant_type": "client_credentials", "client_id": "hub", "client_secret": "sandbox-CRM"}


async def test_a_request_without_the_systems_credentials_is_answered_401(
    sandbox: SandboxProcess, control: SandboxControl
) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(sandbox.addresses["erp"] + "/customers/C-100") as response:
            assert response.status == 401
        async with session.get(sandbox.addresses["crm"] + "/ping") as response:
            assert response.status == 401
        async with session.post(sandbox.addresses["wms"] + "/releases", headers={"X-Api-Key": "sandbox-WMS"}) as good:
            assert good.status == 202
    assert control.effects("erp") == []


@pytest.mark.parametrize("path", ["/token", "/oauth/token"])
async def test_client_credentials_get_a_token_that_lets_in(sandbox: SandboxProcess, path: str) -> None:
    async with aiohttp.ClientSession(sandbox.addresses["crm"]) as session:
        async with session.post(path, data=CLIENT) as response:
            answer = await response.json()
        assert (response.status, answer["expires_in"]) == (200, 3600)
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        async with session.get("/ping", headers=headers) as response:
            assert await response.json() == {"pong": True}


async def test_wrong_client_credentials_get_no_token(sandbox: SandboxProcess, control: SandboxControl) -> None:
    async with (
        aiohttp.ClientSession(sandbox.addresses["crm"]) as session,
        session.post("/token", data={**CLIENT, "client_secret": "x"}) as response,
    ):
        assert (response.status, (await response.json())["error"]) == (401, "invalid_client")
    assert control.ledger("crm")[-1]["operation"] == "token"


def test_a_token_holds_until_it_expires_and_no_longer() -> None:
    clock = ManualClock()
    tokens = Tokens(b"key", 60.0, clock)
    token = tokens.issue()
    clock.advance(59)
    assert tokens.holds(token)
    clock.advance(2)
    assert not tokens.holds(token)
    assert not Tokens(b"other", 1e9, clock).holds(tokens.issue())
    assert not tokens.holds("nonsense")
    assert not tokens.holds("")


def test_basic_auth_at_the_token_endpoint_and_refresh_tokens_are_taken() -> None:
    tokens = Tokens(b"key", 60.0, ManualClock())
    client = {"client_id": "hub", "client_secret": "s:1"}
    gate = Gatekeeper({"oauth2_refresh": {**client, "refresh_token": "r", "token_url": "/t"}}, tokens)
    headers = {"authorization": aiohttp.encode_basic_auth("hub", "s%3A1")}
    assert gate.give_token(headers, b"grant_type=refresh_token&refresh_token=r").status == 200
    assert gate.give_token(headers, b"grant_type=refresh_token&refresh_token=x").status == 400
    assert gate.give_token({}, b"grant_type=refresh_token&refresh_token=r").status == 401
    assert gate.token_paths == {"/token", "/t"}


def test_bearer_and_query_keys_are_compared() -> None:
    tokens = Tokens(b"key", 60.0, ManualClock())
    bearer = Gatekeeper({"bearer": {"token": "t"}}, tokens)
    assert bearer.refusal({"authorization": "Bearer t"}, {}) is None
    assert bearer.refusal({"authorization": "Bearer u"}, {}) is not None
    keyed = Gatekeeper({"api_key": {"query": "key", "value": "v"}}, tokens)
    assert keyed.refusal({}, {"key": "v"}) is None
    assert keyed.refusal({}, {}) is not None
    assert Gatekeeper(None, tokens).refusal({}, {}) is None

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from http_peers import Heard, Peer, answering, make_host, make_request

from engine.clock import ManualClock
from engine.errors import PluginError, StepFailed

StartPeer = Callable[..., Awaitable[Peer]]
Calling = Callable[..., Any]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
REFUSED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"


def document(status: int, **members: Any) -> bytes:
    body = json.dumps(members).encode()
    return b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        status,
        len(body),
        body,
    )


async def test_fixed_credentials_stand_where_they_belong(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(answering(OK))
    for auth in (
        {"basic": {"username": "hub", "password": "pässword"}},
        {"bearer": {"token": "t-1"}},
        {"api_key": {"header": "X-Api-Key", "value": "k-1"}},
        {"api_key": {"query": "key", "value": "k&2"}},
    ):
        await calling(shop.url, auth=auth).send(make_request("/orders?page=1"))
    basic, bearer, header, query = shop.heard
    assert basic.headers["authorization"] == "Basic aHViOnDDpHNzd29yZA=="
    assert bearer.headers["authorization"] == "Bearer t-1"
    assert header.headers["x-api-key"] == "k-1"
    assert query.line == "POST /orders?page=1&key=k%262 HTTP/1.1"


async def test_refused_fixed_credentials_are_an_answer(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(answering(REFUSED))
    reply = await calling(shop.url, auth={"bearer": {"token": "t-1"}}).send(make_request())
    assert reply.status == 401
    assert len(shop.heard) == 1


async def test_credential_with_a_line_end_is_refused_at_start_and_not_shown(calling: Calling) -> None:
    with pytest.raises(PluginError) as refusal:
        calling("http://127.0.0.1:1", auth={"bearer": {"token": "s3cret\n"}})
    assert "s3cret" not in str(refusal.value)


def credentials(token_url: str = "{base_url}/token", **more: Any) -> dict[str, Any]:
    client = {"token_url": token_url, "client_id": "crossdock", "client_secret": "s3cret & more", **more}
    return {"oauth2_client_credentials": client}


async def test_one_token_serves_all_requests_that_wait_for_it(peer: StartPeer, calling: Calling) -> None:
    """Concurrent requests share one question, and later ones use the token until it nears its end."""
    shop = await peer(behave_as_issuer_and_shop := Issuer())
    host = make_host()
    assert isinstance(host.clock, ManualClock)
    destination = calling(shop.url, host=host, concurrent=8, auth=credentials(scope="orders", audience="erp"))
    replies = await asyncio.gather(*(destination.send(make_request()) for _ in range(8)))
    assert {reply.status for reply in replies} == {200}
    assert len(behave_as_issuer_and_shop.forms) == 1
    assert behave_as_issuer_and_shop.forms[0] == {
        "grant_type": ["client_credentials"],
        "scope": ["orders"],
        "audience": ["erp"],
        "client_id": ["crossdock"],
        "client_secret": ["s3cret & more"],
    }
    host.clock.advance(3600 - 91)
    await destination.send(make_request())
    assert len(behave_as_issuer_and_shop.forms) == 1
    host.clock.advance(32)
    await destination.send(make_request())
    assert len(behave_as_issuer_and_shop.forms) == 2


class Issuer:
    """A shop that issues tokens `t1`, `t2` … at /token, and takes only the newest ones on other paths."""

    def __init__(self, good: set[str] | None = None) -> None:
        self.forms: list[dict[str, list[str]]] = []
        self.authorizations: list[str] = []
        self.good = good

    async def __call__(self, heard: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if heard.line.startswith("POST /token"):
            self.forms.append(parse_qs(heard.body.decode()))
            self.authorizations.append(heard.headers.get("authorization", ""))
            number = len(self.forms)
            writer.write(
                document(
                    200, access_token=f"t{number}", token_type="bearer", expires_in=3600, refresh_token=f"r{number}"
                )
            )
        else:
            good = self.good is None or heard.headers.get("authorization") in self.good
            writer.write(OK if good else REFUSED)
        await writer.drain()


async def test_refused_token_is_renewed_once_and_the_request_sent_again(peer: StartPeer, calling: Calling) -> None:
    """A 401 says that the peer did not act: the same request with the same key goes out with a new token."""
    issuer = Issuer({"Bearer t2"})
    shop = await peer(issuer)
    destination = calling(shop.url, auth=credentials())
    assert (await destination.send(make_request())).status == 200
    sent = [heard for heard in shop.heard if "/orders" in heard.line]
    assert [heard.headers["authorization"] for heard in sent] == ["Bearer t1", "Bearer t2"]
    assert {(heard.headers["idempotency-key"], heard.body) for heard in sent} == {("key-1", b'{"order":"1001"}')}


async def test_token_that_stays_refused_is_an_answer_after_one_renewal(peer: StartPeer, calling: Calling) -> None:
    issuer = Issuer(set())
    shop = await peer(issuer)
    assert (await calling(shop.url, auth=credentials()).send(make_request())).status == 401
    assert len(issuer.forms) == 2


async def test_many_refused_requests_renew_the_token_once(peer: StartPeer, calling: Calling) -> None:
    issuer = Issuer({"Bearer t2"})
    shop = await peer(issuer)
    destination = calling(shop.url, concurrent=6, auth=credentials())
    replies = await asyncio.gather(*(destination.send(make_request()) for _ in range(6)))
    assert {reply.status for reply in replies} == {200}
    assert len(issuer.forms) == 2


async def test_client_may_sign_in_by_basic_and_refresh_tokens_are_followed(peer: StartPeer, calling: Calling) -> None:
    issuer = Issuer({"Bearer t3"})
    shop = await peer(issuer)
    settings = {
        "token_url": "{base_url}/token",
        "client_id": "a:b",
        "client_secret": "c d",
        "refresh_token": "r0",
        "in": "basic",
    }
    destination = calling(shop.url, auth={"oauth2_refresh": settings})
    await destination.send(make_request())
    await destination.send(make_request())
    assert [form["refresh_token"] for form in issuer.forms] == [["r0"], ["r1"], ["r2"]]
    assert issuer.authorizations[0] == "Basic YSUzQWI6YyUyMGQ="
    assert "client_secret" not in issuer.forms[0]


@pytest.mark.parametrize(
    ("reply", "error_class", "reason"),
    [
        (document(401, error="invalid_client"), "authentication", "token-refused"),
        (document(400, error="invalid_scope"), "authentication", "token-refused"),
        (document(200, token="x"), "authentication", "token-refused"),
        (document(200, access_token="a\r\nX-Evil: 1"), "authentication", "token-refused"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "authentication", "token-refused"),
        (document(503), "transient", "token-endpoint-down"),
        (b"HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", "transient", "token-endpoint-down"),
        (b"", "transient", "token-endpoint-down"),
    ],
)
async def test_failure_to_get_a_token_sends_nothing(
    peer: StartPeer, calling: Calling, reply: bytes, error_class: str, reason: str
) -> None:
    async def behave(heard: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await writer.drain()
        writer.close()

    issuer, shop = await peer(behave), await peer(answering(OK))
    destination = calling(shop.url, auth=credentials(issuer.url + "/token"))
    with pytest.raises(StepFailed) as failure:
        await destination.send(make_request())
    assert (failure.value.error_class, failure.value.reason) == (error_class, reason)
    assert failure.value.retry_after == (7 if b"Retry-After" in reply else None)
    assert "s3cret" not in str(failure.value)
    assert shop.heard == []


async def test_one_impatient_request_does_not_take_the_token_from_the_others(peer: StartPeer, calling: Calling) -> None:
    released = asyncio.Event()

    async def slow(heard: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.write(document(200, access_token="t", expires_in="3600"))
        await writer.drain()

    issuer, shop = await peer(slow), await peer(answering(OK))
    destination = calling(shop.url, auth=credentials(issuer.url + "/token"))
    impatient, patient = (asyncio.ensure_future(destination.send(make_request())) for _ in range(2))
    await issuer.arrival.wait()
    impatient.cancel()
    released.set()
    assert (await patient).status == 200
    assert len(issuer.heard) == 1

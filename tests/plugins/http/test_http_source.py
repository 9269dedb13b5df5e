from __future__ import annotations

import asyncio
import gzip
import json
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import pytest
from http_peers import Served, binding, make_host

from engine.clock import ManualClock
from engine.errors import InvalidInput, Overloaded, PluginError, StoreUnavailable
from engine.plugin import Answer, Host, Receipt
from plugins.http.server import Server
from plugins.http.source import HttpSource

pytestmark = pytest.mark.asyncio
Serving = Callable[..., Awaitable[Served]]
HEAD = b"POST /hooks/orders HTTP/1.1\r\nHost: x\r\n"
Reply = tuple[int, Mapping[str, str], Any]


async def call(url: str, body: bytes | None = b"{}", method: str = "POST", **headers: str) -> Reply:
    """The status, headers (lower case) and document of an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with aiohttp.ClientSession() as session, session.request(method, url, data=body, headers=named) as response:
        raw = await response.read()
        document = json.loads(raw) if raw and "json" in response.content_type else raw
        return response.status, {name.lower(): value for name, value in response.headers.items()}, document


async def talk(served: Served, data: bytes) -> bytes:
    """Everything the server says to these bytes until it closes."""
    reader, writer = await asyncio.open_connection(*served.source.addresses[0])
    writer.write(data)
    await writer.drain()
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


async def test_accepted_request_is_answered_with_where_to_look(serving: Serving) -> None:
    served = await serving(binding())
    served.intake.script.append(Receipt(("0123456789abc",), 'corr-"1"'))
    status, headers, document = await call(served.url + "/hooks/orders")
    assert status == 202
    assert document == {
        "status": "accepted",
        "messages": ["0123456789abc"],
        "correlation_id": 'corr-"1"',
        "location": "/messages/0123456789abc",
    }
    assert headers["location"] == "/messages/0123456789abc"
    assert headers["x-correlation-id"] == 'corr-"1"'
    assert "aiohttp" not in headers["server"]


@pytest.mark.parametrize("head", [HEAD, HEAD.replace(b"1.1", b"1.0"), HEAD + b"Connection: close\r\n"])
async def test_receipt_is_the_same_however_the_connection_goes_on(serving: Serving, head: bytes) -> None:
    served = await serving(binding())
    served.intake.script.extend([Receipt(("0123456789abc",), "c")] * 2)
    once = head + b"Content-Length: 2\r\n\r\n{}"
    last = HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"
    answers = await talk(served, once + last if head == HEAD else once)
    first, _, rest = answers.partition(b"\r\n\r\n")
    assert first[9:].startswith(b"202 Accepted\r\n")
    names = {line.partition(b":")[0] for line in first.split(b"\r\n")[1:]}
    expected = {b"Server", b"X-Correlation-Id", b"Location", b"Content-Type", b"Content-Length", b"Date"}
    assert names - {b"Connection"} == expected
    body = (
        b'{"status":"accepted","messages":["0123456789abc"],"correlation_id":"c","location":"/messages/0123456789abc"}'
    )
    assert f"Content-Length: {len(body)}\r\n".encode() in first + b"\r\n"
    assert rest.startswith(body)
    assert answers.count(body) == (2 if head == HEAD else 1)


@pytest.mark.parametrize(
    ("method", "status"), [("PUT", 202), ("PUT", 200), ("PUT", 204), ("PUT", 205), ("GET", 202), ("HEAD", 202)]
)
async def test_receipts_without_a_body_leave_the_connection_usable(serving: Serving, method: str, status: int) -> None:
    served = await serving(binding(receive={"path": "/hooks/orders", "method": method}, reply={"accepted": status}))
    line = HEAD.replace(b"POST", method.encode())
    served.intake.script.extend([Receipt(("0123456789abc",), "c")] * 2)
    answers = await talk(served, line + b"\r\n" + line + b"Connection: close\r\n\r\n")
    assert answers.count(f"HTTP/1.1 {status} ".encode()) == 2
    assert answers.count(b'{"status"') == (0 if method == "HEAD" or status == 204 else 2)


async def test_repeat_is_answered_like_the_first_and_says_so(serving: Serving) -> None:
    """REL-3: a repeat gets the first answer."""
    served = await serving(binding())
    served.intake.script.extend([Receipt(("a" * 13,), "c"), Receipt(("a" * 13,), "c", repeat=True)])
    first = await call(served.url + "/hooks/orders", Idempotency_Key="k1")
    second = await call(served.url + "/hooks/orders", Idempotency_Key="k1")
    assert first[0] == second[0]
    assert first[2] == second[2]
    assert "idempotent-replay" not in first[1]
    assert second[1]["idempotent-replay"] == "true"
    assert [arrival.key for arrival in served.intake.accepted] == ["k1", "k1"]


async def test_sync_answer_is_given_verbatim(serving: Serving) -> None:
    served = await serving(binding())
    answer = Answer(201, b"<order/>", "application/xml")
    served.intake.script.append(Receipt(("a" * 13,), "c", outcome="completed", answer=answer))
    status, headers, document = await call(served.url + "/hooks/orders")
    assert (status, headers["content-type"], document) == (201, "application/xml", b"<order/>")


async def test_outcomes_without_an_answer_of_their_own(serving: Serving) -> None:
    served = await serving(binding())
    served.intake.script.extend(
        [
            Receipt(("a" * 13,), "c", outcome=outcome, detail="no such customer")
            for outcome in ("completed", "parked", "dead")
        ]
    )
    replies = [await call(served.url + "/hooks/orders") for _ in range(3)]
    assert [status for status, _, _ in replies] == [200, 202, 500]
    assert [document["status"] for _, _, document in replies[:2]] == ["completed", "parked"]
    assert replies[2][1]["content-type"] == "application/problem+json"
    assert replies[2][2]["detail"] == "no such customer"


async def test_sender_that_insists_on_its_own_answer_gets_it(serving: Serving) -> None:
    served = await serving(binding(reply={"accepted": 200, "body": '{"Status": "Success"}'}))
    status, headers, document = await call(served.url + "/hooks/orders")
    assert (status, headers["content-type"], document) == (200, "application/json", {"Status": "Success"})


async def test_refusals_are_problem_documents(serving: Serving) -> None:
    """REL-19: bad input is answered with RFC 9457, with each violation."""
    served = await serving(binding())
    violation = {"path": "$.lines", "rule": "minItems", "expected": "1", "found": "0"}
    served.intake.script.extend(
        [
            InvalidInput("lines: expected at least one", code="contract", violations=[violation]),
            Overloaded("the backlog is full", retry_after=7.4),
            StoreUnavailable("the disk /var/lib is full"),
            RuntimeError("a secret detail"),
        ]
    )
    replies = [await call(served.url + "/hooks/orders") for _ in range(4)]
    assert [status for status, _, _ in replies] == [422, 503, 503, 500]
    assert all(headers["content-type"] == "application/problem+json" for _, headers, _ in replies)
    assert all(document["status"] == status for status, _, document in replies)
    assert replies[0][2]["code"] == "contract"
    assert replies[0][2]["violations"] == [violation]
    assert replies[1][1]["retry-after"] == "7"
    assert int(replies[2][1]["retry-after"]) >= 1
    assert "/var/lib" not in json.dumps(replies[2][2])
    assert "secret" not in json.dumps(replies[3][2])


async def test_unknown_paths_and_methods_are_problems(serving: Serving) -> None:
    served = await serving(binding(), binding("shop.price", receive={"path": "/hooks/orders", "method": "PUT"}))
    status, _, document = await call(served.url + "/hooks/unknown")
    assert (status, document["code"]) == (404, "no-such-path")
    status, headers, document = await call(served.url + "/hooks/orders", method="DELETE")
    assert (status, document["code"]) == (405, "method-not-allowed")
    assert set(headers["allow"].split(", ")) == {"POST", "PUT"}
    assert served.intake.calls == 0


async def test_too_large_body_is_refused_before_it_is_read(serving: Serving) -> None:
    """SEC-5: neither a declared nor an undeclared length holds more than the limit in memory."""
    served = await serving(binding(limit=100))
    head = b"POST /hooks/orders HTTP/1.1\r\nHost: x\r\n"
    declared = await talk(served, head + b"Content-Length: 999999999\r\n\r\n")
    status, _, document = await call(served.url + "/hooks/orders", b"x" * 101)
    assert declared.startswith(b"HTTP/1.1 413 ")
    assert b'"too-large"' in declared
    assert (status, document["code"]) == (413, "too-large")
    assert (await call(served.url + "/hooks/orders", b"x" * 100))[0] == 202
    assert served.intake.calls == 1


async def test_chunked_body_beyond_the_limit_is_refused(serving: Serving) -> None:
    served = await serving(binding(limit=100))
    head = b"POST /hooks/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await talk(served, head + b"80\r\n" + b"x" * 128 + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_compressed_body_is_handed_in_clear_and_bombs_are_refused(serving: Serving) -> None:
    served = await serving(binding(limit=1000))
    url = served.url + "/hooks/orders"
    assert (await call(url, gzip.compress(b'{"a":1}'), Content_Encoding="gzip"))[0] == 202
    assert served.intake.accepted[0].body == b'{"a":1}'
    assert (await call(url, gzip.compress(b"x" * 100_000), Content_Encoding="gzip"))[0] == 413
    assert (await call(url, b"no gzip", Content_Encoding="gzip"))[0] == 422
    assert (await call(url, gzip.compress(b"x" * 50)[:-9], Content_Encoding="gzip"))[0] == 422
    assert (await call(url, b"x", Content_Encoding="br"))[0] == 422
    assert served.intake.calls == 1


async def test_refused_signature_is_kept_and_told(serving: Serving) -> None:
    """REL-19: what a sender cannot prove lies in the invalid channel, without credentials."""
    served = await serving(binding(verify={"basic": {"username": "shop", "password": "open-sesame"}}))
    wrong = "Basic " + b64encode(b"shop:wrong").decode()
    status, headers, document = await call(served.url + "/hooks/orders", b'{"order":1}', Authorization=wrong, X_Id="7")
    assert (status, document["code"], document["message"]) == (401, "credentials-wrong", "r000000000001")
    assert headers["www-authenticate"].startswith("Basic ")
    arrival, problem = served.intake.rejected[0]
    assert (arrival.event, arrival.body, arrival.headers["x-id"]) == ("shop.orders", b'{"order":1}', "7")
    assert "authorization" not in arrival.headers
    assert "open-sesame" not in str(problem)
    assert served.intake.calls == 0


async def test_credentials_are_not_handed_in(serving: Serving) -> None:
    served = await serving(
        binding(verify={"token": {"header": "X-Shop-Token", "value": "t1"}}),
        binding("shop.items", verify={"token": {"query": "token", "value": "t2"}}),
    )
    assert (await call(served.url + "/hooks/orders", X_Shop_Token="t1", Cookie="session=1", X_Id="7"))[0] == 202
    assert (await call(served.url + "/hooks/items?token=t2&page=3"))[0] == 202
    first, second = served.intake.accepted
    assert not {"x-shop-token", "cookie"} & set(first.headers)
    assert first.headers["x-id"] == "7"
    assert second.attributes["query"] == {"page": "3"}


async def test_path_parameters_and_query_are_attributes(serving: Serving) -> None:
    served = await serving(binding(receive={"path": "/hooks/{shop}/orders/{id}"}), binding("shop.fixed"))
    assert (await call(served.url + "/hooks/north%20east/orders/a%2Fb?test=1&empty="))[0] == 202
    assert served.intake.accepted[0].attributes == {
        "path": {"shop": "north east", "id": "a/b"},
        "query": {"test": "1", "empty": ""},
    }
    assert (await call(served.url + "/hooks/x/orders/1/2"))[0] == 404
    assert (await call(served.url + "/hooks/fix%65d"))[0] == 202


async def test_handshake_text_comes_back_as_plain_text(serving: Serving) -> None:
    verify = {"token": {"body": "value.clientState", "value": "secret"}}
    served = await serving(binding(verify=verify, handshake={"query": "validationToken"}))
    for method in ("POST", "GET"):
        url = served.url + "/hooks/orders?validationToken=%3Cb%3Etext"
        status, headers, document = await call(url, None, method)
        assert (status, document) == (200, b"<b>text")
        assert headers["content-type"] == "text/plain; charset=utf-8"
        assert headers["x-content-type-options"] == "nosniff"
    assert (await call(served.url + "/hooks/orders", b'{"value":[{"clientState":"wrong"}]}'))[0] == 401
    assert served.intake.calls == 0


async def test_repeated_request_headers_are_joined(serving: Serving) -> None:
    served = await serving(binding())
    head = HEAD + b"X-Tag: a\r\nx-tag: b\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
    assert b" 202 " in await talk(served, head)
    assert served.intake.accepted[0].headers["x-tag"] == "a, b"


async def test_bytes_that_are_not_utf8_are_neither_an_error_nor_stored(serving: Serving) -> None:
    signed = binding("shop.signed", verify={"hmac": {"header": "X-Signature", "secret": "x"}})
    served = await serving(binding("shop.orders", receive={"path": "/hooks/{name}"}), signed)
    rest = b" HTTP/1.1\r\nHost: x\r\nX-Signature: \xff\xfe\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
    assert b" 401 " in await talk(served, b"POST /hooks/signed" + rest)
    assert b" 202 " in await talk(served, b"POST /hooks/%ff?a=%ff" + rest)
    for arrival in (served.intake.rejected[0][0], served.intake.accepted[0]):
        json.dumps([dict(arrival.headers), dict(arrival.attributes)], ensure_ascii=False).encode()


async def test_client_that_waits_for_a_continue_gets_it(serving: Serving) -> None:
    served = await serving(binding(limit=100))
    reader, writer = await asyncio.open_connection(*served.source.addresses[0])
    head = HEAD + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    writer.write(head % 2)
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"{}")
    assert (await reader.read()).startswith(b"HTTP/1.1 202 ")
    writer.close()
    assert (await talk(served, head % 200)).startswith(b"HTTP/1.1 413 ")


async def test_body_that_never_ends_is_given_up(serving: Serving) -> None:
    served = await serving(binding(), body_timeout=0.05)
    answer = await talk(served, b"POST /hooks/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"body-timeout" in answer
    assert served.intake.calls == 0


async def test_head_that_never_ends_is_given_up() -> None:
    server = Server(_never, logging.getLogger("tests.http"), head_timeout=0.05)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname()[:2])
    writer.write(b"POST /hooks/orders HTTP/1.1\r\nX-Slow: ")
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()
    listener.close()
    await server.shutdown(1)


async def _never(request: aiohttp.web.BaseRequest) -> aiohttp.web.StreamResponse:
    raise AssertionError("no request was complete")


async def test_client_that_goes_away_in_the_middle_leaves_nothing(serving: Serving) -> None:
    served = await serving(binding())
    _, writer = await asyncio.open_connection(*served.source.addresses[0])
    writer.write(b"POST /hooks/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    await writer.drain()
    writer.close()
    assert (await call(served.url + "/hooks/orders"))[0] == 202
    assert served.intake.calls == 1


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"POST /hooks/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"POST /hooks/orders HTTP/1.1\r\nBad Header: x\r\n\r\n",
        b"POST /hooks/orders HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_bytes_that_are_not_http_get_a_problem_and_harm_nobody(serving: Serving, data: bytes) -> None:
    served = await serving(binding())
    answer = await talk(served, data)
    assert b" 400 " in answer[:14]
    assert b"application/problem+json" in answer
    assert (await call(served.url + "/hooks/orders"))[0] == 202


async def test_broken_chunks_are_refused_and_not_handed_in(serving: Serving) -> None:
    served = await serving(binding())
    head = b"POST /hooks/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await talk(served, head + b"zz\r\n{}\r\n0\r\n\r\n")
    assert b" 400 " in answer[:14]
    assert served.intake.calls == 0


async def test_pages_of_the_engine_are_served(serving: Serving) -> None:
    async def message(parameters: Mapping[str, str]) -> Answer:
        return Answer(200, json.dumps(dict(parameters)).encode())

    async def broken(parameters: Mapping[str, str]) -> Answer:
        raise RuntimeError("a secret detail")

    host = make_host(pages={"/messages/{id}": message, "/health": message, "/broken": broken})
    served = await serving(binding(), host=host)
    assert (await call(served.url + "/messages/abc?full=1", None, "GET"))[2] == {"id": "abc", "full": "1"}
    status, headers, _ = await call(served.url + "/health", None, "HEAD")
    assert (status, headers["content-length"]) == (200, "2")
    status, headers, _ = await call(served.url + "/health")
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert (await call(served.url + "/broken", None, "GET"))[0] == 500


async def test_absolute_form_of_a_proxy_finds_its_path(serving: Serving) -> None:
    served = await serving(binding())
    head = (
        HEAD.replace(b"/hooks", b"http://hub.example.com/hooks") + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"
    )
    assert b" 202 " in await talk(served, head)


async def test_stopping_closes_idle_connections_and_the_port(serving: Serving) -> None:
    served = await serving(binding())
    url = served.url + "/hooks/orders"
    async with aiohttp.ClientSession() as session:
        async with session.post(url, data=b"{}") as response:
            assert response.status == 202
        async with asyncio.timeout(5):
            await served.source.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await call(url)


async def test_port_in_use_and_colliding_events_are_refused(serving: Serving) -> None:
    served = await serving(binding())
    taken = Host(ManualClock(), logging.getLogger("tests.http"), make_host().folder, served.source.addresses[0])
    with pytest.raises(PluginError, match="cannot listen"):
        await HttpSource(taken).start([], served.intake)
    with pytest.raises(PluginError, match=r"taken by 'shop\.orders'"):
        await served.source.rebind([binding(), binding("crm.orders")])
    assert (await call(served.url + "/hooks/orders"))[0] == 202

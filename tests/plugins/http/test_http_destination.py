from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from http_peers import (
    Certificate,
    Heard,
    Peer,
    answering,
    hanging,
    make_host,
    make_request,
    then_closing,
)

from engine.errors import OutcomeUnknown, PluginError, StepFailed
from engine.plugin import DestinationSetup
from plugins.http.destination import open_destination
from plugins.http.settings import HttpConnection

pytestmark = pytest.mark.asyncio
StartPeer = Callable[..., Awaitable[Peer]]
Calling = Callable[..., Any]


def zipped(body: bytes) -> bytes:
    """The same bytes at any time: they name tests."""
    return gzip.compress(body, mtime=0)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


async def test_request_carries_what_the_operation_says(peer: StartPeer, calling: Calling) -> None:
    """The path, the query, constant and own headers, the key, the correlation id and the trace all travel."""
    shop = await peer(answering(OK))
    destination = calling(shop.url + "/api/v2/", headers={"X-Shop": "north"})
    request = make_request(
        "/orders/4711",
        settings={
            "query": {"expand": "lines", "limit": 50, "gone": None, "tag": ["a b", "c&d"]},
            "headers": {"If-Match": "*"},
        },
        options={"idempotency_header": "X-Request-Key", "correlation_header": "X-Trace"},
        headers={"traceparent": "00-ab-cd-01", "x-correlation-id": "corr-9"},
    )
    reply = await destination.send(request)
    assert (reply.status, reply.body, reply.content_type) == (200, b"{}", "application/json")
    heard = shop.heard[0]
    assert heard.line == "POST /api/v2/orders/4711?expand=lines&limit=50&tag=a%20b&tag=c%26d HTTP/1.1"
    assert heard.body == b'{"order":"1001"}'
    expected = {
        "host": f"127.0.0.1:{shop.port}",
        "x-shop": "north",
        "if-match": "*",
        "x-request-key": "key-1",
        "x-trace": "corr-9",
        "traceparent": "00-ab-cd-01",
        "content-type": "application/json",
        "content-length": "16",
    }
    assert {name: heard.headers[name] for name in expected} == expected
    assert "x-correlation-id" not in heard.headers


async def test_own_headers_win_over_the_engines(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(answering(OK))
    settings = {
        "headers": {"Content-Type": "application/vnd.shop+json", "idempotency-key": "mine", "Content-Length": "9"}
    }
    await calling(shop.url).send(make_request(settings=settings))
    assert shop.heard[0].headers["content-type"] == "application/vnd.shop+json"
    assert shop.heard[0].headers["idempotency-key"] == "mine"
    assert shop.heard[0].headers["content-length"] == "16"


async def test_request_without_body_names_no_content_type(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(answering(OK))
    destination = calling(shop.url)
    await destination.send(make_request(settings={"method": "GET"}, body=None))
    await destination.send(make_request(body=None))
    assert "content-type" not in shop.heard[0].headers
    assert "content-length" not in shop.heard[0].headers
    assert shop.heard[1].headers["content-length"] == "0"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "日本"])
async def test_header_value_that_would_break_out_is_a_data_failure(
    peer: StartPeer, calling: Calling, value: str
) -> None:
    shop = await peer(answering(OK))
    for request in (make_request(settings={"headers": {"X-Name": value}}), make_request(key=value)):
        with pytest.raises(StepFailed) as failure:
            await calling(shop.url).send(request)
        assert failure.value.error_class == "data"
    assert shop.heard == []


async def test_path_cannot_break_out_of_the_request_line(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(answering(OK))
    await calling(shop.url).send(make_request("/a b\r\nX-Evil: 1/ü/100%"))
    assert shop.heard[0].line == "POST /a%20b%0D%0AX-Evil:%201/%C3%BC/100%25 HTTP/1.1"
    assert "x-evil" not in shop.heard[0].headers


async def test_connections_are_kept_and_used_again(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(answering(OK))
    destination = calling(shop.url)
    for _ in range(5):
        await destination.send(make_request())
    assert (shop.connections, len(shop.heard)) == (1, 5)


async def test_connection_that_the_peer_announced_to_close_is_not_used_again(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(then_closing(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
    destination = calling(shop.url)
    for _ in range(3):
        assert (await destination.send(make_request())).status == 200
    assert shop.connections == 3


async def test_connection_that_closed_while_idle_costs_nothing(peer: StartPeer, calling: Calling) -> None:
    """REL-2: a connection that was provably closed before the request was written is replaced unseen."""
    shop = await peer(then_closing(OK))
    destination = calling(shop.url)
    for number in range(20):
        assert (await destination.send(make_request(key=f"key-{number}"))).status == 200
        await until_readable_end(destination)
    assert len(shop.heard) == 20


async def until_readable_end(destination: Any) -> None:
    """Wait until the peer's FIN has reached this machine, whether or not the event loop has read it."""
    for connection in list(destination._client._pool._open):
        async with asyncio.timeout(5):
            while not connection.closed and not connection._poll.poll(0):  # noqa: ASYNC110
                await asyncio.sleep(0)


async def test_reused_connection_that_breaks_after_the_request_is_an_unknown_outcome(
    peer: StartPeer, calling: Calling
) -> None:
    """REL-2: the peer may have acted, so the request is not sent again by itself."""

    async def second_time_silent(heard: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if heard.headers["idempotency-key"] == "key-2":
            writer.close()
        else:
            writer.write(OK)

    shop = await peer(second_time_silent)
    destination = calling(shop.url)
    await destination.send(make_request(key="key-1"))
    with pytest.raises(OutcomeUnknown) as failure:
        await destination.send(make_request(key="key-2"))
    assert failure.value.reason == "no-answer"
    assert [heard.headers["idempotency-key"] for heard in shop.heard] == ["key-1", "key-2"]
    assert (await destination.send(make_request(key="key-3"))).status == 200


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"", "no-answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "truncated-reply"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", "truncated-reply"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "truncated-reply"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", "broken-reply"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "broken-reply"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxx", "broken-reply"),
        (b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 70_000 + b"\r\n\r\n", "broken-reply"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"a" * 300_000, "reply-too-large"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 300_000, "reply-too-large"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + zipped(b"a" * 2_000_000), "reply-too-large"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + zipped(b"abc" * 99)[:-9], "truncated-reply"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip", "broken-reply"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nx", "broken-reply"),
    ],
)
async def test_broken_reply_is_an_unknown_outcome(peer: StartPeer, calling: Calling, reply: bytes, reason: str) -> None:
    shop = await peer(then_closing(reply))
    with pytest.raises(OutcomeUnknown) as failure:
        await calling(shop.url).send(make_request())
    assert failure.value.reason == reason
    assert len(shop.heard) == 1


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", b"abc"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n",
            b"abcde",
        ),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", b"old"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 H\r\nLink:x\r\n\r\nHTTP/1.1 200 \r\nContent-Length:1\r\n\r\na",
            b"a",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + zipped(b"one") + zipped(b"two"),
            b"onetwo",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n" + zlib.compress(b"zlib"), b"zlib"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n" + zlib.compress(b"raw")[2:-4], b"raw"),
    ],
)
async def test_every_way_to_frame_a_body_is_read(peer: StartPeer, calling: Calling, reply: bytes, body: bytes) -> None:
    shop = await peer(then_closing(reply))
    destination = calling(shop.url)
    for _ in range(2):
        received = await destination.send(make_request())
        assert received.body == body
        assert "link" not in received.headers
        assert "x-t" not in received.headers


async def test_reply_in_small_pieces_is_put_together(peer: StartPeer, calling: Calling) -> None:
    async def drip(heard: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in OK:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    shop = await peer(drip)
    assert (await calling(shop.url).send(make_request())).body == b"{}"


async def test_head_reply_has_no_body_whatever_its_length_says(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"))
    destination = calling(shop.url)
    for _ in range(2):
        assert (await destination.send(make_request(settings={"method": "HEAD"}, body=None))).status == 200


async def test_redirect_is_an_answer_and_is_not_followed(peer: StartPeer, calling: Calling) -> None:
    """SEC-5: credentials and orders do not go wherever a peer points."""
    shop = await peer(answering(b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"))
    reply = await calling(shop.url).send(make_request())
    assert (reply.status, reply.headers["location"]) == (307, "http://127.0.0.1:1/")


async def test_second_reply_to_one_request_never_answers_the_next(peer: StartPeer, calling: Calling) -> None:
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"
    shop = await peer(answering(first + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", first))
    destination = calling(shop.url)
    assert [(await destination.send(make_request())).body for _ in range(3)] == [b"1", b"1", b"1"]
    assert shop.connections == 2


async def test_repeated_headers_are_joined(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(answering(b"HTTP/1.1 200 OK\r\nLink: a\r\nLINK: b\r\nContent-Length: 0\r\n\r\n"))
    assert (await calling(shop.url).send(make_request())).headers["link"] == "a, b"


async def test_early_refusal_of_a_large_body_is_read(calling: Calling) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reply = await calling(f"http://127.0.0.1:{port}").send(make_request(body=b"x" * 20_000_000))
    assert reply.status == 413
    server.close()


async def test_refused_connection_is_transient(calling: Calling) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    with pytest.raises(StepFailed) as failure:
        await calling(f"http://127.0.0.1:{port}").send(make_request())
    assert not isinstance(failure.value, OutcomeUnknown)
    assert (failure.value.error_class, failure.value.reason) == ("transient", "connection-refused")


async def test_unknown_host_is_transient(calling: Calling) -> None:
    with pytest.raises(StepFailed) as failure:
        await calling("http://no-such-host.invalid").send(make_request())
    assert failure.value.error_class == "transient"


async def test_full_pool_is_transient_and_nothing_was_sent(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(hanging)
    destination = calling(shop.url, concurrent=1)
    first = asyncio.ensure_future(destination.send(make_request(timeout=5.0)))
    await shop.arrival.wait()
    with pytest.raises(StepFailed) as failure:
        await destination.send(make_request(timeout=0.05))
    assert (failure.value.error_class, failure.value.reason) == ("transient", "pool-timeout")
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert len(shop.heard) == 1


async def test_slow_reply_is_an_unknown_outcome(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(hanging)
    destination = calling(shop.url)
    with pytest.raises(OutcomeUnknown) as failure:
        await destination.send(make_request(timeout=0.05))
    assert failure.value.reason == "timeout"


async def test_untrusted_certificate_is_transient_and_nothing_was_sent(
    peer: StartPeer, calling: Calling, certificate: Certificate
) -> None:
    shop = await peer(answering(OK), certificate.server)
    with pytest.raises(StepFailed) as failure:
        await calling(shop.url).send(make_request())
    assert (failure.value.error_class, failure.value.reason) == ("transient", "tls-failed")
    assert shop.heard == []


async def test_tls_with_a_named_authority_and_keep_alive(
    peer: StartPeer, calling: Calling, certificate: Certificate
) -> None:
    shop = await peer(answering(OK), certificate.server)
    destination = calling(shop.url, tls_ca=str(certificate.pem))
    for _ in range(3):
        assert (await destination.send(make_request())).status == 200
    assert len(shop.heard) == 3


async def test_ipv6_address_is_reached(calling: Calling) -> None:
    served: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        await writer.drain()
        writer.close()

    try:
        server = await asyncio.start_server(serve, "::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    port = server.sockets[0].getsockname()[1]
    assert (await calling(f"http://[::1]:{port}").send(make_request(body=None))).status == 200
    assert f"host: [::1]:{port}".encode() in served[0]
    server.close()


async def test_close_fails_what_is_under_way_as_unknown(peer: StartPeer, calling: Calling) -> None:
    shop = await peer(hanging)
    destination = calling(shop.url)
    sending = asyncio.ensure_future(destination.send(make_request()))
    await shop.arrival.wait()
    await destination.close()
    with pytest.raises(OutcomeUnknown):
        await sending


async def test_system_without_address_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="base_url"):
        open_destination(DestinationSetup("shop", HttpConnection()), make_host(tmp_path))

"""A small HTTP/1.1 client for one origin: writes heads, reads replies, decodes compressed bodies."""

from __future__ import annotations

import ssl
import zlib
from pathlib import Path

from msgspec import Struct

from engine.plugin import Reply
from plugins.http.connection import Broken, RawReply
from plugins.http.pool import Pool
from plugins.http.urls import Origin

_BODYLESS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})


def tls_context(origin: Origin, verify: bool = True, ca_file: Path | None = None) -> ssl.SSLContext | None:
    """How TLS is spoken with an origin; None for plain HTTP. Raises OSError when the file of authorities is bad."""
    if not origin.tls:
        return None
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Start(Struct, frozen=True):
    """The request line and the first header lines; how the head ends when there is no body; whether it is HEAD."""

    text: str
    without_body: str
    head_only: bool


class HttpClient:
    """Sends requests to one origin over kept connections. Redirects are answers like any other."""

    def __init__(
        self,
        origin: Origin,
        *,
        tls: ssl.SSLContext | None,
        size: int = 2,
        reply_limit: int = 1_000_000,
        keep_alive: float = 15.0,
        connect_timeout: float = 5.0,
        constant_headers: str = "",
    ) -> None:
        self.origin = origin
        self._reply_limit = reply_limit
        self._constant = (
            f" HTTP/1.1\r\nhost: {origin.authority}\r\nuser-agent: crossdock\r\n"
            f"accept-encoding: gzip, deflate\r\n{constant_headers}"
        )
        self._pool = Pool(
            origin,
            tls=tls,
            size=size,
            reply_limit=reply_limit,
            keep_alive=keep_alive,
            connect_timeout=connect_timeout,
        )

    def start(self, method: str, target: str, headers: str = "") -> Start:
        """What requests of one kind begin with; `headers` are lines ended by CRLF."""
        length = "" if method in _BODYLESS else "content-length: 0\r\n"
        return Start(f"{method} {target}{self._constant}{headers}", f"{length}\r\n", method == "HEAD")

    async def request(self, start: Start, headers: str, body: bytes | None, *, within: float) -> Reply:
        """Send one request; `headers` are further lines, `within` is in seconds. Raises NotSent or Broken."""
        if body:
            data = f"{start.text}{headers}content-length: {len(body)}\r\n\r\n".encode("latin-1") + body
        else:
            data = f"{start.text}{headers}{start.without_body}".encode("latin-1")
        raw = await self._pool.exchange(data, start.head_only, within)
        return self._reply(raw)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    def _reply(self, raw: RawReply) -> Reply:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw.headers}
        if len(headers) != len(raw.headers):
            headers = _joined(raw.headers)
        body = raw.body
        encoding = headers.get("content-encoding")
        if encoding is not None and body:
            body = decoded(body, encoding, self._reply_limit)
        if len(body) > self._reply_limit:
            raise _too_large(self._reply_limit)
        return Reply(raw.status, body, headers, headers.get("content-type", ""))


def _joined(given: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers of which some come more than once."""
    headers: dict[str, str] = {}
    for name, value in given:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """A body without its content encodings, never more than `limit` bytes. Raises Broken."""
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in ("gzip", "x-gzip", "deflate"):
            body = _inflated(body, limit)
        elif name not in ("identity", ""):
            raise Broken(f"the reply has the content encoding '{name[:40]}', which nobody asked for", "broken-reply")
    return body


def _inflated(body: bytes, limit: int) -> bytes:
    """gzip (several members, too), zlib, or the raw deflate that some servers call deflate."""
    wbits = 47 if body[:2] == b"\x1f\x8b" or body[0] & 0x0F == 8 else -15
    out, rest = bytearray(), body
    try:
        while rest:
            inflater = zlib.decompressobj(wbits)
            out += inflater.decompress(rest, limit - len(out) + 1)
            if len(out) > limit:
                raise _too_large(limit)
            if not inflater.eof:
                raise Broken("the reply's compressed body ends in the middle", "truncated-reply")
            rest = inflater.unused_data.lstrip(b"\0")
    except zlib.error:
        raise Broken("the reply's compressed body is damaged", "broken-reply") from None
    return bytes(out)


def _too_large(limit: int) -> Broken:
    return Broken(f"the reply is larger than {limit} bytes", "reply-too-large")

"""What callers are answered: receipts, flows' own replies, and problem documents (RFC 9457)."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from typing import Any

import msgspec
from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter

from engine.errors import Overloaded, Refused
from engine.plugin import Answer, Receipt
from plugins.http.settings import ReplySettings

SERVER = "crossdock"
"""What we call ourselves; versions are nobody's business."""

_RETRY_AFTER = 5
_DONE = frozenset({"completed", "discarded"})
_WITHOUT_BODY = frozenset({204, 205})


class Prompt(web.Response):
    """An answer that leaves in one write where the connection stays open, as nearly every one does.

    `fields` are its headers but for length and date; no value may hold the end of a line.
    """

    def __init__(self, status: int, fields: Mapping[str, str], body: bytes) -> None:
        super().__init__(status=status)
        self._fields = fields
        self._bytes = body
        self._has_left = False

    @property
    def keep_alive(self) -> bool | None:
        return True if self._has_left else super().keep_alive

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        if self.keep_alive is False or not request.keep_alive or not self._has_body(request):
            self.headers.update(self._fields)
            self.body = self._bytes
            return await super().prepare(request)
        fields = "".join([f"{name}: {value}\r\n" for name, value in self._fields.items()])
        head = (
            f"HTTP/1.1 {self.status} {self.reason}\r\n{fields}Content-Length: {len(self._bytes)}\r\n"
            f"Date: {_date(int(time.time()))}\r\n\r\n"
        )
        await request.writer.write(head.encode() + self._bytes)
        await request.writer.drain()  # who does not read its answers gets no more of them
        self._has_left = True
        return request.writer

    def _has_body(self, request: web.BaseRequest) -> bool:
        return request.version == HttpVersion11 and request.method != "HEAD" and self.status not in _WITHOUT_BODY

    async def write_eof(self, data: bytes = b"") -> None:
        if not self._has_left:
            await super().write_eof(data)


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    """A moment, in epoch seconds, as the `Date` header has it."""
    return formatdate(second, usegmt=True)


def receipt_answer(receipt: Receipt, reply: ReplySettings) -> web.StreamResponse:
    """The answer to an arrival that was stored; a repeat is answered like the first time, and says so."""
    headers = {"Server": SERVER}
    if receipt.repeat:
        headers["Idempotent-Replay"] = "true"
    correlation = receipt.correlation_id
    if correlation.isascii() and correlation.isprintable():
        headers["X-Correlation-Id"] = correlation
    answer = receipt.answer
    if answer is not None:
        headers["Content-Type"] = answer.content_type
        return web.Response(status=answer.status, body=answer.body, headers=headers)
    if receipt.outcome == "dead":
        return problem(
            500, "the message could not be processed", "dead", receipt.detail, {"messages": receipt.message_ids}
        )
    if receipt.message_ids:
        headers["Location"] = f"/messages/{receipt.message_ids[0]}"
    if reply.body is not None:
        headers["Content-Type"] = reply.content_type
        return web.Response(status=reply.accepted, body=reply.body.encode(), headers=headers)
    headers["Content-Type"] = "application/json"
    status = 200 if receipt.outcome in _DONE else reply.accepted
    body = {"status": receipt.outcome, "messages": receipt.message_ids, "correlation_id": correlation}
    if receipt.message_ids:
        body["location"] = headers["Location"]
    return Prompt(status, headers, msgspec.json.encode(body))


def page_answer(answer: Answer) -> web.Response:
    """One of the engine's own pages."""
    headers = {"Content-Type": answer.content_type, "Cache-Control": "no-store", "Server": SERVER}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def handshake_answer(text: str) -> web.Response:
    """A sender's text, given back; as plain text, so that no browser takes it for a page."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", "Server": SERVER}
    return web.Response(status=200, body=text.encode(), headers=headers)


def problem(
    status: int,
    title: str,
    code: str,
    detail: str = "",
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """A problem document."""
    document = {"type": f"urn:crossdock:problem:{code}", "title": title, "status": status, "code": code}
    if detail:
        document["detail"] = detail
    body = json.dumps({**document, **(members or {})}, default=str, ensure_ascii=False).encode(errors="replace")
    named = {**(headers or {}), "Content-Type": "application/problem+json", "Server": SERVER}
    return web.Response(status=status, body=body, headers=named)


def refused_answer(error: Refused, challenge: str = "") -> web.Response:
    """The problem document of input that is not taken, with the id under which it is kept."""
    more: dict[str, Any] = {"message": error.kept_as} if error.kept_as is not None else {}
    if error.violations:
        more["violations"] = [dict(violation) for violation in error.violations]
    headers = {}
    if isinstance(error, Overloaded):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if challenge and error.status == 401:
        headers["WWW-Authenticate"] = challenge
    return problem(error.status, error.title, error.code, error.detail, more, headers)


def unavailable_answer() -> web.Response:
    """Nothing was stored; the sender shall try again."""
    return problem(503, "nothing was stored just now", "store-unavailable", headers={"Retry-After": str(_RETRY_AFTER)})


def internal_answer() -> web.Response:
    """An error of ours; the log knows more."""
    return problem(500, "an error of the engine", "internal")

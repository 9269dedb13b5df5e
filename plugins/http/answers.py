"""What callers are answered: receipts, flows' own replies, and problem documents (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from engine.errors import Overloaded, Refused
from engine.plugin import Answer, Receipt
from plugins.http.settings import ReplySettings

SERVER = "crossdock"
"""What we call ourselves; versions are nobody's business."""

_RETRY_AFTER = 5
_DONE = frozenset({"completed", "discarded"})


def receipt_answer(receipt: Receipt, reply: ReplySettings) -> web.Response:
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
    return web.Response(status=status, body=_receipt_body(receipt), headers=headers)


def _receipt_body(receipt: Receipt) -> bytes:
    """Written by hand, since every acknowledged message pays for it; ids need no escaping."""
    ids = receipt.message_ids
    location = f',"location":"/messages/{ids[0]}"' if ids else ""
    listed = f'"{ids[0]}"' if len(ids) == 1 else ",".join(f'"{text}"' for text in ids)
    return (
        f'{{"status":"{receipt.outcome}","messages":[{listed}],"correlation_id":{json.dumps(receipt.correlation_id)}'
        f"{location}}}"
    ).encode()


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

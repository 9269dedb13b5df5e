"""One request to a system: built by the operation's expressions, sent once, and its reply judged and mapped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import UNSET, Struct, structs

from engine import exact_json
from engine.errors import CodecError, StepFailed
from engine.flow.compiled import CompiledErrorRule, CompiledOperation
from engine.flow.exchange import Answered, mapping_failed
from engine.flow.mapping import EmptyHole, Renderer, Variables
from engine.flow.steps.validate import require_valid
from engine.jsonata import MISSING, EvaluationContext, ExpressionError
from engine.outcome import Deferred
from engine.plugin import Reply, Request
from engine.runtime.commit_points import Passing
from engine.runtime.gateway import Gateway, RequestFailed

_DETAIL = 400


Scope = tuple[Variables, EvaluationContext]


class Errand(Struct):
    """What one request is made from: the operation, the canonical document, and the scope of its expressions.

    `given` is the document, UNSET where it is only known as the bytes that are `stored`; `scoped` makes the scope,
    where an expression asks for it; `accepted`: the document is known to hold to what the operation accepts.
    """

    operation: CompiledOperation
    given: Any
    scoped: Callable[[], Scope]
    key: str
    headers: dict[str, str]
    wants_reply: bool = True
    accepted: bool = False
    stored: bytes = b""
    scope_made: Scope | None = None

    @property
    def scope(self) -> Scope:
        """The variables and the context of every expression."""
        if self.scope_made is None:
            self.scope_made = self.scoped()
        return self.scope_made

    @property
    def name(self) -> str:
        return self.operation.full_name

    @property
    def document(self) -> Any:
        """The canonical document; read when it is first asked for, for many requests are made without."""
        if self.given is UNSET:
            self.given = exact_json.decode(self.stored)
        return self.given


async def perform(errand: Errand, gateway: Gateway, passing: Passing) -> Answered:
    """Ask the system to do it. Raises RequestFailed; its class `unknown` or `timeout` means it may have been done."""
    request = _request(errand)
    reply, probe = await gateway.exchange(request, passing)
    return _judged(errand, request, reply, gateway, probe)


async def ask_first(errand: Errand, gateway: Gateway, passing: Passing, message_id: int) -> Answered | Deferred | None:
    """Confirm before a further try; None when the request is to be sent now, in a slot of its own.

    Raises RequestFailed as `confirm` does.
    """
    if errand.operation.confirm is None or gateway.is_not_done(errand.key):
        return None
    answered = await confirm(errand, gateway, passing)
    if answered is not None:
        return answered
    gateway.note_not_done(errand.key)
    return await gateway.admit(message_id)


async def confirm(errand: Errand, gateway: Gateway, passing: Passing) -> Answered | None:
    """Ask whether an earlier try was carried out; None when it was not, or the operation has no such question.

    Raises RequestFailed when the question itself fails: then nothing is known, and nothing may be sent.
    """
    question = errand.operation.confirm
    if question is None:
        return None
    request = _rendered(errand, question.request, None)
    reply, probe = await gateway.exchange(request, passing)
    scope = _scope(errand, reply)
    if _evaluate(errand, question.found.evaluate, scope) is True:
        gateway.succeeded(probe)
        target = question.returns if question.returns.mapping is not None else errand.operation.returns
        judged = structs.replace(errand, operation=replace(errand.operation, returns=target))
        return Answered(_returned(judged, reply, scope), reply.status, request.body, reply.body)
    failed = _classified(errand, reply, scope, gateway.now())
    if reply.status in (404, 410) or reply.status < 400:
        gateway.succeeded(probe)
        return None
    gateway.failed(failed.error_class, failed.retry_after, probe)
    raise RequestFailed(failed, request=request.body, reply=reply.body, status=reply.status)


def _request(errand: Errand) -> Request:
    """The request with every hole filled and its body encoded."""
    operation = errand.operation
    if operation.accepts is not None and not errand.accepted:
        require_valid(operation.accepts, errand.document, errand.name)
    body = None
    if operation.rewritten is not None and errand.stored:  # read or not, so that every try sends the same
        body = _written(errand, operation.rewritten, errand.stored)
    elif operation.body is not None:
        document = _evaluate(errand, operation.body, errand.document)
        if document is MISSING:
            raise StepFailed(
                f"{errand.name}: the request's body mapping yielded nothing",
                error_class="data",
                reason="failed-transformation",
            )
        if operation.request_contract is not None:
            require_valid(operation.request_contract, document, errand.name)
        body = _written(errand, operation.codec.encode, document)
    return _rendered(errand, operation.request, body)


def _written(errand: Errand, write: Callable[[Any], bytes], given: Any) -> bytes:
    operation = errand.operation
    try:
        body = write(given)
    except CodecError as error:
        raise StepFailed(f"{errand.name}: {error}", error_class="data", reason="failed-transformation") from error
    if operation.payload_limit is not None and len(body) > operation.payload_limit:
        raise StepFailed(
            f"{errand.name}: the request has {len(body)} bytes, the system takes {operation.payload_limit}",
            error_class="data",
            reason="oversize-payload",
            owner=operation.owner,
        )
    return body


def _rendered(errand: Errand, renderer: Renderer, body: bytes | None) -> Request:
    operation = errand.operation
    settings = renderer.filled if renderer.filled is not None else _evaluate(errand, renderer, errand.document)
    return Request(
        operation=operation.name,
        settings=settings,
        options=operation.options,
        body=body,
        content_type=operation.codec.media_type,
        key=errand.key,
        timeout=operation.timeout,
        headers=errand.headers,
    )


def _judged(errand: Errand, request: Request, reply: Reply, gateway: Gateway, probe: int | None) -> Answered:
    by_status = errand.operation.by_status
    succeeded = by_status.get(reply.status) if by_status is not None else None
    scope = _scope(errand, reply) if succeeded is not True or errand.wants_reply else {}
    if succeeded is None:
        succeeded = _evaluate(errand, errand.operation.success.evaluate, scope) is True
        if by_status is not None:
            by_status[reply.status] = succeeded
    if succeeded:
        gateway.succeeded(probe)
        try:
            document = _returned(errand, reply, scope) if errand.wants_reply else None
        except StepFailed as unreadable:
            raise RequestFailed(unreadable, request=request.body, reply=reply.body, status=reply.status) from unreadable
        return Answered(document, reply.status, request.body, reply.body)
    failed = _classified(errand, reply, scope, gateway.now())
    gateway.failed(failed.error_class, failed.retry_after, probe)
    raise RequestFailed(failed, request=request.body, reply=reply.body, status=reply.status)


def _scope(errand: Errand, reply: Reply) -> dict[str, Any]:
    """What success, error and confirm expressions see; a body that its codec cannot read is its text."""
    body: Any = None
    if reply.body:
        try:
            body = errand.operation.codec.decode(reply.body)
        except CodecError:
            body = reply.body.decode("utf-8", "replace")
    return {"status": reply.status, "headers": reply.headers, "body": body}


def _returned(errand: Errand, reply: Reply, scope: dict[str, Any]) -> Any:
    """The reply as canonical: what `returns` makes of it, or the document as it came."""
    operation = errand.operation
    document = scope["body"]
    if operation.reply_contract is not None:
        require_valid(operation.reply_contract, document, errand.name)
    if operation.returns.mapping is None:
        return document
    variables = {**errand.scope[0], "status": reply.status, "headers": reply.headers, "request": errand.document}
    mapped = _evaluate(errand, operation.returns.mapping, document, variables)
    if operation.returns.schema is not None:
        require_valid(operation.returns.schema, mapped, errand.name)
    return None if mapped is MISSING else mapped


def _classified(errand: Errand, reply: Reply, scope: dict[str, Any], now: float) -> StepFailed:
    """What a reply that is no success means: the system's own rules first, then what its status usually means."""
    hint = _retry_after(reply, now)
    for rule in errand.operation.errors:
        if _evaluate(errand, rule.when.evaluate, scope) is True:
            return _ruled(errand, rule, scope, reply, hint)
    error_class = _usual_class(reply.status)
    return StepFailed(
        f"{errand.name}: answered {reply.status}: {_snippet(reply)}",
        error_class=error_class,
        reason=f"status-{reply.status}",
        owner=errand.operation.owner,
        retry_after=hint,
    )


def _ruled(
    errand: Errand, rule: CompiledErrorRule, scope: dict[str, Any], reply: Reply, hint: float | None
) -> StepFailed:
    words = _evaluate(errand, rule.message.evaluate, scope) if rule.message is not None else MISSING
    wait = _evaluate(errand, rule.retry_after.evaluate, scope) if rule.retry_after is not None else MISSING
    said = words if isinstance(words, str) else _snippet(reply)
    return StepFailed(
        f"{errand.name}: answered {reply.status}: {said}",
        error_class=rule.error_class,
        reason=rule.reason or f"status-{reply.status}",
        owner=rule.owner or errand.operation.owner,
        retry_after=float(wait) if wait is not MISSING and not isinstance(wait, str | dict | list | None) else hint,
        details={"rule": rule.when.source},
    )


def _usual_class(status: int) -> str:
    if status == 429:
        return "rate-limited"
    if status in (401, 403):
        return "authentication"
    if status in (404, 410):
        return "not-found"
    if status in (409, 412, 423):
        return "conflict"
    if status in (400, 413, 415, 422):
        return "data"
    if status in (408, 425) or status >= 500:
        return "transient"
    return "permanent" if status >= 300 else "unknown"


def _retry_after(reply: Reply, now: float) -> float | None:
    """Seconds from now; RFC 9110 has it as seconds or as a date."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isdecimal() and text.isascii():
        return float(text[:12])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now) if text else None
    except (ValueError, OverflowError):
        return None


def _snippet(reply: Reply) -> str:
    text = " ".join(reply.body[: _DETAIL * 2].decode("utf-8", "replace").split())
    return (text[:_DETAIL] + "…") if len(text) > _DETAIL else text or "an empty body"


def _evaluate(errand: Errand, evaluate: Any, data: Any, variables: Variables | None = None) -> Any:
    try:
        own, context = errand.scope
        return evaluate(data, variables if variables is not None else own, context)
    except (ExpressionError, EmptyHole) as error:
        raise mapping_failed(error, errand.name) from error

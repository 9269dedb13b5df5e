"""What a message is about: its business keys, its lane, its idempotency key and its version."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from engine import exact_json
from engine.errors import InvalidInput
from engine.flow.compiled import CompiledFlow
from engine.flow.mapping import Variables
from engine.jsonata import MISSING, EvaluationContext, Expression, ExpressionError
from engine.message import lane_of

KEY_LENGTH = 512
"""Characters of the longest key: every store finds keys through an index, whose entries are bounded."""


class Identity(Struct, frozen=True):
    """`business_keys` are (kind, value), the identifying one first; `version` is JSON for the stale guard."""

    business_keys: tuple[tuple[str, str], ...] = ()
    idempotency_key: str | None = None
    lane: str | None = None
    version: bytes | None = None


def identify(flow: CompiledFlow, document: Any, variables: Variables, context: EvaluationContext) -> Identity:
    """The identity that a flow gives a document.

    A business key that finds nothing is left out. Raises InvalidInput when a lane, idempotency key or version finds
    nothing, for without it no promise could be kept, and for a key that no store could hold.
    """
    declared = flow.identity
    found: dict[int, str | None] = {}  # one text often is business key, lane and idempotency key: found once
    keys = []
    for kind, expression in declared.business_keys:
        value = _key(expression, flow, document, variables, context, found)
        if value is not None:
            keys.append((kind, value))
    key = lane = version = None
    if declared.idempotency is not None:
        key = _key(declared.idempotency, flow, document, variables, context, found)
        if not key:
            raise _nothing(declared.idempotency, "idempotency key", flow)
    if declared.lane is not None:
        value = _key(declared.lane, flow, document, variables, context, found)
        if not value:
            raise _nothing(declared.lane, "lane key", flow)
        lane = lane_of(declared.lane_name, value)
    if declared.version is not None:
        version = version_of(flow, document, variables, context)
    return Identity(tuple(keys), key, lane, version)


def _key(
    expression: Expression,
    flow: CompiledFlow,
    document: Any,
    variables: Variables,
    context: EvaluationContext,
    found: dict[int, str | None],
) -> str | None:
    """The text that an expression finds, or has `found` before. Raises InvalidInput for one that is no key."""
    known = id(expression)
    if known not in found:
        value = _text(expression, document, variables, context)
        if value is not None and (len(value) > KEY_LENGTH or "\x00" in value):
            require_key(value, f"the key '{expression.source}' of flow '{flow.name}'")
        found[known] = value
    return found[known]


def require_key(key: str, what: str) -> str:
    """The key, if it is one that both stores can keep. Raises InvalidInput, told of `what`."""
    if len(key) > KEY_LENGTH:
        raise InvalidInput(f"{what} has {len(key)} characters; at most {KEY_LENGTH} are taken", code="unusable-key")
    if "\x00" in key:
        raise InvalidInput(f"{what} holds the character NUL (U+0000), which no key may", code="unusable-key")
    return key


def version_of(flow: CompiledFlow, document: Any, variables: Variables, context: EvaluationContext) -> bytes:
    """The document's version as JSON: a number or a text."""
    assert flow.identity.version is not None
    value = _value(flow.identity.version, document, variables, context)
    if value is MISSING or value is None or isinstance(value, bool | dict | list):
        raise _nothing(flow.identity.version, "version", flow)
    return exact_json.encode(value)


def _nothing(expression: Expression, what: str, flow: CompiledFlow) -> InvalidInput:
    detail = f"the {what} of flow '{flow.name}' ({expression.source}) finds nothing in this message"
    return InvalidInput(detail, code="no-identity")


def _text(expression: Expression, document: Any, variables: Variables, context: EvaluationContext) -> str | None:
    value = _value(expression, document, variables, context)
    if isinstance(value, str):
        return value
    return None if value is MISSING or value is None or isinstance(value, dict | list) else str(value)


def _value(expression: Expression, document: Any, variables: Variables, context: EvaluationContext) -> Any:
    try:
        return expression.evaluate(document, variables, context)
    except ExpressionError as error:
        raise InvalidInput(f"the expression '{expression.source}' failed: {error}", code="no-identity") from error

"""Reading: the bytes of a system's event become canonical documents. Pure, so that it can be done again from the stored
original, in any revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine.contracts.ownership import Writer
from engine.contracts.schema import CompiledSchema
from engine.errors import CodecError, InvalidInput
from engine.flow.compiled import CompiledEvent
from engine.flow.mapping import EmptyHole, Variables
from engine.jsonata import MISSING, EvaluationContext, ExpressionError

_SHOWN = 20


def raw_documents(event: CompiledEvent, body: bytes, variables: Variables, context: EvaluationContext) -> list[Any]:
    """The vendor's documents in the bytes: one, or as many as `items` finds. Raises InvalidInput."""
    try:
        document = event.codec.decode(body)
    except CodecError as error:
        raise InvalidInput(str(error), code="unreadable") from error
    if event.contract is not None:
        require_contract(event.contract, document, event.owner)
    if event.items is None:
        return [document]
    items = _evaluated(event, event.items.evaluate, document, variables, context)
    if items is MISSING:
        return []
    return items if isinstance(items, list) else [items]


def is_wanted(event: CompiledEvent, raw: Any, variables: Variables, context: EvaluationContext) -> bool:
    """Whether the event takes this document."""
    return event.when is None or _evaluated(event, event.when.evaluate, raw, variables, context) is True


def to_canonical(event: CompiledEvent, raw: Any, variables: Variables, context: EvaluationContext) -> Any:
    """A vendor's document as canonical, valid by its schema; as it is when the event has no mapping.

    Raises InvalidInput with every violation.
    """
    target = event.target
    if target.mapping is None:
        return raw
    document = _evaluated(event, target.mapping, raw, variables, context)
    if document is MISSING:
        raise InvalidInput(f"the mapping of {event.name} yielded nothing", code="failed-transformation")
    if target.schema is not None:
        require_contract(target.schema, document, event.owner)
    if event.writer is not None:
        _require_owner(event, event.writer, document)
    return document


def _require_owner(event: CompiledEvent, writer: Writer, document: Any) -> None:
    """Raise InvalidInput when the document has a field that its sender may not write and the owner refuses."""
    fields = [field for field in writer.foreign(document) if field.owner.foreign == "refuse"]
    if not fields:
        return
    first = fields[0]
    more = f" (and {len(fields) - 1} more)" if len(fields) > 1 else ""
    raise InvalidInput(
        f"{event.name}: '{first.path}' of {writer.entity} is owned by '{first.owner.owner}'; "
        f"'{writer.system}' may not write it{more}",
        code="not-the-owner",
        violations=[
            {
                "path": field.path,
                "rule": "owner",
                "expected": f"a value from {' or '.join((field.owner.owner, *field.owner.writers))}",
                "found": f"one from {writer.system}",
                "owner": field.owner.steward,
            }
            for field in fields[:_SHOWN]
        ],
    )


def require_contract(schema: CompiledSchema, document: Any, owner: str | None) -> None:
    """Raise InvalidInput unless the document holds to the schema."""
    if schema.is_valid(document):
        return
    violations = schema.validate(document)
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    raise InvalidInput(
        f"{schema.name}: {first.message}{more}",
        code="broken-contract",
        violations=[_shown(asdict(violation), owner) for violation in violations[:_SHOWN]],
    )


def event_variables(
    headers: Mapping[str, str], attributes: Mapping[str, Any], message: Mapping[str, Any]
) -> dict[str, Any]:
    """What the expressions at a system's edge see besides the payload."""
    return {"headers": headers, "attributes": attributes, "message": message}


def _shown(violation: dict[str, Any], owner: str | None) -> dict[str, Any]:
    return {**violation, "owner": violation.get("owner") or owner}


def _evaluated(
    event: CompiledEvent, evaluate: Any, document: Any, variables: Variables, context: EvaluationContext
) -> Any:
    try:
        return evaluate(document, variables, context)
    except (ExpressionError, EmptyHole) as error:
        raise InvalidInput(f"{event.name}: {error}", code="failed-transformation") from error

"""Whether a request can be tried again without a second effect."""

from __future__ import annotations

from engine.lint.context import Context, OperationOf

_HEADER = "idempotency_header"


def check_second_tries(context: Context) -> None:
    """XD703: an operation with an effect, and nothing that keeps a second try from having a second one."""
    for operation in context.operations():
        model = operation.model
        safe = model.safe if model.safe is not None else operation.connector.changes_nothing(model.request)
        if safe or model.idempotent or model.confirm is not None or _carries_key(operation):
            continue
        ways = "'confirm' or 'idempotent: true'"
        if _HEADER in type(model).model_fields:
            ways = f"'confirm', 'idempotent: true' or '{_HEADER}' with the name that the peer knows"
        context.findings.add(
            "XD703", operation.system.places.key("operations", operation.key), expected=ways, found="none of them"
        )


def _carries_key(operation: OperationOf) -> bool:
    """Whether the peer is known to look at the key; a header that is merely there by default proves nothing."""
    model = operation.model
    if _HEADER in type(model).model_fields:
        return _HEADER in model.model_fields_set and getattr(model, _HEADER) is not None
    return operation.connector.features.carries_key

"""Unknown fields of canonical entities are refused, but under an extension point that bounds them (CAN-4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.contracts.walk import subschemas
from engine.lint.context import Context

_BOUNDS = ("maxProperties", "propertyNames", "patternProperties")


def check_closed(context: Context) -> None:
    """XD912: an object of a canonical entity that takes any field."""
    for contract in context.contracts:
        for sub in subschemas(contract.schema.document):
            if _is_open(sub.schema) and not _is_part(sub.place):
                context.govern(
                    "XD912",
                    context.place(contract.file, *sub.place),
                    expected="'additionalProperties: false', or 'maxProperties' for an extension point",
                    found="an object that takes any field",
                )


def _is_open(schema: Mapping[str, Any]) -> bool:
    if schema.get("type") != "object" or any(word in schema for word in _BOUNDS):
        return False
    further = schema.get("additionalProperties", schema.get("unevaluatedProperties", True))
    return further is True and "$ref" not in schema and "allOf" not in schema


def _is_part(place: tuple[str | int, ...]) -> bool:
    """Whether the schema is one of several that hold together, so that another one closes the object."""
    return any(word in place for word in ("allOf", "anyOf", "oneOf", "if", "then", "else", "not", "dependentSchemas"))

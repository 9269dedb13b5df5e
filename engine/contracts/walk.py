"""The subschemas of a JSON Schema 2020-12, each with its place and its base URI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from engine.contracts.values import PathParts

_ONE = ("additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then",
        "unevaluatedItems", "unevaluatedProperties")  # fmt: skip
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")


@dataclass(frozen=True, slots=True)
class Subschema:
    """One schema within a document: its JSON Pointer in parts, itself, and the URI its references are relative to."""

    place: PathParts
    schema: Mapping[str, Any]
    base: str


def subschemas(schema: Any, base: str = "", place: PathParts = ()) -> Iterator[Subschema]:
    """The schema itself and all below it, outermost first; `true` and `false` are passed over."""
    if not isinstance(schema, Mapping):
        return
    identity = schema.get("$id")
    if isinstance(identity, str):
        base = urljoin(base, identity)
    yield Subschema(place, schema, base)
    for step, child in children(schema):
        yield from subschemas(child, base, (*place, *step))


def children(schema: Mapping[str, Any]) -> Iterator[tuple[PathParts, Any]]:
    """The schemas right below one, each with its keyword and the index or name it stands under."""
    for keyword in _ONE:
        if keyword in schema:
            yield (keyword,), schema[keyword]
    for keyword in _MANY:
        if isinstance(schema.get(keyword), list):
            yield from (((keyword, index), child) for index, child in enumerate(schema[keyword]))
    for keyword in _NAMED:
        if isinstance(schema.get(keyword), Mapping):
            yield from (((keyword, name), child) for name, child in schema[keyword].items())

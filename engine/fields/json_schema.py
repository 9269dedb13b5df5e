"""What models say of themselves in JSON Schema that pydantic cannot know: rules between fields, names of the workspace.

A model with a validator over several fields declares the same rule beside it, so that editors refuse what the loader
refuses. A field counts as given when it is there and is neither null, false nor an empty list.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

Rule = dict[str, Any]
NameKind = Literal[
    "code tables",
    "codecs",
    "connectors",
    "entities",
    "error classes",
    "events",
    "flows",
    "mappings",
    "milestones",
    "operations",
    "operations of any system",
    "retry policies",
    "systems",
    "teams",
    "topics",
]
NAMES = "x-names"
"""The key under which a text says which of the workspace's names it is."""


def named(kind: NameKind) -> dict[str, Any]:
    """A text that is one of the workspace's names; editors offer those there are."""
    return {NAMES: kind}


@dataclass(frozen=True, slots=True)
class NamedAs:
    """`named` for a type that has a JSON Schema of its own, as an annotation of it."""

    kind: NameKind
    description: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        own = {key: value for key, value in handler(schema).items() if key != "examples"}
        return {**own, "description": self.description, NAMES: self.kind}


def rules(*each: Rule) -> dict[str, Any]:
    """The rules of a model, as its `json_schema_extra`."""
    return {"allOf": list(each)}


def given(*names: str) -> Rule:
    """All of the fields are given."""
    return {"required": list(names), "properties": {name: {"not": {"enum": [None, False, []]}} for name in names}}


def exactly_one(*names: str) -> Rule:
    """One of the fields is given, and no other."""
    return {"oneOf": [given(name) for name in names]}


def at_least_one(*names: str) -> Rule:
    """One of the fields is given, or several."""
    return {"anyOf": [given(name) for name in names]}


def at_most_one(*names: str) -> Rule:
    """No two of the fields are given."""
    return {"not": {"anyOf": [given(*pair) for pair in combinations(names, 2)]}}


def needs(name: str, *others: str) -> Rule:
    """Where a field is given the others are given too."""
    return {"if": given(name), "then": given(*others)}


def only_with(name: str, field: str, *values: str) -> Rule:
    """A field is given only where another has one of some values."""
    return {"if": given(name), "then": {"required": [field], "properties": {field: {"enum": list(values)}}}}


def only_for_objects(name: str, field: str) -> Rule:
    """A field is given only where another is a mapping."""
    return {"if": given(name), "then": {"properties": {field: {"type": "object"}}}}


def alone(name: str) -> Rule:
    """Where a field is given there is no other."""
    return {"if": given(name), "then": {"maxProperties": 1}}

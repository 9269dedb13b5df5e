"""Documents made by a schema, at random; and whether a value is one of a type."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from random import Random
from typing import Any

from engine.jsonata.missing import MISSING
from engine.jsonata.types.lattice import Boolean, Function, List, Null, Number, Record, Text, Type
from engine.jsonata.types.members import field_of

_WORDS = ("", "A-01", "W-1", "EA", "Germany", "20260314", "12", "BROKEN", "x y", "SK", "92")


def document(schema: Mapping[str, Any], random: Random) -> Any:
    """A value that is valid by a schema of the corpus."""
    return _made(schema, schema, random)


def _made(schema: Any, root: Mapping[str, Any], random: Random) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _made(root["$defs"][name], root, random)
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return _made(random.choice(schema[word]), root, random)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return random.choice(schema["enum"])
    kind = schema.get("type", "string")
    kind = random.choice(kind) if isinstance(kind, list) else kind
    return _of_kind(kind, schema, root, random)


def _of_kind(kind: str, schema: Mapping[str, Any], root: Mapping[str, Any], random: Random) -> Any:
    if kind == "object":
        required = schema.get("required", ())
        return {
            name: _made(part, root, random)
            for name, part in schema.get("properties", {}).items()
            if name in required or random.random() < 0.6
        }
    if kind == "array":
        count = max(schema.get("minItems", 0), random.choice((0, 1, 1, 2, 3)))
        return [_made(schema.get("items", {}), root, random) for _ in range(count)]
    if kind == "string":
        return _text(schema, random)
    if kind == "integer":
        return max(schema.get("minimum", 0), random.choice((0, 1, 7, 1200)))
    if kind == "number":
        return random.choice((0, 3, Decimal("19.90"), Decimal("0.5")))
    return {"boolean": random.random() < 0.5, "null": None}[kind]


def _text(schema: Mapping[str, Any], random: Random) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    pattern = schema.get("pattern", "")
    if "A-Z" in pattern:
        return "USD"
    if r"\d{8}" in pattern:
        return "20260314"
    if r"\d" in pattern:
        return random.choice(("12", "19.90"))
    return "x" * schema.get("minLength", 0) or random.choice(_WORDS)


_FORMATS = {
    "date": "2026-03-14",
    "date-time": "2026-03-14T09:26:53Z",
    "email": "dana@example.com",
    "uri": "https://example.com/1",
}


def inhabits(value: Any, type_: Type, path: str = "") -> str:
    """Where a value is not one of a type; "" when it is."""
    if type_.any:
        return ""
    if value is MISSING:
        return "" if type_.absent is not None else f"{path}: nothing"
    told = [_inhabits(value, atom, path) for atom in type_.atoms]
    return min(told, key=len) if told and all(told) else "" if told else f"{path}: {value!r} of no type"


def _inhabits(value: Any, atom: Any, path: str) -> str:
    if isinstance(atom, Record) and isinstance(value, dict):
        for name in {*value, *atom.fields}:
            inner = atom.fields.get(name) if name in atom.fields else field_of(atom, name)
            if inner is None:
                return f"{path}.{name}: not a field"
            if name not in value and name not in atom.required:
                continue
            told = inhabits(value.get(name, MISSING), inner, f"{path}.{name}")
            if told:
                return told
        return ""
    if isinstance(atom, List) and isinstance(value, list):
        if len(value) < atom.least:
            return f"{path}: {len(value)} of {atom.least} items"
        return next((told for each in value if (told := inhabits(each, atom.item, f"{path}[]"))), "")
    if isinstance(atom, Text) and isinstance(value, str):
        fits = (atom.values is None or value in atom.values) and len(value) >= atom.least
        return "" if fits else f"{path}: {value!r}"
    if isinstance(atom, Number) and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        finite = not isinstance(value, float) or isfinite(value)
        fits = not atom.integer or not finite or value == int(value)
        return "" if fits and (atom.values is None or value in atom.values) else f"{path}: {value!r}"
    if isinstance(atom, Boolean) and isinstance(value, bool):
        return "" if atom.value is None or atom.value is value else f"{path}: {value!r}"
    fits = (isinstance(atom, Null) and value is None) or (isinstance(atom, Function) and callable(value))
    return "" if fits else f"{path}: {value!r} is another kind"

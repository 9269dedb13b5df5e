"""Violations: a broken rule of a contract as people and problem documents read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.contracts.faults import Fault
from engine.contracts.values import NotJson, PathParts, nearest, path_text, shown

OwnerOf = Callable[[str], str | None]
"""From the path of a field (`lines[0].quantity`) to the name of the system or team that owns it."""

NOTHING = "nothing"

_TYPES = {
    "object": "an object", "array": "a list", "string": "a text", "integer": "a whole number", "number": "a number",
    "boolean": "true or false", "null": "null",
}  # fmt: skip
_FORMATS = {
    "date-time": "a time with offset such as '2026-03-14T09:26:53Z'",
    "date": "a day such as '2026-03-14'",
    "time": "a time of day with offset such as '09:26:53Z'",
    "email": "a mail address",
    "uri": "an absolute address such as 'https://example.com/x'",
    "uuid": "a UUID",
}
_BOUNDS = {
    "minimum": "{} or more", "maximum": "{} or less", "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}", "multipleOf": "a multiple of {}", "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries", "maxItems": "at most {} entries", "minProperties": "at least {} fields",
    "maxProperties": "at most {} fields", "const": "{}",
}  # fmt: skip
_FIXED = {
    "required": "a value",
    "additionalProperties": "no field of this name",
    "unevaluatedProperties": "only fields that the schema names",
    "unevaluatedItems": "only entries that the schema names",
    "propertyNames": "a field name of the declared form",
    "uniqueItems": "entries that all differ",
    "contains": "the declared number of entries of one kind",
    "not": "anything but this",
    "false": "no value here",
    "anyOf": "one of {} declared forms",
    "oneOf": "exactly one of {} declared forms",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a payload breaks its contract.

    `path` is like `lines[0].quantity.value`, empty for the whole document; `rule` is the JSON Schema keyword, or `json`
    and `depth` for what is no JSON at all. `owner` is who repairs the field, where its life cycle says so. `message` is
    the sentence with all of it.
    """

    path: str
    rule: str
    expected: str
    found: str
    owner: str | None
    message: str


def violation(fault: Fault, document: Any, owner_of: OwnerOf | None) -> Violation:
    """Put a fault of `document` into words."""
    expected = _expected(fault)
    found = NOTHING if fault.rule == "required" else _found(fault, document)
    return _worded(fault.path, fault.rule, expected, found, owner_of, hint_of(fault, document))


def unreadable(error: NotJson, owner_of: OwnerOf | None) -> Violation:
    """The violation of a document that is no JSON."""
    return _worded(error.path, error.rule, error.expected, error.found, owner_of, None)


def _worded(
    parts: PathParts, rule: str, expected: str, found: str, owner_of: OwnerOf | None, hint: str | None
) -> Violation:
    path = path_text(parts)
    owner = owner_of(path) if owner_of is not None else None
    message = f"{path or 'the document'}: expected {expected}, got {found}"
    message += f"; did you mean '{hint}'" if hint is not None else ""
    message += f" (owned by {owner})" if owner is not None else ""
    return Violation(path, rule, expected, found, owner, message)


def _expected(fault: Fault) -> str:
    if fault.rule == "type":
        return _either([_TYPES.get(name, name) for name in fault.value])
    if fault.rule == "enum":
        return _either([shown(value) for value in fault.value])
    if fault.rule == "pattern":
        return f"a text that matches {fault.value}"
    if fault.groups and (types := _types_of(fault)):
        return _either([_TYPES.get(name, name) for name in types])
    if fault.rule == "format":
        return _FORMATS.get(fault.value, f"a text of the format {fault.value}")
    if fault.rule in _BOUNDS:
        return _BOUNDS[fault.rule].format(shown(fault.value))
    return _FIXED.get(fault.rule, f"what '{fault.rule}' asks for").format(fault.value)


def _types_of(fault: Fault) -> list[str]:
    """The types that the branches of an `anyOf` ask for, when it was the type that each of them refused."""
    first = [next((inner for inner in branch if inner.rule == "type"), None) for branch in fault.groups]
    if any(inner is None or inner.path != fault.path for inner in first):
        return []
    return [name for inner in first if inner is not None for name in inner.value]


def _either(options: Sequence[str]) -> str:
    if len(options) == 1:
        return options[0]
    cut = [*options[:12], "…"] if len(options) > 12 else [*options]
    return f"one of {', '.join(cut)}"


def _found(fault: Fault, document: Any) -> str:
    value = _at(document, fault.path)
    if isinstance(value, str) and fault.rule in ("minLength", "maxLength"):
        return f"{shown(value)} of {len(value)}"
    if isinstance(value, dict) and fault.rule in ("minProperties", "maxProperties"):
        return str(len(value))
    return shown(value)


def hint_of(fault: Fault, document: Any) -> str | None:
    """The name that was probably meant, for an unknown field or an unknown word of a list."""
    if fault.rule == "additionalProperties":
        return nearest(str(fault.value), fault.known)
    if fault.rule == "enum":
        found = _at(document, fault.path)
        options = [option for option in fault.value if isinstance(option, str)]
        return nearest(found, options) if isinstance(found, str) else None
    return None


def _at(document: Any, path: PathParts) -> Any:
    for part in path:
        try:
            document = document[part]
        except (LookupError, TypeError):  # jsonschema-rs leaves a name out of a path when it is empty
            break
    return document

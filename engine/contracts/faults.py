"""A fault: one broken rule at one place, in the same form whichever validator found it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from engine.contracts.values import PathParts

KnownNames = Callable[[str], tuple[str, ...]]
"""From the absolute location of a keyword to the names that the schema beside it declares."""

_RULES = {"minContains": "contains", "maxContains": "contains", "falseSchema": "false"}
_BRANCHED = ("anyOf", "oneOf")
_NUMERIC = re.compile(r"\+?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Fault:
    """`rule` is the keyword of the schema that was broken, `value` what the keyword asks for, `path` the place.

    A missing or unknown field is one fault for each name and its path names the field. `groups` are the faults of each
    branch of an `anyOf` or `oneOf`. `known` are the names that would have been right.
    """

    path: PathParts
    rule: str
    value: Any = None
    groups: tuple[tuple[Fault, ...], ...] = ()
    known: tuple[str, ...] = field(default=(), compare=False)


def rule_of(keyword: str, value: Any) -> str:
    """The rule by its keyword; both validators' spellings of one rule are one."""
    return "false" if keyword == "not" and value == {} else _RULES.get(keyword, keyword)


def from_rust(error: jsonschema_rs.ValidationError, document: Any, known: KnownNames) -> Iterator[Fault]:
    """The faults in one error that jsonschema-rs found in `document`."""
    path = _real_path(error.instance_path, document)
    value = error.kind.value
    rule = rule_of(error.kind.name, value)
    if rule == "required":
        # With `additionalProperties: false` it also reports names that are there and that `properties` does not know.
        if not isinstance(error.instance, dict) or value not in error.instance:
            yield Fault((*path, value), rule, value)
    elif rule == "additionalProperties":
        names = known(error.absolute_keyword_location or "")
        for name in value:
            yield Fault((*path, name), rule, name, known=names)
    elif rule == "propertyNames":
        yield Fault((*path, value.instance), rule, value.instance)
    elif rule in _BRANCHED:
        branches = [tuple(fault for inner in branch for fault in from_rust(inner, document, known)) for branch in value]
        # A branch without faults was taken, and one more: which of them was meant cannot be told from the others.
        yield Fault(path, rule, len(branches), tuple(branches) if all(branches) else ())
    else:
        yield Fault(path, rule, None if rule.startswith(("unevaluated", "contains", "not", "false")) else value)


def _real_path(path: Sequence[str | int], document: Any) -> PathParts:
    """The path with names as they are; jsonschema-rs gives a name that looks like a number as one."""
    parts: list[str | int] = []
    for part in path:
        if isinstance(document, dict) and isinstance(part, int):
            part = next((name for name in document if _NUMERIC.fullmatch(name) and int(name) == part), str(part))
        parts.append(part)
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and isinstance(part, int) and part < len(document):
            document = document[part]
    return tuple(parts)


def nearest_branch(fault: Fault) -> tuple[Fault, ...]:
    """The faults of the one branch that the value was meant for, or the fault itself when that cannot be told.

    A branch that already refuses the kind of the value (its type, or a tag such as `const`) was not meant.
    """
    meant = [branch for branch in fault.groups if not any(_refuses(inner, fault.path) for inner in branch)]
    if len(meant) != 1:
        return (fault,)
    return tuple(inner for found in meant[0] for inner in nearest_branch(found))


def _refuses(inner: Fault, root: PathParts) -> bool:
    if len(inner.path) == len(root):
        return inner.rule in ("type", "const", "false")
    return inner.rule == "const" and len(inner.path) == len(root) + 1


def flattened(faults: Sequence[Fault]) -> list[Fault]:
    """Each fault once, branches resolved, in the order of their places."""
    resolved = {
        (inner.path, inner.rule, repr(inner.value)): inner for fault in faults for inner in nearest_branch(fault)
    }
    return sorted(resolved.values(), key=_place)


def _place(fault: Fault) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, part) for part in fault.path]

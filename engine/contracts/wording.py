"""The second validator, `jsonschema`, made to agree with the first.

jsonschema-rs decides. `jsonschema` finds the words, and by itself it would differ: it raises on a Decimal with
`multipleOf`, counts `5.0` no integer, compares `19.9` as a binary float, lets `$` match before a line end and asserts
no format. So every rule on one value is put to jsonschema-rs here, and only the way through the document is
`jsonschema`'s own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from decimal import Decimal
from functools import lru_cache
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from engine.contracts.faults import Fault, rule_of
from engine.contracts.values import is_finite
from engine.contracts.walk import children

Errors = Iterator[ValidationError]
# Bounds patterns with look-around, which cannot be matched in linear time; past it the value counts as not matching.
PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)
_SINGLE_VALUE_RULES = ("pattern", "format", "multipleOf", "const", "enum", "uniqueItems", "minimum", "maximum",
                       "exclusiveMinimum", "exclusiveMaximum")  # fmt: skip

_MAY_BE_FALSE = ("additionalProperties", "unevaluatedItems", "unevaluatedProperties")


def faults_of(validator: Any, document: Any) -> Iterator[Fault]:
    """The faults that `validator` (made by `WordingValidator`) finds in a plain document."""
    for error in validator.iter_errors(document):
        yield _fault(error)


def wordable(schema: Any) -> Any:
    """The schema as `WordingValidator` needs it.

    `false` becomes `{"not": {}}`, because `jsonschema` forgets the place where a `false` refused. `$schema` goes, since
    a schema that names its dialect would be handed to the stock validator.
    """
    if schema is False:
        return {"not": {}}
    if not isinstance(schema, Mapping):
        return schema
    copied = {name: copy(value) for name, value in schema.items() if name != "$schema"}
    for step, child in children(schema):
        if step[0] not in _MAY_BE_FALSE:
            container: Any = copied if len(step) == 1 else copied[str(step[0])]
            container[step[-1]] = wordable(child)
    return copied


def _fault(error: ValidationError) -> Fault:
    path = tuple(error.absolute_path)
    value: Any = error.validator_value
    rule = rule_of(str(error.validator), value)
    if rule in ("required", "propertyNames"):
        return Fault((*path, value), rule, value)
    if rule == "additionalProperties":
        known = tuple(error.schema.get("properties", ())) if isinstance(error.schema, Mapping) else ()
        return Fault((*path, value), rule, value, known=known)
    if rule in ("anyOf", "oneOf"):
        branches: dict[object, list[Fault]] = {}
        for inner in error.context or ():
            branches.setdefault(inner.schema_path[0], []).append(_fault(inner))
        return Fault(path, rule, len(value), tuple(map(tuple, branches.values())))
    if rule.startswith(("unevaluated", "contains", "not", "false")):
        return Fault(path, rule)
    return Fault(path, rule, [value] if rule == "type" and isinstance(value, str) else value)


def _holds(keyword: str, value: Any, instance: Any) -> bool:
    rule = _text_rule(keyword, value) if isinstance(value, str) else _rule(keyword, value)
    return rule.is_valid(instance)


def _rule(keyword: str, value: Any) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator({keyword: value}, validate_formats=True, pattern_options=PATTERNS)


@lru_cache(maxsize=1024)
def _text_rule(keyword: str, value: str) -> jsonschema_rs.Validator:
    """Kept, because compiling a pattern takes ten times as long as matching a whole document."""
    return _rule(keyword, value)


def _as_decided(keyword: str) -> Any:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Errors:
        if not _holds(keyword, value, instance):
            yield ValidationError("")

    return check


def _required(validator: Any, names: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield ValidationError("", validator="required", validator_value=name)


def _dependent_required(validator: Any, dependencies: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name, names in dependencies.items():
            if name in instance:
                yield from _required(validator, names, instance, schema)


def _property_names(validator: Any, names: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name in instance:
            for _ in validator.descend(name, names):
                yield ValidationError("", validator="propertyNames", validator_value=name)
                break


def _additional(validator: Any, additional: Any, instance: Any, schema: Any) -> Errors:
    if not isinstance(instance, dict):
        return
    for name in instance:
        if name in schema.get("properties", ()):
            continue
        if any(_holds("pattern", pattern, name) for pattern in schema.get("patternProperties", ())):
            continue
        if additional is False:
            yield ValidationError("", validator="additionalProperties", validator_value=name)
        else:
            yield from validator.descend(instance[name], additional, path=name)


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for pattern, subschema in patterns.items():
            for name, value in instance.items():
                if _holds("pattern", pattern, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _is_number(checker: Any, instance: Any) -> bool:
    if isinstance(instance, bool):
        return False
    return isinstance(instance, int | Decimal | float) and is_finite(instance)


def _is_integer(checker: Any, instance: Any) -> bool:
    return _is_number(checker, instance) and _holds("type", "integer", instance)


WordingValidator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={
        **{keyword: _as_decided(keyword) for keyword in _SINGLE_VALUE_RULES},
        "required": _required,
        "dependentRequired": _dependent_required,
        "propertyNames": _property_names,
        "additionalProperties": _additional,
        "patternProperties": _pattern_properties,
    },
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"number": _is_number, "integer": _is_integer}),
)

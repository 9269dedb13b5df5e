"""What schemas say of values, as types of expressions."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contracts.types import SchemaTypes
from engine.jsonata.types.lattice import List, Record, Text, Type, described
from engine.jsonata.types.members import field_of

COMMON = {"$defs": {"code": {"type": "string", "minLength": 1}}}


def type_of(schema: Any) -> Type:
    return SchemaTypes(lambda address: {"common": COMMON}[address]).type_of(schema, schema)


def record_of(schema: Any) -> Record:
    (record,) = type_of(schema).of_kind(Record)
    assert isinstance(record, Record)
    return record


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, "anything"),
        (True, "anything"),
        (False, "nothing"),
        ({"type": "string"}, "text"),
        ({"type": ["string", "null"]}, "text or null"),
        ({"type": "string", "nullable": True}, "text or null"),
        ({"type": "integer"}, "a whole number"),
        ({"enum": ["a", 1, None, True]}, "text or a number or true or false or null"),
        ({"type": "string", "enum": ["a", None]}, "text"),
        ({"const": 3}, "a number"),
        ({"properties": {"a": {}}}, "an object"),
        ({"items": {"type": "string"}}, "a list"),
        ({"anyOf": [{"type": "string"}, {"type": "number"}]}, "text or a number"),
        ({"type": ["string", "number"], "allOf": [{"type": ["number", "null"]}]}, "a number"),
        ({"$ref": "common#/$defs/code"}, "text"),
        ({"$ref": "elsewhere#/$defs/code"}, "anything"),
        ({"$ref": "#/$defs/loop", "$defs": {"loop": {"$ref": "#/$defs/loop"}}}, "anything"),
    ],
)
def test_the_type_of_a_schema(schema: Any, expected: str) -> None:
    assert described(type_of(schema)) == expected


def test_fields_are_there_or_optional_or_refused() -> None:
    record = record_of({"required": ["a"], "properties": {"a": {}, "b": {}}, "additionalProperties": False})
    there, optional = field_of(record, "a"), field_of(record, "b")
    assert there is not None
    assert there.absent is None
    assert optional is not None
    assert optional.absent is not None
    assert optional.absent.certain
    assert field_of(record, "c") is None


def test_fields_that_are_not_declared_may_come_unless_a_letter_is_wrong() -> None:
    open_ = record_of({"properties": {"number": {}, "line1": {}}})
    assert field_of(open_, "anything") is not None
    assert field_of(open_, "line2") is not None
    assert field_of(open_, "numbr") is None
    stated = record_of({"properties": {"number": {}}, "additionalProperties": True})
    assert field_of(stated, "numbr") is not None


def test_patterns_and_typed_rests_give_the_types_of_other_fields() -> None:
    record = record_of({"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": {"type": "integer"}})
    pattern, rest = field_of(record, "x-a"), field_of(record, "b")
    assert pattern is not None
    assert described(pattern) == "text"
    assert rest is not None
    assert described(rest) == "a whole number"


def test_what_must_hold_together_is_joined() -> None:
    schema = {
        "allOf": [
            {"required": ["a"], "properties": {"a": {"type": "string"}}},
            {"properties": {"a": {"minLength": 2}}},
        ],
        "properties": {"b": {}},
        "unevaluatedProperties": False,
    }
    record = record_of(schema)
    a = field_of(record, "a")
    assert a is not None
    assert a.absent is None
    assert field_of(record, "c") is None


def test_a_condition_may_add_fields() -> None:
    schema = {"properties": {"a": {}}, "additionalProperties": False, "if": {}, "then": {"properties": {"b": {}}}}
    assert field_of(record_of(schema), "b") is not None


def test_schemas_that_contain_themselves_are_followed_as_far_as_one_asks() -> None:
    tree = {"type": "object", "properties": {"name": {"type": "string"}, "below": {"items": {"$ref": "#"}}}}
    inner = record_of(tree)
    for _ in range(50):
        (below,) = inner.fields["below"].of_kind(List)
        (inner,) = below.item.of_kind(Record)
    assert next(inner.fields["name"].of_kind(Text)) == Text()

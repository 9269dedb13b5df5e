"""Compiled schemas: what they accept, and the words for what they do not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.contracts.checking import BadSchema
from engine.contracts.registry import ContractRegistry
from engine.contracts.schema import MAX_VIOLATIONS, CompiledSchema
from tests.contracts.workspace_files import workspace_files


def nothing(uri: str) -> Mapping[str, Any]:
    raise LookupError(f"no contract '{uri}'")


def compiled(schema: Any, **options: Any) -> CompiledSchema:
    return CompiledSchema.compile(schema, name="example", resolve=nothing, **options)


def messages(schema: Any, document: Any) -> list[str]:
    return [violation.message for violation in compiled(schema).validate(document)]


@pytest.fixture(scope="module")
def order() -> CompiledSchema:
    return ContractRegistry.load(workspace_files()).get("sales-order/2").schema


@pytest.fixture
def example(order: CompiledSchema) -> dict[str, Any]:
    return dict(order.document["examples"][0])


def test_a_violation_names_path_rule_expectation_finding_and_owner(
    order: CompiledSchema, example: dict[str, Any]
) -> None:
    """CAN-10."""
    line = {**example["lines"][0], "quantity": {**example["lines"][0]["quantity"], "value": "12,5"}}
    (violation,) = order.validate({**example, "lines": [line]})
    assert violation.path == "lines[0].quantity.value"
    assert violation.rule == "pattern"
    assert violation.found == "'12,5'"
    assert violation.owner == "order-desk (channel)"
    assert violation.message == (
        "lines[0].quantity.value: expected a text that matches ^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$, got '12,5'"
        " (owned by order-desk (channel))"
    )


def test_all_violations_come_at_once_in_the_order_of_their_places(
    order: CompiledSchema, example: dict[str, Any]
) -> None:
    broken = {**example, "revision": "1", "orderedAt": "yesterday", "currencyCode": "USD"}
    del broken["orderNumber"]
    found = [(violation.path, violation.rule) for violation in order.validate(broken)]
    assert found == [
        ("currencyCode", "additionalProperties"),
        ("orderNumber", "required"),
        ("orderedAt", "format"),
        ("revision", "type"),
    ]


@pytest.mark.parametrize(
    ("schema", "document", "message"),
    [
        ({"type": "integer"}, Decimal("1.5"), "the document: expected a whole number, got 1.5"),
        ({"enum": ["open", "closed"]}, "opne",
         "the document: expected one of 'open', 'closed', got 'opne'; did you mean 'open'"),
        ({"required": ["a"]}, {}, "a: expected a value, got nothing"),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "b: expected a value, got nothing"),
        ({"properties": {"city": {}}, "additionalProperties": False}, {"citty": 1},
         "citty: expected no field of this name, got 1; did you mean 'city'"),
        ({"maxLength": 3}, "four", "the document: expected at most 3 characters, got 'four' of 4"),
        ({"minItems": 1}, [], "the document: expected at least 1 entries, got an empty list"),
        ({"maxProperties": 1}, {"a": 1, "b": 2}, "the document: expected at most 1 fields, got 2"),
        ({"minimum": Decimal("0.01")}, Decimal("0.001"), "the document: expected 0.01 or more, got 0.001"),
        ({"multipleOf": Decimal("0.01")}, Decimal("19.915"), "the document: expected a multiple of 0.01, got 19.915"),
        ({"const": Decimal("19.9")}, Decimal("19.91"), "the document: expected 19.9, got 19.91"),
        ({"uniqueItems": True}, [1, Decimal("1.0")], "the document: expected entries that all differ, got a list of 2"),
        ({"propertyNames": {"maxLength": 2}}, {"abc": 1}, "abc: expected a field name of the declared form, got 1"),
        ({"anyOf": [{"type": "string"}, {"type": "boolean"}]}, 5,
         "the document: expected one of a text, true or false, got 5"),
        ({"not": {"type": "null"}}, None, "the document: expected anything but this, got null"),
        ({"properties": {"a": False}}, {"a": 1}, "a: expected no value here, got 1"),
        ({"contains": {"const": 1}}, [2],
         "the document: expected the declared number of entries of one kind, got a list of 1"),
        ({"unevaluatedProperties": False}, {"a": 1},
         "the document: expected only fields that the schema names, got an object with a"),
        ({"properties": {"a b": {"type": "null"}}}, {"a b": "x" * 99}, f'["a b"]: expected null, got \'{"x" * 59}…\''),
    ],
)  # fmt: skip
def test_every_rule_has_its_words(schema: Any, document: Any, message: str) -> None:
    assert messages(schema, document) == [message]


def test_of_several_forms_the_one_that_was_meant_is_explained() -> None:
    parcel = {"type": "object", "properties": {"kind": {"const": "parcel"}, "weight": {"type": "integer"}}}
    letter = {"type": "object", "properties": {"kind": {"const": "letter"}}, "required": ["pages"]}
    schema = {"oneOf": [parcel, letter, {"type": "string"}]}
    assert messages(schema, {"kind": "parcel", "weight": "5"}) == ["weight: expected a whole number, got '5'"]
    assert messages(schema, {"kind": "card"}) == [
        "the document: expected exactly one of 3 declared forms, got an object with kind"
    ]


@pytest.mark.parametrize(
    "document",
    [Decimal("820982911946154508.10"), 10**999, Decimal("1e400"), Decimal("1e-400"), -(2**70), Decimal("19.90")],
)
def test_numbers_of_any_size_are_judged_exactly(document: Any) -> None:
    assert compiled({"const": document}).is_valid(document)
    assert not compiled({"const": document}).is_valid(document * 2)


def test_an_integer_may_be_written_with_a_zero_fraction() -> None:
    assert compiled({"type": "integer"}).is_valid(Decimal("5.0"))


def test_a_long_document_with_many_faults_is_answered_with_the_first_of_them(
    order: CompiledSchema, example: dict[str, Any]
) -> None:
    lines = [{**example["lines"][0], "qty": 1} for _ in range(4000)]
    began = time.perf_counter()
    found = order.validate({**example, "lines": lines})
    assert len(found) == MAX_VIOLATIONS
    assert found[0].message.startswith("lines[0].qty: expected no field of this name, got 1")
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("document", "path", "found"),
    [
        ({"day": date(2026, 3, 14)}, "day", "a Python date"),
        ({"a": ["x\ud800"]}, "a[0]", "a lone surrogate"),
        ({"n": float("nan")}, "n", "nan"),
        ({"n": Decimal("Infinity")}, "n", "Infinity"),
        ({1: 2}, "", "the name 1"),
    ],
)
def test_what_is_no_json_is_a_violation_and_no_crash(document: Any, path: str, found: str) -> None:
    values = {"type": ["object", "array", "string", "integer"]}
    schema = compiled({"additionalProperties": {**values, "items": {"type": "integer"}}})
    assert not schema.is_valid(document)
    violation = schema.validate(document)[0]
    if violation.rule == "json":
        assert (violation.path, violation.found) == (path, found)


def test_texts_that_know_their_line_count_as_texts() -> None:
    class Marked(str):
        line = 7

    schema = compiled({"properties": {"a": {"enum": ["x"]}}, "additionalProperties": False})
    assert schema.is_valid({Marked("a"): Marked("x")})
    assert [violation.path for violation in schema.validate({Marked("b"): Marked("x")})] == ["b"]


def test_empty_names_do_no_harm() -> None:
    schema = compiled({"additionalProperties": {"additionalProperties": {"type": "null"}}})
    document = {"": {"a": 1}, **{str(number): {} for number in range(500)}}
    assert [violation.expected for violation in schema.validate(document)] == ["null"]


def test_bottomless_nesting_is_judged_without_a_crash() -> None:
    document: Any = 1
    for _ in range(3000):
        document = [document]
    schema = {"$ref": "#/$defs/nest", "$defs": {"nest": {"type": "array", "items": {"$ref": "#/$defs/nest"}}}}
    assert [violation.rule for violation in compiled(schema).validate(document)] == ["type"]


def test_a_pattern_that_would_run_for_ever_is_bounded() -> None:
    schema = compiled({"pattern": "^(?=a)(a+)+$"})
    began = time.perf_counter()
    assert not schema.is_valid("a" * 60 + "!")
    assert time.perf_counter() - began < 2


def findings(schema: Any) -> list[tuple[str, str, str, str | None]]:
    with pytest.raises(BadSchema) as caught:
        compiled(schema)
    return [(finding.code, finding.pointer, finding.expected, finding.hint) for finding in caught.value.findings]


def test_a_bad_schema_is_refused_with_every_finding() -> None:
    assert findings({"type": "strng", "required": "x", "properties": {"a": {"minLength": -1}}}) == [
        ("schema-invalid", "/properties/a/minLength", "0 or more", None),
        ("schema-invalid", "/required", "a list", None),
        ("schema-invalid", "/type",
         "one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'", "string"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "reference", ["https://example.com/order.json", "file:///etc/passwd", "other.json", "//example.com/x", "urn:x:y"]
)
def test_references_that_would_be_fetched_are_refused(reference: str) -> None:
    expected = "a local reference such as 'crossdock:common/1#/$defs/amount'"
    assert findings({"properties": {"a": {"$ref": reference}}}) == [
        ("schema-reference", "/properties/a/$ref", expected, None)
    ]


def test_references_to_nothing_are_refused() -> None:
    schema = {"$defs": {"a": {"$ref": "#/$defs/b"}, "c": {"$ref": "#here"}, "d": {"$ref": "crossdock:nope/1"}}}
    assert [(pointer, expected) for _, pointer, expected, _ in findings(schema)] == [
        ("/$defs/a/$ref", "a reference to a part that exists"),
        ("/$defs/c/$ref", "a reference to a part that exists"),
        ("/$defs/d/$ref", "a schema of this workspace"),
    ]


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ([], "schema-invalid"),
        ({"pattern": "(a"}, "schema-invalid"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "schema-dialect"),
        ({"const": float("nan")}, "schema-invalid"),
    ],
)
def test_schemas_that_cannot_be_used_are_refused(schema: Any, code: str) -> None:
    assert [finding[0] for finding in findings(schema)] == [code]


def test_misspelt_keywords_and_formats_are_warned_of() -> None:
    schema = compiled({"requierd": ["a"], "properties": {"a": {"format": "datetime", "x-maps": {}}}})
    assert [(warning.pointer, warning.hint) for warning in schema.warnings] == [
        ("/requierd", "required"),
        ("/properties/a/format", "date-time"),
    ]


def test_schemas_may_refer_to_themselves_by_their_own_id() -> None:
    schema = {
        "$id": "https://vendor.example/order.json",
        "items": {"$ref": "order.json#/$defs/n"},
        "$defs": {"n": {"type": "null"}},
    }
    assert messages(schema, [1]) == ["[0]: expected null, got 1"]


def test_a_valid_order_is_judged_within_microseconds(order: CompiledSchema, example: dict[str, Any]) -> None:
    """The bound is loose, for busy machines; a fresh one measures a fifth of it."""
    rounds = []
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(50):
            order.is_valid(example)
        rounds.append((time.perf_counter() - began) / 50)
    assert min(rounds) < 100e-6


def test_x_personal_names_a_kind_of_personal_data() -> None:
    schema = compiled({"properties": {"a": {"x-personal": "email"}, "b": {"x-personal": "e-mail"}}})
    (warning,) = schema.warnings
    assert (warning.pointer, warning.found, warning.hint) == ("/properties/b/x-personal", "'e-mail'", "email")

"""Whether a value fits a target: each thing that does not, with the place in the document."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contracts.types import SchemaTypes
from engine.jsonata.resolve import parse_expression
from engine.jsonata.types.compare import compare
from engine.jsonata.types.infer import Given, infer
from engine.jsonata.types.walk import Problem

SOURCE = {
    "type": "object",
    "required": ["id", "name", "code", "when", "lines"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "nick": {"type": "string"},
        "phone": {"type": ["string", "null"]},
        "code": {"enum": ["a", "b", "c"]},
        "when": {"type": "string", "format": "date"},
        "price": {"type": "number"},
        "lines": {"type": "array", "items": {"type": "object", "required": ["sku"], "properties": {"sku": {}}}},
    },
}


def told(text: str, target: Any) -> list[Problem]:
    schemas = SchemaTypes(lambda address: {}[address])
    made = infer(parse_expression(text), Given(schemas.type_of(SOURCE, SOURCE)))
    assert made.problems == ()
    wanted = {"type": "object", "additionalProperties": False, "properties": {"x": target}}
    return list(compare(made.type, schemas.type_of(wanted, wanted), 0))


TEXT = {"type": "string"}
NUMBER = {"type": "number"}
TEXTS = {"type": "array", "items": TEXT}
DECIMAL = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}


@pytest.mark.parametrize(
    ("text", "target", "kind", "place"),
    [
        ("{'x': id}", TEXT, "type", "id"),
        ("{'x': name}", NUMBER, "type", "name"),
        ("{'x': [name]}", TEXT, "one-or-many", "[name]"),
        ("{'x': name}", TEXTS, "one-or-many", "name"),
        ("{'x': lines.sku}", TEXT, "one-or-many", "lines.sku"),
        ("{'x': {'y': 1}}", TEXT, "type", "{'y'"),
        ("{'x': phone}", TEXT, "null", "phone"),
        ("{'x': null}", TEXT, "null", "null"),
        ("{'x': 'd'}", {"enum": ["a", "b"]}, "value", "'d'"),
        ("{'x': code}", {"enum": ["a", "b"]}, "value", "code"),
        ("{'x': 'abc'}", {"type": "string", "pattern": "^[A-Z]+$"}, "value", "'abc'"),
        ("{'x': ''}", {"type": "string", "minLength": 1}, "value", "''"),
        ("{'x': 1.5}", {"type": "integer"}, "value", "1.5"),
        ("{'x': 7}", {"type": "integer", "maximum": 5}, "value", "7"),
        ("{'x': true}", {"const": False}, "value", "true"),
        ("{'x': when}", {"type": "string", "format": "date-time"}, "type", "when"),
        ("{'x': $uppercase}", TEXT, "type", "$uppercase"),
        ("{'y': 1}", TEXT, "extra", "'y'"),
        ("{'x': {'z': 1}}", {"required": ["y"]}, "unset", "{'z'"),
        ("{'x': {'y': nick}}", {"required": ["y"], "properties": {"y": TEXT}}, "sometimes", "nick"),
        ("{'x': {'y': id > 1 ? 'a'}}", {"required": ["y"], "properties": {"y": TEXT}}, "sometimes", "id > 1"),
        ("{'x': $lookup({'a': 'A', 'b': 'B'}, code)}", TEXT, "code", "$lookup"),
        ("{'x': $string(id / 3)}", DECIMAL, "float", "id / 3"),
        ("{'x': price / 3}", {"type": "number", "multipleOf": 0.01}, "float", "price / 3"),
        ("{'x': {'k': 1}}", {"type": "object", "additionalProperties": TEXT}, "type", "1"),
        ("{'x': lines{name: 1}}", {"type": "object", "additionalProperties": TEXT}, "type", "1"),
    ],
)
def test_what_does_not_fit_is_told_at_its_place(text: str, target: Any, kind: str, place: str) -> None:
    assert [(problem.kind, problem.at) for problem in told(text, target)] == [(kind, text.rindex(place))]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("{'x': name}", TEXT),
        ("{'x': nick}", TEXT),
        ("{'x': phone}", {"type": ["string", "null"]}),
        ("{'x': [lines.sku]}", {"type": "array"}),
        ("{'x': lines[sku = 'a'].sku}", TEXT),
        ("{'x': code}", TEXT),
        ("{'x': name}", {"enum": ["a", "b"]}),
        ("{'x': name}", {"type": "string", "pattern": "^[A-Z]+$"}),
        ("{'x': $number(name)}", {"type": "integer"}),
        ("{'x': $string(id / 100)}", DECIMAL),
        ("{'x': $string($round(id / 3, 2))}", DECIMAL),
        ("{'x': $formatNumber(id / 3, '0.00')}", DECIMAL),
        ("{'x': $string(id / 3)}", TEXT),
        ("{'x': {'y': 1}}", {"anyOf": [{"required": ["z"]}, {"required": ["y"]}]}),
        ("{'x': id}", {"oneOf": [TEXT, NUMBER]}),
        ("{'x': anything}", TEXT),
        ("{'x': $now()}", {"type": "string", "format": "date-time"}),
        ("{'x': {'y': lines[0].sku}}", {"required": ["y"]}),
    ],
)
def test_what_may_fit_is_not_told(text: str, target: Any) -> None:
    assert told(text, target) == []


def test_the_object_that_fits_best_tells_what_is_wrong() -> None:
    circle = {"type": "object", "required": ["kind", "radius"], "properties": {"kind": {"const": "circle"}}}
    square = {"type": "object", "required": ["kind", "side"], "properties": {"kind": {"const": "square"}}}
    problems = told("{'x': {'kind': 'square'}}", {"oneOf": [circle, square]})
    assert [(problem.kind, problem.expected) for problem in problems] == [("unset", "the required field 'x.side'")]

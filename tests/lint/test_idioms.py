"""The usual ways of saying things in JSONata have no findings: one mapping a line in `mappings/idioms.txt`."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contracts.types import SchemaTypes
from engine.jsonata.resolve import parse_expression
from engine.jsonata.types.compare import compare
from engine.jsonata.types.infer import Given, infer
from tests.lint.mapping_cases import FOLDER

IDIOMS = (FOLDER / "idioms.txt").read_text(encoding="utf-8").splitlines()

SOURCE: Any = {
    "type": "object",
    "required": ["id", "name", "total", "lines", "kind"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "nick": {"type": ["string", "null"]},
        "total": {"type": "number"},
        "opt": {"type": "number"},
        "onum": {"type": ["number", "null"]},
        "kind": {"enum": ["A", "B"]},
        "flag": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": ["string", "null"]}},
        "addr": {
            "type": ["object", "null"],
            "required": ["city"],
            "properties": {
                "city": {"type": "string"},
                "zip": {"type": "string"},
                "geo": {"type": "object", "properties": {"lat": {"type": "number"}}},
            },
        },
        "ids": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["scheme"],
                "properties": {"scheme": {"type": "string"}, "value": {"type": ["string", "null"]}},
            },
        },
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["sku", "qty"],
                "properties": {
                    "sku": {"type": "string"},
                    "qty": {"type": "integer"},
                    "price": {"type": "number"},
                    "sub": {
                        "type": "array",
                        "items": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
                    },
                },
            },
        },
    },
}
TARGET: Any = {
    "type": "object",
    "additionalProperties": False,
    "required": ["x"],
    "properties": {
        "x": {"type": "string"},
        "n": {"type": "number"},
        "l": {"type": "array", "items": {"type": "string"}},
        "b": {"type": "boolean"},
        "o": {"type": "object"},
        "e": {"enum": ["a", "b"]},
        "discountPercent": {"type": "number"},
    },
}


def _type(schema: Any) -> Any:
    return SchemaTypes(lambda address: {}[address]).type_of(schema, schema)


@pytest.mark.parametrize("text", IDIOMS)
def test_an_idiom_has_no_findings(text: str) -> None:
    made = infer(parse_expression(text), Given(_type(SOURCE)))
    assert [*made.problems, *compare(made.type, _type(TARGET), 0)] == []

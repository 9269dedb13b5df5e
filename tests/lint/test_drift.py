"""What a vendor sends, against the contract that we have of it (CAN-12)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from engine.lint.drift import drift_of
from engine.lint.shapes import Shapes, shape_of

CONTRACT: Mapping[str, Any] = {
    "type": "object",
    "required": ["id", "lines"],
    "properties": {
        "id": {"type": "integer"},
        "note": {"type": ["string", "null"]},
        "total": {"type": "number"},
        "customer": {"$ref": "#/$defs/customer"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
        "any": {},
    },
    "$defs": {
        "line": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}},
        "customer": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"name": {"type": "string"}},
        },
    },
}
RIGHT: Mapping[str, Any] = {
    "id": 1,
    "note": None,
    "total": Decimal("19.90"),
    "customer": {"name": "Harbor"},
    "lines": [{"sku": "A"}, {"sku": "B"}],
    "any": {"what": ["ever"]},
}


def drift(*documents: Any) -> list[tuple[str, str, int, str]]:
    found = drift_of(shape_of(CONTRACT), documents, Shapes(lambda uri: {}))
    return [(each.kind, each.path, each.seen, each.found or ("required" if each.required else "")) for each in found]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in RIGHT.items() if key != name}


@pytest.mark.parametrize("total", [Decimal("19.90"), Decimal("20.0"), 20])
def test_what_the_contract_has_is_no_drift(total: object) -> None:
    assert drift(RIGHT, {**RIGHT, "total": total, "note": "soon"}) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"gift": True}, [("new", "gift", 1, "")]),
        ({"customer": {"name": "x", "vip": True}}, [("new", "customer.vip", 1, "")]),
        ({"lines": [{"sku": "A", "bin": 1}, {"sku": "B", "bin": 2}]}, [("new", "lines[].bin", 1, "")]),
        ({"id": "1"}, [("retyped", "id", 1, "string")]),
        ({"id": Decimal("1.5")}, [("retyped", "id", 1, "number")]),
        ({"note": {"text": "x"}}, [("retyped", "note", 1, "object")]),
        ({"total": None}, [("retyped", "total", 1, "null")]),
        ({"total": True}, [("retyped", "total", 1, "boolean")]),
        ({"lines": [{"sku": 5}]}, [("retyped", "lines[].sku", 1, "integer")]),
    ],
)
def test_what_is_new_or_retyped_is_told_by_path(
    changed: Mapping[str, Any], expected: list[tuple[str, str, int, str]]
) -> None:
    assert drift(RIGHT, {**RIGHT, **changed}) == expected


def test_what_no_document_has_is_missing() -> None:
    assert drift(without("note"), without("note")) == [("missing", "note", 0, "")]
    assert drift(without("id"), without("id")) == [("missing", "id", 0, "required")]
    assert drift({**RIGHT, "lines": [{}]}) == [("missing", "lines[].sku", 0, "required")]
    assert drift(RIGHT, without("note")) == []


def test_what_could_not_have_been_there_is_not_missing() -> None:
    assert drift({**RIGHT, "lines": []}) == []
    assert [each[1] for each in drift(without("customer"))] == ["customer"]


def test_a_document_of_another_kind_is_no_field() -> None:
    assert drift([RIGHT], "text", None) == []


def test_address_that_stands_where_a_name_should_is_not_shown() -> None:
    addresses = {"dana@northwind.example": 1, "sam@harbor.example": {"note": "x"}}
    found = drift_of(shape_of(CONTRACT), [{**RIGHT, **addresses}], Shapes(lambda uri: {}))
    assert [(each.kind, each.path, each.seen) for each in found] == [("new", "*", 1)]

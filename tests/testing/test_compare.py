"""Differences name the field, and say what was expected and what came."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.testing.compare import differences, lacking


def told(expected: Any, got: Any) -> list[str]:
    return [str(difference) for difference in differences(expected, got, "doc")]


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (1, True),
        (0, False),
        (1, Decimal("1.0")),
        (Decimal("19.90"), Decimal("19.9")),
        ("1", 1),
        (None, "null"),
        ({}, []),
        ([], None),
    ],
)
def test_values_that_are_written_differently_differ(expected: Any, got: Any) -> None:
    assert len(told(expected, got)) == 1
    assert told(expected, expected) == []


def test_each_field_that_differs_is_named_by_its_path() -> None:
    expected = {"a": [{"b": 1}, {"b": 2}], "odd name": 1, "same": "x"}
    got = {"a": [{"b": 1}, {"b": 3, "c": None}, 4], "odd name": 2, "same": "x"}
    assert told(expected, got) == [
        "doc.a[1].b: expected 2, got 3",
        "doc.a[1].c: expected nothing, got null",
        "doc.a[2]: expected nothing, got 4",
        "doc.`odd name`: expected 1, got 2",
    ]


def test_document_contains_fields_and_items_in_any_order() -> None:
    got = {"id": 1, "lines": [{"n": 1, "sku": "a"}, {"n": 2, "sku": "b"}]}
    assert list(lacking({"lines": [{"sku": "b"}, {"n": 1}]}, got, "doc")) == []
    (difference,) = lacking({"lines": [{"sku": "c"}]}, got, "doc")
    assert (difference.path, difference.expected) == ("doc.lines", 'an item {"sku":"c"}')
    assert [str(one) for one in lacking({"no": 1}, got, "doc")] == ["doc.no: expected 1, got nothing"]


def test_long_values_are_cut() -> None:
    (difference,) = differences("x" * 1000, "y", "doc")
    assert len(difference.expected) == 300

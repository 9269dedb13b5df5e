"""`$string`: exact text of any value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.stringify import string
from engine.jsonata.missing import MISSING


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (820982911946154508, "820982911946154508"),
        (Decimal("19.90"), "19.90"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E+21"), "1e+21"),
        (Decimal("1.5E-7"), "1.5e-7"),
        (Decimal("0.1234567890123456789012345"), "0.1234567890123456789012345"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333333333333"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1e-7, "1e-7"),
        (0.000001, "0.000001"),
        (-0.0, "0"),
    ],
)
def test_numbers_are_written_with_their_digits(value: Any, text: str) -> None:
    assert string(value) == text


def test_containers_are_compact_json() -> None:
    value = {"a": [1, Decimal("2.50"), 'x\n"é'], "b": {}, "c": [], "d": None, "e": True, "f": len, "g": MISSING}
    assert string(value) == '{"a":[1,2.50,"x\\n\\"é"],"b":{},"c":[],"d":null,"e":true,"f":""}'


def test_prettify_indents_by_two_spaces() -> None:
    assert string({"a": [1, {"b": 2}], "c": []}, True) == (
        '{\n  "a": [\n    1,\n    {\n      "b": 2\n    }\n  ],\n  "c": []\n}'
    )


def test_lone_surrogates_are_escaped() -> None:
    assert string(["\ud83d", "\U0001f600"]) == '["\\ud83d","\U0001f600"]'


def test_functions_are_empty_and_missing_stays_missing() -> None:
    assert string(len) == ""
    assert string(MISSING) is MISSING


def test_infinity_has_no_text() -> None:
    for value, code in ((float("inf"), "D3001"), (float("nan"), "D3001"), ([float("inf")], "D1001")):
        with pytest.raises(FunctionError) as caught:
            string(value)
        assert caught.value.code == code

"""`$formatInteger` and `$parseInteger`."""

from __future__ import annotations

from decimal import Decimal as D
from math import isnan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.integerpicture import format_integer, parse_integer
from engine.jsonata.missing import MISSING


@pytest.mark.parametrize(
    ("value", "picture", "text"),
    [
        (7, "000", "007"),
        (1234567, "#,##0", "1,234,567"),
        (1234567, "#.##0", "1.234.567"),
        (123456, "##:##,00", "12:34,56"),
        (-7, "00", "-07"),
        (D("12.9"), "0", "12"),
        (22, "1;o", "22nd"),
        (112, "1;o", "112th"),
        (25, "\u0660\u0660\u0660", "\u0660\u0662\u0665"),
        (28, "a", "ab"),
        (703, "A", "AAA"),
        (1999, "I", "MCMXCIX"),
        (4, "i", "iv"),
        (0, "w", "zero"),
        (123, "Ww", "One Hundred and Twenty-Three"),
        (2018, "w;o", "two thousand and eighteenth"),
        (1_000_020, "W;o", "ONE MILLION AND TWENTIETH"),
        (10**15, "w", "one thousand trillion"),
    ],
)
def test_integers_are_written_as_the_picture_says(value: Any, picture: str, text: str) -> None:
    assert format_integer(value, picture) == text


@pytest.mark.parametrize(
    ("text", "picture", "value"),
    [
        ("1,234,567", "#,##0", 1234567),
        ("1.234", "#.##0", 1234),
        ("22nd", "1;o", 22),
        ("\u0660\u0662\u0665", "\u0660\u0660\u0660", 25),
        ("mcmxcix", "i", 1999),
        ("AAA", "A", 703),
        ("One hundred and twenty-third", "w;o", 123),
        ("two million, three hundred and one thousand", "w", 2_301_000),
    ],
)
def test_written_integers_are_read(text: str, picture: str, value: int) -> None:
    assert parse_integer(text, picture) == value


@given(st.integers(1, 10**12), st.sampled_from(["0", "#,##0", "a", "A", "w", "Ww", "w;o", "#,##0;o"]))
def test_what_is_written_is_read_back(value: int, picture: str) -> None:
    assert parse_integer(format_integer(value, picture), picture) == value


@given(st.integers(1, 4000))
def test_roman_numerals_are_read_back(value: int) -> None:
    assert parse_integer(format_integer(value, "I"), "I") == value


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: format_integer(1, "#"), "D3130"),
        (lambda: format_integer(1, "1\u0660"), "D3131"),
        (lambda: format_integer(10**9, "I"), "D1001"),
        (lambda: format_integer(float("inf"), "i"), "D1001"),
        (lambda: format_integer(float("nan"), "w"), "D1001"),
        (lambda: format_integer(1, MISSING), "T0410"),
        (lambda: format_integer(float("nan"), "x"), "D3130"),
        (lambda: parse_integer("1", "x"), "D3130"),
        (lambda: parse_integer("1", MISSING), "T0410"),
        (lambda: parse_integer("1", "\u0660"), "D3030"),
    ],
)
def test_wrong_arguments_are_refused(call: Any, code: str) -> None:
    with pytest.raises(FunctionError) as caught:
        call()
    assert caught.value.code == code


def test_missing_stays_missing() -> None:
    assert format_integer(MISSING, "0") is MISSING
    assert parse_integer(MISSING, "0") is MISSING


def test_text_that_is_no_number_is_nan() -> None:
    for text, picture in (("many", "w"), ("abc", "0"), ("xyz", "i"), ("iv", "I"), ("", "0")):
        assert isnan(parse_integer(text, picture))
    assert parse_integer("a1", "a") == -21  # letters count by their distance from the first


def test_nan_and_infinity_are_written_as_the_reference_writes_them() -> None:
    values = [format_integer(float(name), picture) for name, picture in (("nan", "0"), ("nan", "0000"), ("-inf", "0"))]
    assert values == ["NaN", "0NaN", "-Infinity"]
    assert format_integer(float("nan"), "i") == ""


def test_separators_stand_where_the_picture_has_them_even_for_short_numbers() -> None:
    assert format_integer(7, "0-0-0") == "0-0-7"
    assert format_integer(7, "-1.5") == "-0.7"
    assert format_integer(3, "#,##,##0") == ",3"

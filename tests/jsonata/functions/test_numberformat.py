"""`$formatNumber` and `$formatBase`."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.numberformat import format_base, format_number
from engine.jsonata.missing import MISSING


@pytest.mark.parametrize(
    ("value", "picture", "text"),
    [
        (D("12345.678"), "#,##0.00", "12,345.68"),
        (D("-12345.678"), "#,##0.00;(#,##0.00)", "(12,345.68)"),
        (-5, "0", "-5"),
        (D("0.14"), "01%", "14%"),
        (D("0.1234"), "0.0\u2030", "123.4\u2030"),
        (D("1.5"), "0", "2"),
        (D("2.5"), "0", "2"),
        (1234567, "#,##,##0", "12,34,567"),
        (12, "#,##,##0", ",,12"),
        (D("1234.5678"), "0.00,00", "1234.56,78"),
        (1234, "00.000e0", "12.340e2"),
        (0, "0.0e0", "0.0e0"),
        (D("0.001234"), "0.0e00", "1.2e-03"),
        (5, "#.##", "5.0"),
        (0, "#", "0"),
        (7, "$000 each", "$007 each"),
        (12345678901234567890123, "#,##0", "12,345,678,901,234,567,890,123"),
        (D("123456789012345678.905"), "0.00", "123456789012345678.90"),
        (0.1, "0.00000000000000000000", "0.10000000000000000000"),
    ],
)
def test_numbers_are_written_digit_for_digit(value: Any, picture: str, text: str) -> None:
    assert format_number(value, picture) == text


def test_options_replace_symbols() -> None:
    german = {"decimal-separator": ",", "grouping-separator": "."}
    assert format_number(D("1234.5"), "#.##0,00", german) == "1.234,50"
    assert format_number(25, "\u0660\u0660\u0660", {"zero-digit": "\u0660"}) == "\u0660\u0662\u0665"


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        ("0;0;0", "D3080"),
        ("0.0.0", "D3081"),
        ("0%%", "D3082"),
        ("0\u2030\u2030", "D3083"),
        ("0%\u2030", "D3084"),
        (".", "D3085"),
        ("0x0", "D3086"),
        ("0,.0", "D3087"),
        ("0,", "D3088"),
        ("0,,0", "D3089"),
        ("0#", "D3090"),
        ("0.#0", "D3091"),
        ("0e0%", "D3092"),
        ("0e", "D3093"),
    ],
)
def test_wrong_pictures_are_refused(picture: str, code: str) -> None:
    with pytest.raises(FunctionError) as caught:
        format_number(1, picture)
    assert caught.value.code == code


def test_infinity_and_nan_are_written_as_the_reference_writes_them() -> None:
    assert format_number(float("inf"), "0") == "Infinity"
    assert format_number(float("nan"), "0.0") == "-NaN.0"


def test_symbols_of_any_kind_are_taken_as_text() -> None:
    assert format_number(D("-0.5"), "0%", {"decimal-separator": 1}) == "-50%"
    with pytest.raises(FunctionError) as caught:
        format_number(1, "0", {"decimal-separator": []})
    assert caught.value.code == "T0410"
    with pytest.raises(FunctionError) as caught:
        format_number(1, "0.0", {"zero-digit": ""})
    assert caught.value.code == "D3085"


def test_bases() -> None:
    assert [format_base(255), format_base(255, 16), format_base(-255, 2), format_base(D("35.5"), 36)] == [
        "255",
        "ff",
        "-11111111",
        "10",
    ]
    assert int(format_base(820982911946154508, 7), 7) == 820982911946154508
    assert format_base(MISSING) is MISSING
    for radix in (1, 37):
        with pytest.raises(FunctionError) as caught:
            format_base(1, radix)
        assert caught.value.code == "D3100"

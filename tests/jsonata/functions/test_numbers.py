"""`$number`, rounding, roots and powers."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.numbers import abs_, ceil, floor, number, power, random, round_, sqrt
from engine.jsonata.missing import MISSING


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("820982911946154508", "820982911946154508"),
        ("19.90", "Decimal('19.90')"),
        ("-5", "-5"),
        ("1e3", "Decimal('1E+3')"),
        ("0x1F", "31"),
        ("0b101", "5"),
        ("0o17", "15"),
        (True, "1"),
        (False, "0"),
        (D("1.50"), "Decimal('1.50')"),
    ],
)
def test_number_is_exact(value: Any, result: str) -> None:
    assert repr(number(value)) == result


@pytest.mark.parametrize(
    "value", ["", " 1", "1.", ".5", "+1", "abc", "0x", "Infinity", "1e1000", "9" * 1001, None, [], {}]
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(FunctionError) as caught:
        number(value)
    assert caught.value.code == "D3030"


@pytest.mark.parametrize(
    ("value", "places", "result"),
    [
        (D("2.5"), 0, 2),
        (D("3.5"), 0, 4),
        (D("-2.5"), 0, -2),
        (D("1.005"), 2, 1),
        (D("1.015"), 2, D("1.02")),
        (4.35, 1, D("4.4")),
        (12350, -2, 12400),
        (12450, -2, 12400),
        (D("0.49"), 0, 0),
        (D("123456789012345678901.235"), 2, D("123456789012345678901.24")),
        (1, 10**9, 1),
        (D("1.5"), 10**9, D("1.5")),
        (5, -(10**9), 0),
    ],
)
def test_rounding_is_half_to_even_and_exact(value: Any, places: int, result: Any) -> None:
    assert round_(value, places) == result


def test_floor_and_ceil_give_integers() -> None:
    assert [floor(D("-1.5")), ceil(D("-1.5")), floor(1.5), ceil(1.5), floor(7)] == [-2, -1, 1, 2, 7]


def test_abs_keeps_digits() -> None:
    assert repr(abs_(D("-19.90"))) == "Decimal('19.90')"


def test_roots_and_powers_are_doubles_or_integers() -> None:
    assert repr(sqrt(16)) == "4"
    assert sqrt(2) == 2**0.5
    assert repr(power(2, 10)) == "1024"
    assert power(2, D(-1)) == 0.5


@pytest.mark.parametrize(("call", "code"), [(lambda: sqrt(-1), "D3060"), (lambda: power(-1, 0.5), "D3061"),
                                            (lambda: power(100, 1000), "D3061")])  # fmt: skip
def test_results_that_do_not_exist_are_refused(call: Any, code: str) -> None:
    with pytest.raises(FunctionError) as caught:
        call()
    assert caught.value.code == code


def test_missing_stays_missing() -> None:
    for function in (number, abs_, floor, ceil, round_, sqrt):
        assert function(MISSING) is MISSING
    assert power(MISSING, 2) is MISSING


def test_random_comes_from_the_given_source() -> None:
    assert random(lambda: 0.25) == 0.25

"""Arithmetic that changes no digit."""

from __future__ import annotations

import math
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.jsonata.functions import exactmath
from engine.jsonata.functions.exactmath import add, divide, equal_numbers, less, multiply, remainder, subtract

decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)


def test_tenths_add_up() -> None:
    assert str(add(D("0.1"), D("0.2"))) == "0.3"


def test_results_are_tidy() -> None:
    assert repr(add(D("19.90"), D("0.10"))) == "20"
    assert repr(multiply(D("19.90"), 3)) == "Decimal('59.7')"
    assert repr(subtract(5, D("5.00"))) == "0"
    assert repr(divide(9, 3)) == "3"


def test_more_digits_than_the_default_context_has_stay() -> None:
    amount = D("123456789012345678901234567890.01")
    assert str(add(amount, D("0.01"))) == "123456789012345678901234567890.02"
    assert str(multiply(amount, 10**10)) == "1234567890123456789012345678900100000000"


def test_clean_floats_count_as_decimals_and_noisy_ones_stay_floats() -> None:
    assert repr(add(9.95, D("0.05"))) == "10"
    assert isinstance(add(1 / 3, D("0.5")), float)


def test_division_is_a_double_unless_integers_divide_without_rest() -> None:
    assert divide(1, 3) == 1 / 3
    assert divide(820982911946154508, 2) == 410491455973077254
    assert divide(1, 0) == math.inf
    assert divide(-1, 0) == -math.inf
    assert divide(10**400, 0) == math.inf  # which no double holds
    assert math.isnan(float(divide(0, 0)))
    assert divide(D("1E-400"), D("1E-399")) == 0.1
    assert divide(10**400, 10**399 + 1) == 10


def test_remainder_has_the_sign_of_the_dividend() -> None:
    assert [remainder(7, 3), remainder(-7, 3), remainder(7, -3)] == [1, -1, 1]
    assert remainder(D("5.5"), 2) == D("1.5")
    assert math.isnan(float(remainder(1, 0)))


def test_floats_compare_with_decimals_by_their_shortest_text() -> None:
    assert equal_numbers(0.1, D("0.1"))
    assert equal_numbers(D("0.1"), 0.1)
    assert not less(0.1, D("0.1"))
    assert less(0.1, D("0.11"))
    assert less(D("0.09"), 0.1)


@given(decimals, decimals)
def test_subtracting_what_was_added_gives_the_same_number(left: D, right: D) -> None:
    assert subtract(add(left, right), right) == left


@pytest.mark.parametrize("value", [1.0, -3.0, 2.0**52])
def test_integral_floats_below_the_safe_limit_become_ints(value: float) -> None:
    assert isinstance(exactmath.tidy_float(value), int)
    assert isinstance(exactmath.tidy_float(1e16), float)

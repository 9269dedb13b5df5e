"""Aggregates over arrays of numbers."""

from __future__ import annotations

from decimal import Decimal as D

from engine.jsonata.functions.aggregates import average, count, max_, min_, sum_
from engine.jsonata.missing import MISSING


def test_sum_is_exact() -> None:
    assert repr(sum_([D("0.1"), D("0.2")])) == "Decimal('0.3')"
    assert repr(sum_([D("19.90"), D("0.10")])) == "20"
    assert sum_([820982911946154508, 1]) == 820982911946154509
    assert sum_([D("0.01")] * 1000) == 10
    assert sum_([]) == 0


def test_sum_of_floats_adds_in_order() -> None:
    assert sum_([0.1, 0.2]) == 0.1 + 0.2
    assert repr(sum_([0.5, D("0.25")])) == "Decimal('0.75')"


def test_extremes_keep_their_digits() -> None:
    assert repr(max_([1, D("19.90"), 2.5])) == "Decimal('19.90')"
    assert repr(min_([D("1.50"), 2])) == "Decimal('1.50')"
    assert max_([]) is MISSING
    assert min_([]) is MISSING


def test_average_divides_the_exact_total() -> None:
    assert average([D("0.1"), D("0.2")]) == 0.15
    assert repr(average([1, 2, 3])) == "2"
    assert average([]) is MISSING


def test_missing_counts_nothing() -> None:
    assert count(MISSING) == 0
    assert count([1, None]) == 2
    for function in (sum_, max_, min_, average):
        assert function(MISSING) is MISSING

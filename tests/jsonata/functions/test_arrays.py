"""Array functions."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from engine.jsonata.functions.arrays import append, distinct, reverse, shuffle, sort, zip_
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING


def test_append_makes_arrays_of_values() -> None:
    assert append([1], [2]) == [1, 2]
    assert append(1, 2) == [1, 2]
    assert append(1, MISSING) == 1
    with pytest.raises(FunctionError) as caught:
        append([1, 2], [3], limit=2)
    assert caught.value.code == "D2015"


def test_distinct_keeps_the_first_of_equal_values() -> None:
    values: list[Any] = [1, D("1.0"), True, "1", 1.0, {"a": 1, "b": 2}, {"b": 2, "a": 1}, [1], [D("1.00")], None, None]
    assert distinct(values) == [1, True, "1", {"a": 1, "b": 2}, [1], None]
    assert distinct(["b", "a", "b"]) == ["b", "a"]
    assert isinstance(distinct(Sequence([1, 1])), Sequence)
    assert distinct(5) == 5


def test_sort_orders_numbers_by_value_and_text_by_units() -> None:
    assert sort([3, D("2.5"), 0.1, -1]) == [-1, 0.1, D("2.5"), 3]
    assert sort(["\uff61", "\U0001f600", "a"]) == ["a", "\U0001f600", "\uff61"]


def test_sort_is_stable_and_asks_like_a_merge_sort() -> None:
    rows = [{"k": 2, "n": 1}, {"k": 1, "n": 2}, {"k": 2, "n": 3}, {"k": 1, "n": 4}]
    assert [row["n"] for row in sort(rows, lambda a, b: a["k"] > b["k"])] == [2, 4, 1, 3]
    assert sort([1, 2, 3], lambda a, b: True) == [3, 2, 1]


def test_sort_without_comparator_refuses_mixed_values() -> None:
    for values in ([1, "a"], [True, False], [{}, {}]):
        with pytest.raises(FunctionError) as caught:
            sort(values)
        assert caught.value.code == "D3070"


def test_zip_stops_at_the_shortest() -> None:
    assert zip_([1, 2], [3, 4, 5]) == [[1, 3], [2, 4]]
    assert zip_([1], MISSING) == []


def test_shuffle_and_reverse_leave_their_argument_alone() -> None:
    values = [1, 2, 3, 4]
    assert sorted(shuffle(values, lambda: 0.5)) == values
    assert reverse(values) == [4, 3, 2, 1]
    assert values == [1, 2, 3, 4]


def test_missing_stays_missing() -> None:
    assert reverse(MISSING) is MISSING
    assert sort(MISSING) is MISSING
    assert distinct(MISSING) is MISSING

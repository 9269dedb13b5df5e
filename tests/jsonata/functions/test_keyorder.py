"""The order of an object's keys."""

from __future__ import annotations

import pytest

from engine.jsonata.functions.keyorder import in_order, is_index


@pytest.mark.parametrize("key", ["0", "7", "42", "4294967294"])
def test_what_looks_like_an_array_index_is_one(key: str) -> None:
    assert is_index(key)


@pytest.mark.parametrize("key", ["", "a", "007", "-1", "1.5", "1e3", "4294967295", "99999999999", "\u0663", "1a"])
def test_other_keys_are_none(key: str) -> None:
    assert not is_index(key)


def test_indexes_come_first_by_number_and_the_others_stay_in_order() -> None:
    assert list(in_order({"b": 1, "10": 2, "a": 3, "9": 4, "09": 5})) == ["9", "10", "b", "a", "09"]


def test_an_object_in_order_is_left_as_it_is() -> None:
    for value in ({}, {"b": 1, "a": 2}, {"1a": 1, "0b": 2}):
        assert in_order(value) is value

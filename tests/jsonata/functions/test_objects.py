"""Functions on objects and on values of any type, and equality."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from engine.jsonata.functions import objects
from engine.jsonata.functions.equality import deep_equal, equality_key
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.objects import assert_ as check
from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING

VALUES: list[Any] = [1, 1.0, D("1.0"), True, "1", None, False, 0, "", [], {}, [1], [True], {"a": 1}, {"a": D(1)}, 0.1,
                     D("0.1"), [[]], len]  # fmt: skip


@pytest.mark.parametrize("value", [1, D("0.1"), "a", [0, 1], {"a": None}, True, [[1]]])
def test_true_values(value: Any) -> None:
    assert objects.boolean(value) is True
    assert objects.not_(value) is False


@pytest.mark.parametrize("value", [0, D("0.0"), 0.0, "", [], [0, ""], {}, None, False, len, float("nan")])
def test_false_values(value: Any) -> None:
    assert objects.boolean(value) is False
    assert objects.not_(value) is True


def test_keys_of_objects_come_once() -> None:
    assert objects.keys([{"a": 1, "b": 2}, {"b": 3, "c": 4}, 5]) == ["a", "b", "c"]
    assert isinstance(objects.keys({}), Sequence)


def test_lookup_in_arrays_flattens() -> None:
    assert objects.lookup({"a": None}, "a") is None
    assert objects.lookup({}, "a") is MISSING
    assert objects.lookup([{"a": [1, 2]}, {"b": 0}, {"a": 3}], "a") == [1, 2, 3]


def test_spread_and_merge_are_inverse() -> None:
    order = {"a": 1, "b": 2}
    assert objects.spread(order) == [{"a": 1}, {"b": 2}]
    assert objects.merge(objects.spread(order)) == order
    assert objects.spread("x") == "x"
    assert objects.spread([order, 3]) == [{"a": 1}, {"b": 2}, 3]


def test_types_have_names() -> None:
    values = [None, 1, D(1), 1.5, "a", True, [], {}, len]
    names = ["null", "number", "number", "number", "string", "boolean", "array", "object", "function"]
    assert [objects.type_of(value) for value in values] == names
    assert objects.type_of(MISSING) is MISSING


def test_error_and_assert_carry_their_message() -> None:
    with pytest.raises(FunctionError, match="no stock") as caught:
        objects.error("no stock")
    assert caught.value.code == "D3137"
    with pytest.raises(FunctionError) as caught:
        check(False)
    assert caught.value.code == "D3141"
    assert check(True) is MISSING


def test_equality_is_by_value_and_type() -> None:
    assert deep_equal(1, D("1.0"))
    assert deep_equal(1.0, 1)
    assert deep_equal(0.1, D("0.1"))
    assert not deep_equal(True, 1)
    assert not deep_equal(0, False)
    assert not deep_equal([], {})
    assert not deep_equal(None, 0)
    assert deep_equal({"a": [1, {"b": None}]}, {"a": [D(1), {"b": None}]})
    assert not deep_equal({"a": 1}, {"b": 1})
    assert deep_equal(len, len)


def test_keys_agree_with_equality() -> None:
    for left in VALUES:
        for right in VALUES:
            assert deep_equal(left, right) == (equality_key(left) == equality_key(right)), (left, right)

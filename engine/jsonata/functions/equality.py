"""Deep equality of values and hashable keys that agree with it."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

from engine.jsonata.functions.exactmath import equal_numbers
from engine.jsonata.missing import MISSING

_PLAIN: Final = frozenset({str, int, bool, type(None), Decimal, float})
_NUMBERS: Final = frozenset({int, Decimal, float})


def deep_equal(left: Any, right: Any) -> bool:
    """Whether two values are equal: numbers by value (1 = 1.0), true is not 1, functions only if the same."""
    kind = type(left)
    if kind is type(right) and kind in _PLAIN:
        return bool(left == right)
    if kind in _NUMBERS and type(right) in _NUMBERS:
        return equal_numbers(left, right)
    if left is right:
        return left is not MISSING
    if callable(left):
        return same_function(left, right)
    if isinstance(left, (list, tuple)):
        return isinstance(right, (list, tuple)) and _equal_arrays(left, right)
    if isinstance(left, dict):
        return isinstance(right, dict) and _equal_objects(left, right)
    return False


def same_function(left: Any, right: Any) -> bool:
    """Whether two values are the same built-in function."""
    function = getattr(left, "function", None)
    return function is not None and function is getattr(right, "function", None) and left.__class__ is right.__class__


def _equal_arrays(left: list[Any] | tuple[Any, ...], right: list[Any] | tuple[Any, ...]) -> bool:
    return len(left) == len(right) and all(map(_equal_items, left, right))


def _equal_items(left: Any, right: Any) -> bool:
    return deep_equal(left, right) or (left is MISSING and right is MISSING)


def _equal_objects(left: dict[str, Any], right: dict[str, Any]) -> bool:
    if len(left) != len(right):
        return False
    for key, item in left.items():
        other = right.get(key, MISSING)
        if not deep_equal(item, other) and (item is not MISSING or key not in right):
            return False
    return True


def equality_key(value: Any) -> Any:
    """A hashable key, equal for exactly the values that `deep_equal` finds equal (NaN equals nothing)."""
    kind = type(value)
    if kind is str or kind is int or kind is Decimal:
        return value
    if kind is float:
        return Decimal(repr(value)) if math.isfinite(value) else (float, object() if math.isnan(value) else value)
    if isinstance(value, (list, tuple)):
        return (list, tuple(map(equality_key, value)))
    if isinstance(value, dict):
        return (dict, frozenset((key, equality_key(item)) for key, item in value.items()))
    if value is None or value is True or value is False:
        return (bool, value)
    return (object, id(value))

"""Comparing what the compiler gives with what the reference, which calculates in doubles, is on record for."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from engine.jsonata import MISSING

TOLERANCE = 1e-13


def as_reference(value: Any) -> Any:
    """A value in the reference's terms: numbers as doubles, missing and functions as JSON writes them."""
    if value is MISSING:
        return None
    if isinstance(value, list):
        return [as_reference(item) for item in value]
    if isinstance(value, dict):
        return {key: as_reference(item) for key, item in value.items() if item is not MISSING and not callable(item)}
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float | Decimal):
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None
    return None


def same(left: Any, right: Any, unordered: bool = False) -> bool:
    """Whether two values in the reference's terms are equal, up to the rounding of doubles."""
    if isinstance(left, float) and isinstance(right, float):
        return left == right or abs(left - right) <= TOLERANCE * max(abs(left), abs(right))
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return False
        if unordered:
            return all(any(same(one, other) for other in right) for one in left)
        return all(same(one, other) for one, other in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)

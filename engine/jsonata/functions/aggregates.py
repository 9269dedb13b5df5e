"""Aggregates over arrays of numbers: exact on ints and Decimals, in order on floats."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.jsonata.functions.exactmath import EXACT, add, divide, less, tidy
from engine.jsonata.missing import MISSING


def sum_(values: Any) -> Any:
    """The total of an array of numbers, exact unless noisy floats take part; 0 for an empty array."""
    if values is MISSING:
        return MISSING
    kinds = set(map(type, values))
    if kinds <= {int}:
        return sum(values)
    if float in kinds:
        total: Any = 0.0 if kinds == {float} else 0
        for value in values:
            total = add(total, value)
        return total
    total = Decimal(0)
    plus = EXACT.add
    for value in values:
        total = plus(total, value)
    return tidy(total)


def count(values: Any) -> int:
    """How many items an array has; 0 where there is none."""
    return 0 if values is MISSING else len(values)


def max_(values: Any) -> Any:
    """The greatest number of an array, digits as they are; MISSING for an empty array."""
    if values is MISSING or not values:
        return MISSING
    if float not in set(map(type, values)):
        return max(values)
    result = values[0]
    for value in values:
        if less(result, value):
            result = value
    return result


def min_(values: Any) -> Any:
    """The least number of an array, digits as they are; MISSING for an empty array."""
    if values is MISSING or not values:
        return MISSING
    if float not in set(map(type, values)):
        return min(values)
    result = values[0]
    for value in values:
        if less(value, result):
            result = value
    return result


def average(values: Any) -> Any:
    """The exact total divided by the number of items as a double; MISSING for an empty array."""
    if values is MISSING or not values:
        return MISSING
    return divide(sum_(values), len(values))

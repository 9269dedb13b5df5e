"""The order-by of a path: stable, by several terms, numbers and strings, missing values last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from engine.jsonata.errors import ExpressionError
from engine.jsonata.functions.arrays import merge_sorted, text_order
from engine.jsonata.functions.equality import deep_equal
from engine.jsonata.functions.exactmath import exact
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.operators import NUMBERS, precedes
from engine.jsonata.runtime.sequences import collapse_fresh
from engine.jsonata.runtime.state import State

Term = tuple[Callable[[Any], Any], bool]
_SURROGATES = "\ud800"


def order(items: Any, terms: Sequence[Term], state: State) -> list[Any]:
    """The items in order of `terms` (value function, descending). Raises T2008 or T2007 for what cannot be compared."""
    values = list(items) if isinstance(items, list) else [] if items is MISSING else [items]
    state.poll()
    if len(values) < 2:
        return values
    try:
        return _ordered(values, terms, 0, state)
    except _Unlike:
        return merge_sorted(values, partial(_comes_after, terms, state))


class _Unlike(Exception):
    """The keys are not all numbers or all strings: whether that is an error depends on which ones meet."""


def _comes_after(terms: Sequence[Term], state: State, left: Any, right: Any) -> bool:
    """Whether `left` belongs behind `right`, as the reference compares. Raises T2008 or T2007."""
    state.budget -= 1
    if state.budget < 0:
        state.poll()
    for key_of, descending in terms:
        one, other = key_of(left), key_of(right)
        if one is MISSING or other is MISSING:
            if one is not other:
                return one is MISSING
            continue
        for key in (one, other):
            if key.__class__ is not str and key.__class__ not in NUMBERS:
                raise ExpressionError("T2008", value=key)
        if (one.__class__ is str) is not (other.__class__ is str):
            raise ExpressionError("T2007", value=one, value2=other)
        if not deep_equal(one, other):
            return precedes(one, other) is descending
    return False


def ordered_result(items: list[Any]) -> Any:
    """The value of a path that ends in an order-by: an array, collapsed only if nothing had to be ordered."""
    return items if len(items) > 1 else collapse_fresh(items)


def _ordered(items: list[Any], terms: Sequence[Term], depth: int, state: State) -> list[Any]:
    key_of, descending = terms[depth]
    keys = [key_of(item) for item in items]
    state.poll()
    convert = _conversion(keys)
    pairs = [(convert(key), item) for key, item in zip(keys, items, strict=True) if key is not MISSING]
    pairs.sort(key=_first, reverse=descending)
    absent = [item for key, item in zip(keys, items, strict=True) if key is MISSING]
    if depth + 1 == len(terms):
        return [item for _, item in pairs] + absent
    result: list[Any] = []
    start = 0
    for end in range(1, len(pairs) + 1):
        if end == len(pairs) or pairs[end][0] != pairs[start][0]:
            result += _ties([item for _, item in pairs[start:end]], terms, depth + 1, state)
            start = end
    return result + _ties(absent, terms, depth + 1, state)


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def _ties(items: list[Any], terms: Sequence[Term], depth: int, state: State) -> list[Any]:
    return _ordered(items, terms, depth, state) if len(items) > 1 else items


def _conversion(keys: list[Any]) -> Callable[[Any], Any]:
    """What makes the keys comparable. Raises _Unlike if they are not all strings or all numbers, or if one is NaN."""
    if sum(key is not MISSING for key in keys) < 2:
        return _same
    kinds = {key.__class__ for key in keys if key is not MISSING}
    if str in kinds:
        if len(kinds) > 1:
            raise _Unlike
        wide = any(key is not MISSING and not key.isascii() and max(key) >= _SURROGATES for key in keys)
        return text_order if wide else _same
    if not kinds <= NUMBERS or (float in kinds and any(key != key for key in keys)):
        raise _Unlike
    return exact if float in kinds and Decimal in kinds else _same


def _same(key: Any) -> Any:
    return key

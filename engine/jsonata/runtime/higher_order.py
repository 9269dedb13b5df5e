"""Built-in functions that call functions: map, filter, reduce, single, each, sift."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.jsonata.errors import ExpressionError
from engine.jsonata.functions.errors import present
from engine.jsonata.functions.keyorder import in_order
from engine.jsonata.functions.objects import is_true
from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.calls import arity_of
from engine.jsonata.runtime.state import State


def map_(state: State, items: Any, function: Any) -> Any:
    """The results of the function for each item (value, index, array), without the missing ones."""
    if items is MISSING:
        return MISSING
    results = Sequence()
    for _, result in _applied(state, items, function):
        if result is not MISSING:
            results.append(result)
    return results


def filter_(state: State, items: Any, function: Any) -> Any:
    """The items for which the function is true."""
    if items is MISSING:
        return MISSING
    return Sequence(item for item, result in _applied(state, items, function) if is_true(result))


def single(state: State, items: Any, function: Any = MISSING) -> Any:
    """The one item for which the function is true; raises D3138 if there are more, D3139 if there is none."""
    if items is MISSING:
        return MISSING
    found: list[Any] = []
    answers = ((item, True) for item in items) if function is MISSING else _applied(state, items, function)
    for item, result in answers:
        if is_true(result):
            if found:
                raise ExpressionError("D3138")
            found.append(item)
    if not found:
        raise ExpressionError("D3139")
    return found[0]


def reduce(state: State, items: Any, function: Any, initial: Any = MISSING) -> Any:
    """Fold the items into one value (previous, value, index, array); raises D3050 for a function of one argument."""
    if items is MISSING:
        return MISSING
    arity = arity_of(function)
    if arity < 2:
        raise ExpressionError("D3050")
    start, result = (1, items[0]) if initial is MISSING and items else (0, initial)
    for index in range(start, len(items)):
        extra = (index, items)[: max(arity - 2, 0)]
        result = function(result, items[index], *extra)
    return result


def each(state: State, value: Any, function: Any = MISSING) -> Any:
    """The results of the function for each field (value, key, object)."""
    results = Sequence()
    if isinstance(value, dict) and value:
        call = _caller(present(function, 2), value)
        for key, item in in_order(value).items():
            result = call(item, key)
            if result is not MISSING:
                results.append(result)
    return results


def sift(state: State, value: Any, function: Any = MISSING) -> Any:
    """The object of those fields for which the function is true, missing if there are none."""
    if not isinstance(value, dict) or not value:
        return MISSING
    call = _caller(present(function, 2), value)
    return {key: item for key, item in in_order(value).items() if is_true(call(item, key))} or MISSING


def _applied(state: State, items: list[Any], function: Any) -> Iterator[tuple[Any, Any]]:
    state.check_length(len(items))
    call = _caller(function, items)
    for index, item in enumerate(items):
        yield item, call(item, index)


def _caller(function: Any, container: Any) -> Callable[[Any, Any], Any]:
    """The function as one of value and position, given as many arguments as it takes."""
    arity = arity_of(function)
    if arity >= 3:
        return lambda item, place: function(item, place, container)
    if arity == 2:
        return lambda item, place: function(item, place)
    return lambda item, place: function(item)

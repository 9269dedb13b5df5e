"""Smaller helpers of compiled code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Any

from engine.jsonata.errors import ExpressionError
from engine.jsonata.functions.regexes import Regex
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.operators import NUMBERS
from engine.jsonata.runtime.sequences import each
from engine.jsonata.runtime.state import State
from engine.jsonata.runtime.steps import repeats
from engine.jsonata.runtime.transforming import Transformer

_TEXT = frozenset((str,))


def each_or_none(value: Any, state: State) -> Iterable[Any]:
    """The items a filter tests, where the test has to be made for nothing as well."""
    return (MISSING,) if value is MISSING else each(value, state)


def each_member(value: Any, state: State) -> Iterable[Any]:
    """The items that a grouping runs over: nothing at all counts as one item, so that a literal object is made."""
    if isinstance(value, list) and not value:
        return (MISSING,)
    return each_or_none(value, state)


def select(value: Any, condition: Callable[[Any], Any], into: list[Any], state: State) -> None:
    """Put the items that a condition keeps into a list."""
    size = len(value) if isinstance(value, list) else 1
    for index, item in enumerate(each_or_none(value, state)):
        for _ in range(repeats(condition(item), index, size)):
            if item is not MISSING:
                into.append(item)


def all_numbers(value: Any) -> bool:
    """Whether a value is an array of numbers."""
    return isinstance(value, list) and NUMBERS.issuperset(map(type, value))


def all_texts(value: Any) -> bool:
    """Whether a value is an array of strings."""
    return isinstance(value, list) and _TEXT.issuperset(map(type, value))


def timed(pattern: Regex, state: State) -> Regex:
    """A regular expression that may take half of the time that is left of the evaluation.

    Half, because the search counts processor time: on a busy machine that is less than the time on the wall.
    """
    return pattern.within(max((state.deadline - monotonic()) / 2, 0.001))


def not_a_function(name: str, known: bool, partially: bool = False) -> None:
    """Report a call of something that does not exist; a function of that name with `$` is suggested."""
    if partially:
        raise ExpressionError("T1007" if known else "T1008", token=name)
    raise ExpressionError("T1005" if known else "T1006", token=name)


def checked_transform(transformer: Transformer, clone: Any) -> Transformer:
    """A transform where a variable hides `$clone`."""
    if not callable(clone):
        transformer.broken = True
    return transformer


def evaluator(state: State, context: Any, variables: Mapping[str, Any]) -> Callable[..., Any]:
    """`$eval` as a function of an expression's text and a context, with the variables that it can see."""
    return state.environment.evaluator(state, context, variables)  # type: ignore[no-any-return]


def fold_start(value: Any, initial: Any) -> tuple[Any, Any]:
    """Where `$reduce` starts: the first result and the items still to go."""
    if value is MISSING:
        return MISSING, []
    items = value if isinstance(value, list) else [value]
    if initial is MISSING and items:
        return items[0], items[1:]
    return initial, items

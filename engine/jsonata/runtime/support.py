"""Smaller helpers of compiled code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from engine.jsonata.errors import ExpressionError
from engine.jsonata.functions.regexes import Regex
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.operators import NUMBERS
from engine.jsonata.runtime.state import State
from engine.jsonata.runtime.transforming import Transformer

_TEXT = frozenset((str,))
_OBJECT = frozenset((dict,))


def all_numbers(value: Any) -> bool:
    """Whether a value is an array of numbers."""
    return isinstance(value, list) and NUMBERS.issuperset(map(type, value))


def all_texts(value: Any) -> bool:
    """Whether a value is an array of strings."""
    return isinstance(value, list) and _TEXT.issuperset(map(type, value))


def all_objects(value: Any) -> bool:
    """Whether a value is an array of objects."""
    return isinstance(value, list) and _OBJECT.issuperset(map(type, value))


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

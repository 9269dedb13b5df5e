"""What filters and groupings run over: where there is nothing, they look at nothing as one item."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.sequences import each
from engine.jsonata.runtime.state import State
from engine.jsonata.runtime.steps import repeats


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
            into.append(item)
            state.dirty = state.dirty or item is MISSING

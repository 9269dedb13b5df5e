"""The kinds of list that JSONata tells apart, and how they flatten and collapse.

A plain `list` is an array of the data or of a constructor and is never collapsed. A `Sequence` is a selection: none is
missing, one is the item itself. Sequences exist only during an evaluation; `plain` turns what leaves into lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain
from typing import Any, Final

from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.state import State


class Kept(Sequence):
    """A sequence that stays an array even with a single item: the mark `[]` was on its path."""

    __slots__ = ()


class Whole(list[Any]):
    """An array constructor at the start or end of a path: a step keeps it in one piece."""

    __slots__ = ()


class Outer(Sequence):
    """An array as the input document: one item, not several."""

    __slots__ = ()


class Tuples(Sequence):
    """A stream of bindings: dicts with the context under `@` and variables under their names."""

    __slots__ = ()


COLLAPSIBLE = frozenset((Sequence, Kept, Outer))
LISTS = frozenset((list, Sequence, Kept, Outer, Whole, Tuples))
_OPENED = LISTS - {Whole}
_NO_ITEMS = LISTS | {type(MISSING)}
_GUARDED = 128


def each(value: Any, state: State) -> Iterable[Any]:
    """The items that a step runs over: of a list its items, of nothing none, of anything else the value itself."""
    if value is MISSING:
        return ()
    if not isinstance(value, list):
        return (value,)
    size = len(value)
    state.budget -= size
    if state.budget < 0:
        state.poll()
    return value if size < _GUARDED else chain.from_iterable(_watched(value, state))


def _watched(items: list[Any], state: State) -> Iterator[list[Any]]:
    """A long list in parts; the clock is looked at before each."""
    for start in range(0, len(items), _GUARDED):
        state.poll()
        yield items[start : start + _GUARDED]


def settle(results: list[Any], state: State) -> Any:
    """The value of a path from the results of its last step: flattened by one level, then collapsed."""
    size = len(results)
    if size == 1:
        only = results[0]
        kind = only.__class__
        if kind is list or kind is Whole or not isinstance(only, list):
            return only
        results = list(only)
    elif size == 0:
        return MISSING
    else:
        results = flatten(results, state)
    return collapse_fresh(results)


def settle_all(value: Any) -> Any:
    """What a sequence is worth in the end, as the value of a variable: sequences of one item inside each other too."""
    while value.__class__ is Sequence and len(value) == 1:
        value = value[0]
    return collapse(value)


def collapse_fresh(items: list[Any]) -> Any:
    """A sequence made of items that need no flattening, collapsed."""
    if len(items) > 1:
        return Sequence(items)
    return items[0] if items else MISSING


def state_of(results: list[Any], state: State) -> Any:
    """The results of a step in the middle of a path: nothing, the one item, or the list of items for the next step."""
    if len(results) == 1:
        only = results[0]
        if only.__class__ is dict:
            return only
        if only.__class__ is Sequence or only.__class__ is list:
            results = only
        elif not isinstance(only, list):
            return only
        else:
            results = flatten(results, state)
    else:
        results = flatten(results, state)
    if len(results) == 1 and not isinstance(results[0], list) and results[0] is not MISSING:
        return results[0]
    return results or MISSING


def settle_kept(results: list[Any], state: State) -> Any:
    """Like `settle`, for a path with the mark `[]`: a single item stays an array."""
    if len(results) == 1:
        only = results[0]
        if only.__class__ is list:
            return only
        if only.__class__ is Whole:
            return Kept([only])
    items = flatten(results, state)
    return Kept(items) if items else MISSING


def settle_sequence(results: list[Any], state: State) -> Any:
    """Like `settle_kept`, where the mark `[]` is that of the path as a whole: an array constructor stays as it is."""
    if len(results) == 1 and results[0].__class__ is Whole:
        return results[0]
    return settle_kept(results, state)


def settle_raw(results: list[Any], state: State) -> list[Any]:
    """Like `settle`, for a grouping: flattened, but still the list of all items."""
    if len(results) == 1 and (results[0].__class__ is list or results[0].__class__ is Whole):
        only: list[Any] = results[0]
        return only
    return flatten(results, state)


def flatten(results: list[Any], state: State) -> list[Any]:
    """The results of a step as the items of the next: lists are opened by one level, array constructors are not."""
    if _OPENED.isdisjoint(map(type, results)):
        state.check_length(len(results))
        return results
    items: list[Any] = []
    for result in results:
        if isinstance(result, list) and result.__class__ is not Whole:
            items.extend(result)
            state.check_length(len(items))
        else:
            items.append(result)
    return items


def collapse(value: Any) -> Any:
    """What a sequence is worth as the value of an expression."""
    kind = value.__class__
    if kind is Sequence or kind is Outer:
        if len(value) > 1:
            return value
        return value[0] if value else MISSING
    if kind is Kept and not value:
        return MISSING
    return value


def keep(value: Any) -> Any:
    """The same for an expression with the mark `[]`."""
    if value.__class__ is Sequence:
        return Kept(value) if value else MISSING
    return value


def resettle(value: Any) -> Any:
    """The value of a path that ended in a field which holds a sequence."""
    if isinstance(value, Sequence):
        return collapse_fresh(list(value))
    return value


def append(left: Any, right: Any, state: State) -> Any:
    """The items of both as one array; nothing on one side leaves the other as it is."""
    if left is MISSING:
        return right
    if right is MISSING:
        return left
    first = left if isinstance(left, list) else [left]
    second = right if isinstance(right, list) else [right]
    state.check_length(len(first) + len(second))
    return [*first, *second]


EMPTY: Final[dict[str, Any]] = {}
"""What has no fields is read like this."""


class NestedArrays(Exception):
    """An array met an object constructor where code expects one item: the code that allows for it must run."""


def group_context(items: list[Any], state: State) -> Any:
    """The context of an object constructor's values where its own context is an array: all items appended."""
    if len(items) < 2:
        return items[0] if items else MISSING
    if _NO_ITEMS.isdisjoint(map(type, items)):
        state.check_length(len(items))
        return list(items)
    result: list[Any] = []
    for item in items:
        if isinstance(item, list):
            result.extend(item)
        elif item is not MISSING:
            result.append(item)
    state.check_length(len(result))
    return result


def item_context(value: list[Any], state: State) -> Any:
    """Like `group_context`, where constructors inside share the context; raises NestedArrays where they cannot."""
    result = group_context(value, state)
    if isinstance(result, list) and (len(result) < 2 or not LISTS.isdisjoint(map(type, result))):
        raise NestedArrays
    return result


def fields_of_item(value: Any) -> dict[str, Any]:
    """The fields of what is no object, of which there are none; raises NestedArrays for an array, where an object
    constructor expects one item."""
    if isinstance(value, list):
        raise NestedArrays
    return EMPTY


SCALARS = frozenset((str, int, bool, float, Decimal, type(None), type(MISSING)))


def plain(value: Any) -> Any:
    """The same value without any sequence inside, and with null for a missing item, as JSON shows it.

    What has none of them is left as it is, what has one is copied.
    """
    if value.__class__ is dict:
        changed: Any = None
        for key, item in value.items():
            if item.__class__ not in SCALARS:
                replaced = plain(item)
                if replaced is not item:
                    changed = dict(value) if changed is None else changed
                    changed[key] = replaced
        return value if changed is None else changed
    if isinstance(value, list):
        changed = None if value.__class__ is list else list(value)
        for index, item in enumerate(value):
            if item.__class__ not in SCALARS or item is MISSING:
                replaced = plain(item) if item is not MISSING else None
                if replaced is not item:
                    changed = list(value) if changed is None else changed
                    changed[index] = replaced
        return value if changed is None else changed
    return value

"""The steps of a path: fields, wildcards, descendants, filters."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import floor, isfinite
from typing import Any

from engine.jsonata.functions.keyorder import in_order
from engine.jsonata.functions.objects import is_true
from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.operators import NUMBERS, is_number
from engine.jsonata.runtime.sequences import EMPTY, Outer, Tuples, append, collapse, flatten, settle
from engine.jsonata.runtime.state import State


def field(value: Any, name: str) -> Any:
    """The value under a name in an object; in an array a sequence of what its items have there."""
    if value.__class__ is dict:
        return value.get(name, MISSING)
    if not isinstance(value, list):
        return MISSING
    found = Sequence()
    for item in value:
        result = item.get(name, MISSING) if item.__class__ is dict else field(item, name)
        if result is MISSING:
            continue
        if isinstance(result, list):
            found.extend(result)
        else:
            found.append(result)
    return found


def _fields(value: list[Any], name: str) -> list[Any]:
    return [
        result
        for item in value
        if (result := item.get(name, MISSING) if item.__class__ is dict else collapse(field(item, name))) is not MISSING
    ]


def each_field(value: Any, name: str, start: bool) -> list[Any]:
    """What the items of a value that is no dict have under a name, each collapsed, missing ones too.

    `start`: it is the context of the path, of which nothing counts as an item as well.
    """
    if not isinstance(value, list):
        return [MISSING] if start or value is not MISSING else []
    return [collapse(field(item, name)) for item in value]


def inner_field(value: Any, name: str, state: State) -> Any:
    """A field in the middle of a path: a value, or the list of items that the next step runs over."""
    if value.__class__ is dict:
        return value.get(name, MISSING)
    if isinstance(value, list):
        return flatten(_fields(value, name), state) or MISSING
    return MISSING


def last_field(value: Any, name: str, state: State) -> Any:
    """A field at the end of a path, as the value of the path."""
    if value.__class__ is dict:
        result = value.get(name, MISSING)
        return settle([result], state) if isinstance(result, Sequence) else result
    if isinstance(value, list):
        return settle(_fields(value, name), state)
    return MISSING


class _Fields:
    """The fields of a list's items, read by name like those of a dict; `read` is how."""

    __slots__ = ("_read", "_state", "_value")

    def __init__(self, read: Callable[[Any, str, State], Any], value: list[Any], state: State) -> None:
        self._read = read
        self._value = value
        self._state = state

    def get(self, name: str, _: Any) -> Any:
        return self._read(self._value, name, self._state)


Fields = _Fields | dict[str, Any]


def inner_fields(value: Any, state: State) -> Fields:
    """What reads fields in the middle of a path from a value that is not a dict."""
    return _Fields(inner_field, value, state) if isinstance(value, list) else EMPTY


def last_fields(value: Any, state: State) -> Fields:
    """What reads fields at the end of a path from a value that is not a dict."""
    return _Fields(last_field, value, state) if isinstance(value, list) else EMPTY


def stored_fields(value: Any, state: State) -> Fields:
    """The same for fields that become part of another value, which may then hold sequences."""
    if isinstance(value, list):
        state.dirty = True
    return last_fields(value, state)


def output_fields(value: Any, state: State) -> Fields:
    """The same for fields that become part of the result: lists in place of sequences."""
    return _Fields(_listed_field, value, state) if isinstance(value, list) else EMPTY


def _listed_field(value: list[Any], name: str, state: State) -> Any:
    found = last_field(value, name, state)
    return list(found) if isinstance(found, Sequence) else found


def wildcard(value: Any, state: State) -> Any:
    """`*`: the values of all fields, arrays flattened."""
    if value.__class__ is Outer and value:
        value = value[0]
    if isinstance(value, dict):
        values: Any = in_order(value).values()
    elif isinstance(value, list):
        values = value
    else:
        return MISSING
    results: Any = Sequence()
    for item in values:
        if isinstance(item, list):
            results = append(results, _flat(item, []), state)
        else:
            results.append(item)
    return results


def _flat(items: list[Any], into: list[Any]) -> list[Any]:
    for item in items:
        if isinstance(item, list):
            _flat(item, into)
        else:
            into.append(item)
    return into


def descendants(value: Any, state: State) -> Any:
    """`**`: the value and all values below it, arrays opened."""
    if value is MISSING:
        return MISSING
    results = Sequence()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
            continue
        results.append(item)
        if isinstance(item, dict):
            waiting.extend(reversed(in_order(item).values()))
        state.budget -= 1
        if state.budget < 0:
            state.poll()
            state.check_length(len(results))
    return results[0] if len(results) == 1 else results


def at_index(value: Any, index: Any) -> Any:
    """`[number]`: the item at a position, counted from the end if negative; an array item is taken as it is."""
    items = value if isinstance(value, list) else (value,)
    position = index if index.__class__ is int else floor(index)
    if position < 0:
        position += len(items)
    if not 0 <= position < len(items) or items[position] is MISSING:
        return _same_kind(value, [])
    item = items[position]
    return item if isinstance(item, list) else _same_kind(value, [item])


def _same_kind(value: Any, items: list[Any]) -> Any:
    return Tuples(items) if value.__class__ is Tuples else Sequence(items)


def selects(answer: Any, index: int, size: int) -> bool:
    """Whether a filter's answer keeps the item at `index` of `size`: by truth, or as one of the positions it names."""
    kind = answer.__class__
    if kind is bool:
        return bool(answer)
    if kind in NUMBERS and is_number(answer):
        return _position(answer, size) == index
    if isinstance(answer, list) and all(item.__class__ in NUMBERS and is_number(item) for item in answer):
        return any(_position(item, size) == index for item in answer)
    return is_true(answer)


def repeats(answer: Any, index: int, size: int) -> int:
    """How often a filter's answer keeps the item at `index`: an array of positions may name it more than once."""
    if isinstance(answer, list) and len(answer) > 1 and all(item.__class__ in NUMBERS for item in answer):
        return sum(_position(item, size) == index for item in answer if is_number(item))
    return 1 if selects(answer, index, size) else 0


def _position(number: Decimal | float, size: int) -> int:
    if isinstance(number, float) and not isfinite(number):
        return -1
    position = floor(number)
    return position + size if position < 0 else position

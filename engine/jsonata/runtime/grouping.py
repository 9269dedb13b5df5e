"""Object constructors with computed keys and the group-by of a path: items with equal keys share one value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.jsonata.errors import ExpressionError
from engine.jsonata.functions.keyorder import in_order
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.sequences import Tuples, append, group_context
from engine.jsonata.runtime.state import State

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def group(value: Any, pairs: Sequence[Pair], state: State) -> dict[str, Any]:
    """The object made of `pairs` of key and value functions over the items of a value.

    Raises T1003 for a key that is no string, D1009 if two pairs give the same key.
    """
    items = value if isinstance(value, list) else (value,)
    groups: dict[str, tuple[int, list[Any]]] = {}
    for item in items or (MISSING,):
        for index, (key_of, _) in enumerate(pairs):
            key = _checked(key_of(item))
            if key is MISSING:
                continue
            held = groups.get(key)
            if held is None:
                groups[key] = (index, [item])
            elif held[0] != index:
                raise ExpressionError("D1009", value=key)
            else:
                held[1].append(item)
    result = {}
    for key, (index, members) in groups.items():
        found = pairs[index][1](group_context(members, state))
        if found is not MISSING:
            result[key] = found
    return in_order(result)


def _checked(key: Any) -> Any:
    if key.__class__ is not str and key is not MISSING:
        raise ExpressionError("T1003", value=key)
    return key


def key_of(key: Any) -> Any:
    """A computed key: a string, or nothing; raises T1003 for anything else."""
    if key is MISSING:
        return MISSING
    raise ExpressionError("T1003", value=key)


def distinct_keys(*keys: Any) -> None:
    """Check that no two pairs of an object constructor gave the same key; raises D1009."""
    found = [key for key in keys if key is not MISSING]
    if len(set(found)) < len(found):
        raise ExpressionError("D1009", value=next(key for key in found if found.count(key) > 1))


def same_key(key: str) -> None:
    """Two pairs of an object constructor gave the same key."""
    raise ExpressionError("D1009", value=key)


def group_stream(tuples: list[dict[str, Any]], pairs: Sequence[Pair], state: State) -> dict[str, Any]:
    """The same over a stream of bindings: the functions take the context and its bindings.

    A sorted stream no longer counts as one, as in the reference: its bindings are the items.
    """
    if tuples.__class__ is not Tuples:
        return group(tuples, [(_unbound(key), _unbound(value)) for key, value in pairs], state)
    groups: dict[str, tuple[int, list[dict[str, Any]]]] = {}
    for bindings in tuples:
        for index, (key_of, _) in enumerate(pairs):
            key = _checked(key_of(bindings["@"], bindings))
            if key is MISSING:
                continue
            held = groups.get(key)
            if held is None:
                groups[key] = (index, [bindings])
            elif held[0] != index:
                raise ExpressionError("D1009", value=key)
            else:
                held[1].append(bindings)
    result = {}
    for key, (index, members) in groups.items():
        merged = _merged(members, state)
        found = pairs[index][1](merged.pop("@"), merged)
        if found is not MISSING:
            result[key] = found
    return in_order(result)


def _unbound(function: Callable[..., Any]) -> Callable[..., Any]:
    """A stream's function where nothing is bound."""
    return lambda context: function(context, {})


def _merged(members: list[dict[str, Any]], state: State) -> dict[str, Any]:
    merged = dict(members[0])
    for bindings in members[1:]:
        for name, value in bindings.items():
            merged[name] = append(merged.get(name, MISSING), value, state)
    return merged

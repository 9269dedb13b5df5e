"""Functions on objects and on values of any type."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.keyorder import in_order
from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING

_TYPE_NAMES: Final[dict[type, str]] = {
    str: "string",
    int: "number",
    Decimal: "number",
    bool: "boolean",
    type(None): "null",
    list: "array",
    dict: "object",
}
TRUE_IF_FULL: Final = frozenset((str, int, bool, Decimal, dict))
"""The types whose truth is Python's."""


def exists(value: Any) -> bool:
    """Whether there is a value; null is one."""
    return value is not MISSING


def boolean(value: Any) -> Any:
    """The truth of a value, as conditions see it; MISSING stays MISSING.

    False are "", 0, null, {}, functions, and arrays without a true item. Raises D1001 for infinity.
    """
    if value is MISSING:
        return MISSING
    return is_true(value)


def is_true(value: Any) -> bool:
    """`boolean` for conditions: MISSING is false."""
    if type(value) in TRUE_IF_FULL:
        return bool(value)
    if isinstance(value, (list, tuple)):
        return any(map(is_true, value))
    if isinstance(value, float):
        return _finite(value) != 0 and not math.isnan(value)
    return isinstance(value, dict) and bool(value)


def _finite(value: float) -> float:
    if math.isinf(value):
        raise FunctionError("D1001", value)
    return value


def not_(value: Any) -> Any:
    """The opposite of the truth of a value; MISSING stays MISSING."""
    if value is MISSING:
        return MISSING
    return not is_true(value)


def type_of(value: Any) -> Any:
    """The name of a value's type: null, number, string, boolean, array, object or function. D1001 for infinity."""
    name = _TYPE_NAMES.get(type(value))
    if name is not None:
        return name
    if value is MISSING:
        return MISSING
    if isinstance(value, float):
        _finite(value)
        return "object" if math.isnan(value) else "number"
    if isinstance(value, (list, tuple)):
        return "array"
    return "function" if callable(value) else "object"


def keys(value: Any) -> Sequence:
    """The keys of an object, or of all objects in an array without repeats, as a sequence."""
    if isinstance(value, dict):
        return Sequence(in_order(value))
    if isinstance(value, list):
        return Sequence(in_order(dict.fromkeys(key for item in value for key in keys(item))))
    return Sequence()


def lookup(value: Any, key: str) -> Any:
    """The value under a key of an object; for an array a sequence of what its items have there, arrays flattened."""
    if isinstance(value, dict):
        return value.get(key, MISSING)
    if not isinstance(value, list):
        return MISSING
    result = Sequence()
    for item in value:
        found = lookup(item, key)
        if isinstance(found, list):
            result.extend(found)
        elif found is not MISSING:
            result.append(found)
    return result


def spread(value: Any) -> Any:
    """An object as objects of one key each (a sequence), an array as those of all its items, others as they are."""
    if isinstance(value, dict):
        return Sequence({key: item} for key, item in in_order(value).items())
    if not isinstance(value, list):
        return value
    if not value:
        return Sequence()
    result: list[Any] = []
    for item in value:
        parts = spread(item)
        if isinstance(parts, list):
            result.extend(parts)
        elif parts is not MISSING:
            result.append(parts)
    return result


def merge(values: Any) -> Any:
    """One object with the entries of all objects of an array; later ones win."""
    if values is MISSING:
        return MISSING
    result: dict[str, Any] = {}
    for value in values:
        result.update(value)
    return in_order(result)


def error(message: Any = MISSING) -> Any:
    """Raise D3137 with the given message."""
    raise FunctionError("D3137", message=message or "$error() function evaluated")


def assert_(condition: bool, message: Any = MISSING) -> Any:
    """Raise D3141 with the given message unless the condition holds; MISSING otherwise."""
    if not condition:
        raise FunctionError("D3141", message=message or "$assert() statement failed")
    return MISSING

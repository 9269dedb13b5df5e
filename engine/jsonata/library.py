"""The standard functions: those of JSONata, with the signatures of its reference, and `$lookup` in code tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.jsonata.errors import ExpressionError
from engine.jsonata.functions import (
    aggregates,
    arrays,
    datetimeparse,
    datetimes,
    encoding,
    integerpicture,
    matching,
    numberformat,
    numbers,
    objects,
    stringify,
    strings,
)
from engine.jsonata.missing import MISSING
from engine.jsonata.registry import Function, FunctionRegistry
from engine.jsonata.runtime import higher_order
from engine.jsonata.runtime.sequences import Outer, append
from engine.jsonata.runtime.state import State
from engine.jsonata.runtime.transforming import clone


def _text(name: str, signature: str, function: Callable[..., Any], arity: int) -> Function:
    return Function(name, signature, function, _doc(function), result="s", strict=True, parameters=arity)


def _number(name: str, signature: str, function: Callable[..., Any], arity: int) -> Function:
    return Function(name, signature, function, _doc(function), result="n", strict=True, parameters=arity)


def _truth(name: str, signature: str, function: Callable[..., Any], arity: int, strict: bool = True) -> Function:
    return Function(name, signature, function, _doc(function), result="b", strict=strict, parameters=arity)


def _any(
    name: str, signature: str, function: Callable[..., Any], arity: int, *, state: bool = False, stable: bool = False
) -> Function:
    return Function(name, signature, function, _doc(function), wants_state=state, parameters=arity, stable=stable)


def _doc(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").strip().partition("\n")[0]


def as_text(value: Any, prettify: Any = False) -> Any:
    """Text of a value: strings as they are, functions as "", everything else as JSON with exact numbers."""
    if value.__class__ is Outer:
        value = value[0]
    return stringify.string(value, bool(prettify))


def _append(state: State, left: Any, right: Any) -> Any:
    """The items of both as one array; a value that is no array counts as one item, a missing one as nothing."""
    return append(left, right, state)


def _zip(*values: Any) -> Any:
    """Arrays of the first, second ... items of each, as many as the shortest has."""
    return arrays.zip_(*values)


def _shuffle(state: State, values: Any) -> Any:
    """The items in random order."""
    return arrays.shuffle(values, state.context.random)


def _distinct(state: State, values: Any) -> Any:
    """The array without the items that equal an earlier one; a sequence stays one, other values pass through."""
    return arrays.distinct(values, state.poll)


def _random(state: State) -> Any:
    """A number from 0 up to, not including, 1."""
    return numbers.random(state.context.random)


def _now(state: State, picture: Any = MISSING, timezone: Any = MISSING) -> Any:
    """The time of the evaluation, by a date picture (default ISO 8601 with milliseconds)."""
    return datetimes.now(state.now, picture, timezone)


def _millis(state: State) -> Any:
    """The time of the evaluation in milliseconds since the epoch."""
    return datetimes.millis(state.now)


def _to_millis(state: State, timestamp: Any, picture: Any = MISSING) -> Any:
    """Milliseconds since the epoch of a timestamp in ISO 8601, or in the form of a picture."""
    return datetimeparse.to_millis(timestamp, picture, state.now if picture is not MISSING else None)


def _lookup(state: State, value: Any, key: Any) -> Any:
    """The value under a key of an object; with a string first, the entry under a key of that code table."""
    if value.__class__ is str:
        return state.table(value, key)
    return objects.lookup(value, key)


def _eval(text: Any, focus: Any = MISSING) -> Any:
    """The value of the expression in a string, for the context or a given value; it sees the variables in scope."""
    raise ExpressionError("T1006", token="eval")  # compiled code calls the evaluation's own


def _keys(value: Any) -> Any:
    """The keys of an object, or of all objects in an array without repeats."""
    return objects.keys(value)


def _sort(values: Any, comes_after: Any = MISSING) -> Any:
    """The array in order, stable; a function of two items tells whether the first belongs behind the second."""
    return arrays.sort(values, None if comes_after is MISSING else comes_after)


STANDARD: Final = FunctionRegistry(
    [
        _number("sum", "<a<n>:n>", aggregates.sum_, 1),
        Function("count", "<a:n>", aggregates.count, _doc(aggregates.count), result="n", parameters=1),
        _any("max", "<a<n>:n>", aggregates.max_, 1),
        _any("min", "<a<n>:n>", aggregates.min_, 1),
        _any("average", "<a<n>:n>", aggregates.average, 1),
        _text("string", "<x-b?:s>", as_text, 1),
        _text("substring", "<s-nn?:s>", strings.substring, 3),
        _text("substringBefore", "<s-s:s>", strings.substring_before, 2),
        _text("substringAfter", "<s-s:s>", strings.substring_after, 2),
        _text("lowercase", "<s-:s>", strings.lowercase, 1),
        _text("uppercase", "<s-:s>", strings.uppercase, 1),
        _number("length", "<s-:n>", strings.length, 1),
        _text("trim", "<s-:s>", strings.trim, 1),
        _text("pad", "<s-ns?:s>", strings.pad, 3),
        _any("match", "<s-f<s:o>n?:a<o>>", matching.match, 3),
        Function("contains", "<s-(sf):b>", matching.contains, _doc(matching.contains), parameters=2),
        _text("replace", "<s-(sf)(sf)n?:s>", matching.replace, 4),
        _any("split", "<s-(sf)n?:a<s>>", matching.split, 3),
        _text("join", "<a<s>s?:s>", strings.join, 2),
        _text("formatNumber", "<n-so?:s>", numberformat.format_number, 3),
        _text("formatBase", "<n-n?:s>", numberformat.format_base, 2),
        _text("formatInteger", "<n-s:s>", integerpicture.format_integer, 2),
        _number("parseInteger", "<s-s:n>", integerpicture.parse_integer, 2),
        _number("number", "<(nsb)-:n>", numbers.number, 1),
        _number("floor", "<n-:n>", numbers.floor, 1),
        _number("ceil", "<n-:n>", numbers.ceil, 1),
        _number("round", "<n-n?:n>", numbers.round_, 2),
        _number("abs", "<n-:n>", numbers.abs_, 1),
        _number("sqrt", "<n-:n>", numbers.sqrt, 1),
        _any("power", "<n-n:n>", numbers.power, 2),
        _any("random", "<:n>", _random, 0, state=True),
        _truth("boolean", "<x-:b>", objects.boolean, 1),
        _truth("not", "<x-:b>", objects.not_, 1),
        _any("map", "<af>", higher_order.map_, 2, state=True),
        _any("zip", "<a+>", _zip, 0),
        _any("filter", "<af>", higher_order.filter_, 2, state=True),
        _any("single", "<af?>", higher_order.single, 2, state=True),
        _any("reduce", "<afj?:j>", higher_order.reduce, 3, state=True),
        _any("sift", "<o-f?:o>", higher_order.sift, 2, state=True),
        _any("keys", "<x-:a<s>>", _keys, 1),
        _any("lookup", "<x-s:x>", _lookup, 2, state=True, stable=True),
        _any("append", "<xx:a>", _append, 2, state=True, stable=True),
        Function("exists", "<x:b>", objects.exists, _doc(objects.exists), result="b", parameters=1),
        _any("spread", "<x-:a<o>>", objects.spread, 1),
        _any("merge", "<a<o>:o>", objects.merge, 1),
        _any("reverse", "<a:a>", arrays.reverse, 1),
        _any("each", "<o-f:a>", higher_order.each, 2, state=True),
        _any("error", "<s?:x>", objects.error, 1),
        _any("assert", "<bs?:x>", objects.assert_, 2),
        _text("type", "<x:s>", objects.type_of, 1),
        _any("sort", "<af?:a>", _sort, 2),
        _any("shuffle", "<a:a>", _shuffle, 1, state=True),
        _any("distinct", "<x:x>", _distinct, 1, state=True, stable=True),
        _text("base64encode", "<s-:s>", encoding.base64encode, 1),
        _text("base64decode", "<s-:s>", encoding.base64decode, 1),
        _text("encodeUrlComponent", "<s-:s>", encoding.encode_url_component, 1),
        _text("encodeUrl", "<s-:s>", encoding.encode_url, 1),
        _text("decodeUrlComponent", "<s-:s>", encoding.decode_url_component, 1),
        _text("decodeUrl", "<s-:s>", encoding.decode_url, 1),
        _any("eval", "<sx?:x>", _eval, 2),
        _any("toMillis", "<s-s?:n>", _to_millis, 2, state=True),
        _text("fromMillis", "<n-s?s?:s>", datetimes.from_millis, 3),
        _any("clone", "<(oa)-:o>", clone, 1),
        _any("now", "<s?s?:s>", _now, 2, state=True),
        _any("millis", "<:n>", _millis, 0, state=True),
    ]
)

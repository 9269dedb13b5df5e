"""Array functions. None of them changes its argument."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from engine.jsonata.functions.equality import equality_key
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.exactmath import exact
from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING

_POLL_EVERY: Final = 256
_NUMBERS: Final = frozenset({int, Decimal, float})


def append(left: Any, right: Any, limit: int | None = None) -> Any:
    """The items of both as one array; a value that is no array counts as an array of itself, MISSING as nothing.

    Raises D2015 if the result has more than `limit` items.
    """
    if left is MISSING:
        return right
    if right is MISSING:
        return left
    first = left if isinstance(left, list) else [left]
    second = right if isinstance(right, list) else [right]
    size = len(first) + len(second)
    if limit is not None and size > limit:
        raise FunctionError("D2015", size, limit=limit)
    return [*first, *second]


def reverse(values: Any) -> Any:
    """The array in reverse order."""
    if values is MISSING or len(values) <= 1:
        return values
    return values[::-1]


def distinct(values: Any, poll: Callable[[], None] | None = None) -> Any:
    """The array without the items that equal an earlier one; a sequence stays one, other values pass through.

    `poll` is called now and then, to end what takes too long.
    """
    if not isinstance(values, list) or len(values) <= 1:
        return values
    if set(map(type, values)) == {str}:
        kept = list(dict.fromkeys(values))
    else:
        first: dict[Any, Any] = {}
        for index, value in enumerate(values):
            first.setdefault(equality_key(value), value)
            if poll is not None and not index % _POLL_EVERY:
                poll()
        kept = list(first.values())
    return Sequence(kept) if isinstance(values, Sequence) else kept


def zip_(*arrays: Any) -> list[Any]:
    """Arrays of the first, second ... items of each, as many as the shortest has; empty if one is no array."""
    if not all(isinstance(array, list) for array in arrays):
        return []
    return [list(items) for items in zip(*arrays, strict=False)]


def shuffle(values: Any, source: Callable[[], float]) -> Any:
    """The items in random order, from a source of numbers in [0, 1) such as `random.Random(seed).random`."""
    if values is MISSING or len(values) <= 1:
        return values
    result: list[Any] = []
    for index, value in enumerate(values):
        place = int(source() * (index + 1))
        result.append(value)
        result[index], result[place] = result[place], value
    return result


def sort(values: Any, comes_after: Callable[[Any, Any], Any] | None = None) -> Any:
    """The array in order, stable. `comes_after(a, b)` tells whether a belongs behind b.

    Without it all items must be numbers or all strings, else D3070.
    """
    if values is MISSING or len(values) <= 1:
        return values
    if comes_after is not None:
        return merge_sorted(values, comes_after)
    kinds = set(map(type, values))
    if kinds == {str}:
        return sorted(values) if all(map(str.isascii, values)) else sorted(values, key=text_order)
    if kinds <= _NUMBERS:
        return sorted(values, key=exact if len(kinds) > 1 and float in kinds else None)
    odd = next((value for value in values if type(value) not in _NUMBERS), values)
    raise FunctionError("D3070", odd, index=1)


def merge_sorted(values: list[Any], comes_after: Callable[[Any, Any], Any]) -> list[Any]:
    """A merge sort that asks what the reference asks, so that no comparator gives another result."""
    if len(values) <= 1:
        return values
    middle = len(values) // 2
    left = merge_sorted(values[:middle], comes_after)
    right = merge_sorted(values[middle:], comes_after)
    merged: list[Any] = []
    taken = used = 0
    while taken < len(left) and used < len(right):
        if comes_after(left[taken], right[used]):
            merged.append(right[used])
            used += 1
        else:
            merged.append(left[taken])
            taken += 1
    return merged + left[taken:] + right[used:]


def text_order(text: str) -> bytes:
    """The sort key of a string: by UTF-16 code units, as the reference compares."""
    return text.encode("utf-16-be", "surrogatepass")

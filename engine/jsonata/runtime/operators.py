"""Operators: exact on integers and decimals, doubles where a division or the data brought them in."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import isinf, isnan
from typing import Any

from engine.jsonata.errors import ExpressionError, ExpressionLimitError
from engine.jsonata.functions import exactmath
from engine.jsonata.functions.arrays import text_order
from engine.jsonata.functions.equality import deep_equal, same_function
from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.functions.stringify import string
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.state import State

NUMBERS = frozenset((int, Decimal, float))
SIMPLE = NUMBERS | {str, bool}
_EXACT = frozenset((int, Decimal))
_LARGEST_BITS = 14_000
_DOUBLE_BITS = 1024
_SAFE = 2**53
_LARGEST_EXPONENT = 400
_LARGEST_RANGE = 10_000_000
_SURROGATES = "\ud800"


def is_number(value: Any) -> bool:
    """Whether a value is a number to calculate with: not NaN; raises D1001 for infinity."""
    kind = value.__class__
    if kind is int or kind is Decimal:
        return True
    if kind is not float:
        return False
    if isinf(value):
        raise ExpressionError("D1001", value=value)
    return not isnan(value)


def _operands(left: Any, right: Any, token: str) -> bool:
    """Check both operands; whether both are there. Raises T2001 or T2002."""
    if left is not MISSING and not is_number(left):
        raise ExpressionError("T2001", value=left, token=token)
    if right is not MISSING and not is_number(right):
        raise ExpressionError("T2002", value=right, token=token)
    return left is not MISSING and right is not MISSING


def _bounded(value: Any, left: Any, right: Any) -> Any:
    """A result that is not absurdly large: beyond doubles only for integers made of integers; raises D1001."""
    kind = value.__class__
    if kind is int:
        size = value.bit_length()
        if size > _LARGEST_BITS or (size > _DOUBLE_BITS and not (left.__class__ is int and right.__class__ is int)):
            raise ExpressionError("D1001", value=f"an integer of {size} bits")
    elif kind is Decimal and value.adjusted() > _LARGEST_EXPONENT:
        raise ExpressionError("D1001", value=value)
    return value


def add(left: Any, right: Any) -> Any:
    if (left.__class__ in _EXACT and right.__class__ in _EXACT) or _operands(left, right, "+"):
        return _bounded(exactmath.add(left, right), left, right)
    return MISSING


def subtract(left: Any, right: Any) -> Any:
    if (left.__class__ in _EXACT and right.__class__ in _EXACT) or _operands(left, right, "-"):
        return _bounded(exactmath.subtract(left, right), left, right)
    return MISSING


def multiply(left: Any, right: Any) -> Any:
    if left.__class__ is int and right.__class__ is int:
        product = left * right
        return product if -_SAFE < product < _SAFE else _bounded(product, left, right)
    if (left.__class__ in _EXACT and right.__class__ in _EXACT) or _operands(left, right, "*"):
        return _bounded(exactmath.multiply(left, right), left, right)
    return MISSING


def divide(left: Any, right: Any) -> Any:
    if left.__class__ is int and right.__class__ is int and right and -_SAFE < left < _SAFE and -_SAFE < right < _SAFE:
        quotient, rest = divmod(left, right)
        return left / right if rest else quotient
    if _operands(left, right, "/"):
        return exactmath.divide(left, right)
    return MISSING


def remainder(left: Any, right: Any) -> Any:
    if _operands(left, right, "%"):
        return exactmath.remainder(left, right)
    return MISSING


def negate(value: Any) -> Any:
    if value is MISSING:
        return MISSING
    if not is_number(value):
        raise ExpressionError("D1002", value=value, token="-")
    return value.copy_negate() if value.__class__ is Decimal else -value


def equal(left: Any, right: Any) -> bool:
    return left is not MISSING and right is not MISSING and deep_equal(left, right)


def unequal(left: Any, right: Any) -> bool:
    return left is not MISSING and right is not MISSING and not deep_equal(left, right)


def _comparable(left: Any, right: Any, token: str) -> bool:
    """Check both sides of a comparison; whether both are there. Raises T2010 or T2009."""
    left_text, right_text = left.__class__ is str, right.__class__ is str
    left_fits = left_text or left.__class__ in NUMBERS
    if not left_fits and left is not MISSING:
        raise ExpressionError("T2010", value=left, token=token)
    right_fits = right_text or right.__class__ in NUMBERS
    if not right_fits and right is not MISSING:
        raise ExpressionError("T2010", value=right, token=token)
    if not (left_fits and right_fits):
        return False
    if left_text is not right_text:
        raise ExpressionError("T2009", value=left, value2=right, token=token)
    return True


def precedes(left: Any, right: Any) -> bool:
    """left < right for two strings (by UTF-16 code unit) or two numbers."""
    if left.__class__ is str:
        if left.isascii() or right.isascii() or (max(left) < _SURROGATES and max(right) < _SURROGATES):
            return bool(left < right)
        return text_order(left) < text_order(right)
    return exactmath.less(left, right)


def less(left: Any, right: Any) -> Any:
    return precedes(left, right) if _comparable(left, right, "<") else MISSING


def greater(left: Any, right: Any) -> Any:
    return precedes(right, left) if _comparable(left, right, ">") else MISSING


def at_most(left: Any, right: Any) -> Any:
    return not precedes(right, left) and _ordered(left, right) if _comparable(left, right, "<=") else MISSING


def at_least(left: Any, right: Any) -> Any:
    return not precedes(left, right) and _ordered(left, right) if _comparable(left, right, ">=") else MISSING


def _ordered(left: Any, right: Any) -> bool:
    """Whether neither side is NaN."""
    return not (left.__class__ is float and isnan(left)) and not (right.__class__ is float and isnan(right))


def includes(left: Any, right: Any) -> bool:
    """Whether a value is among the items of the right side; objects and arrays only if they are the same one."""
    if left is MISSING or right is MISSING:
        return False
    items = right if isinstance(right, list) else (right,)
    if isinstance(left, (dict, list)) or callable(left):
        return any(item is left or (callable(left) and same_function(item, left)) for item in items)
    return any(not isinstance(item, (dict, list)) and deep_equal(item, left) for item in items)


def text(value: Any) -> str:
    """A value as `&` sees it: nothing is the empty string."""
    if value is MISSING:
        return ""
    result: str = string(value)
    return result


def span(left: Any, right: Any, state: State) -> Any:
    """The integers from left to right; raises T2003, T2004, D2014 or D2015."""
    first, last = _integer(left, "T2003"), _integer(right, "T2004")
    if first is MISSING or last is MISSING or first > last:
        return MISSING
    size = last - first + 1
    if size > _LARGEST_RANGE:
        raise ExpressionLimitError("D2014", value=size, token="..")
    state.check_length(size)
    state.poll()
    return Sequence(range(first, last + 1))


def _integer(value: Any, code: str) -> Any:
    if value.__class__ is int or value is MISSING:
        return value
    if isinstance(value, Decimal | float) and not (isinstance(value, float) and (isnan(value) or isinf(value))):
        whole = int(value)
        if whole == value:
            return whole
    raise ExpressionError(code, value=value, token="..")


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
    "=": equal,
    "!=": unequal,
    "<": less,
    ">": greater,
    "<=": at_most,
    ">=": at_least,
    "in": includes,
}

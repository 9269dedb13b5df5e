"""Numeric functions: `$number`, rounding, powers and roots, exact on ints and Decimals."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.exactmath import EXACT, as_float, exact, tidy, tidy_float
from engine.jsonata.missing import MISSING

_DECIMAL_TEXT: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_RADIX_TEXT: Final = re.compile(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+")
_MAX_DIGITS: Final = 1000
_MAX_EXPONENT: Final = 400
USUAL_PLACES: Final = 30
_QUANTA: Final = tuple(Decimal((0, (1,), -places)) for places in range(-USUAL_PLACES, USUAL_PLACES + 1))


def number(value: Any) -> Any:
    """A value as a number: digits give an int of any size, decimal text a Decimal as written, true 1, false 0.

    Accepts 0x, 0o and 0b. Raises D3030 for everything else, and beyond 1,000 digits or an exponent of 400.
    """
    if isinstance(value, str):
        whole, point, fraction = value.partition(".")
        if whole.isdigit() and value.isascii() and len(value) <= _MAX_EXPONENT:
            if fraction.isdigit():
                return Decimal(value)
            if not point:
                return int(value)
        return _parsed(value)
    if value is True or value is False:
        return int(value)
    if value is MISSING or isinstance(value, (int, Decimal, float)):
        return value
    raise FunctionError("D3030", value, index=1)


def _parsed(text: str) -> int | Decimal:
    found = _DECIMAL_TEXT.fullmatch(text)
    if found is None:
        if _RADIX_TEXT.fullmatch(text) and len(text) <= _MAX_DIGITS:
            return int(text, 0)
        raise FunctionError("D3030", text, index=1)
    if len(text) > _MAX_DIGITS:
        raise FunctionError("D3030", text, index=1)
    if found.lastindex is None:
        return int(text)
    result = Decimal(text)
    large = len(text) > _MAX_EXPONENT or found[2] is not None
    if large and result and abs(result.adjusted()) > _MAX_EXPONENT:
        raise FunctionError("D3030", text, index=1)
    return result


def abs_(value: Any) -> Any:
    """The number without its sign, digits as they are."""
    if isinstance(value, Decimal):
        return value.copy_abs()
    return value if value is MISSING else abs(value)


def floor(value: Any) -> Any:
    """The greatest integer not above the number."""
    return _to_integer(value, ROUND_FLOOR, math.floor)


def ceil(value: Any) -> Any:
    """The least integer not below the number."""
    return _to_integer(value, ROUND_CEILING, math.ceil)


def _to_integer(value: Any, rounding: str, of_float: Callable[[float], int]) -> Any:
    if type(value) is int or value is MISSING:
        return value
    if isinstance(value, Decimal):
        return tidy(value.to_integral_value(rounding))
    if not math.isfinite(value) or value.is_integer():
        return tidy_float(value)
    return of_float(value)


def round_(value: Any, precision: Any = MISSING) -> Any:
    """Round half to even at `precision` decimal places (default 0; negative ones round tens, hundreds ...), exactly."""
    if value is MISSING:
        return MISSING
    if precision is not MISSING and precision != precision // 1:
        return math.nan  # as in the reference
    places = 0 if precision is MISSING else int(precision)
    if type(value) is int and places >= 0:
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return value
    return rounded(exact(value), places)


def quantized(value: Decimal, places: int) -> Decimal:
    """Half-even rounding of a Decimal to `places`, of which there are at most USUAL_PLACES."""
    return value.quantize(_QUANTA[places + USUAL_PLACES], ROUND_HALF_EVEN, EXACT)


def rounded(value: Decimal, places: int) -> int | Decimal:
    """Half-even rounding of a Decimal, tidied."""
    if -USUAL_PLACES <= places <= USUAL_PLACES:
        return tidy(quantized(value, places))
    if value.adjusted() < -places - 1:
        return 0
    if places > _MAX_DIGITS:  # more places than any value of the codec has
        return tidy(value)
    return tidy(value.quantize(Decimal((0, (1,), -places)), ROUND_HALF_EVEN, EXACT))


def sqrt(value: Any) -> Any:
    """The square root as a double (an int where it is integral). Raises D3060 for negative numbers."""
    if value is MISSING:
        return MISSING
    if value < 0:
        raise FunctionError("D3060", value, index=1)
    return tidy_float(math.sqrt(as_float(value)))


def power(base: Any, exponent: Any) -> Any:
    """The base to an exponent as a double, an int where it is integral. Raises D3061 if no finite number results."""
    if base is MISSING:
        return MISSING
    try:
        result = math.pow(as_float(base), math.nan if exponent is MISSING else as_float(exponent))
    except (OverflowError, ValueError):
        result = math.nan
    if not math.isfinite(result):
        raise FunctionError("D3061", base, index=1, exp=exponent)
    return tidy_float(result)


def random(source: Callable[[], float]) -> float:
    """A number from 0 up to but not including 1, from a source such as `random.Random(seed).random`."""
    return source()

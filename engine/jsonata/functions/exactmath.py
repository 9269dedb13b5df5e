"""Arithmetic that changes no digit: ints of any size, Decimals as written, floats only where a division made them.

Results of arithmetic are *tidy*: an integral Decimal becomes an int and trailing zeros go, so 19.90 + 0.10 prints as 20
as in the reference. A float counts as the decimal its shortest repr shows while that has at most 15 significant
digits (what a binary double can promise); a longer one is the noise of a division and keeps the result a float.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

Number = int | float | Decimal

# 4,000 digits hold any sum or product of two values within the codec's limits (1,000 digits, exponents to 400).
EXACT: Final = Context(prec=4000, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999)
_QUOTIENT: Final = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999)
SAFE_INTEGER: Final = 2**53
_DOUBLE_DIGITS: Final = 15
# Beyond this exponent an integral Decimal stays one: as an int it would fill memory with zeros.
_INT_EXPONENT: Final = 4000


def tidy(value: Decimal) -> int | Decimal:
    """The same number as an int if it is integral, else without trailing zeros."""
    if value == value.to_integral_value():
        return int(value) if value.adjusted() < _INT_EXPONENT else value
    return value.normalize(EXACT)


def tidy_float(value: float) -> int | float:
    """The same number as an int if it is integral and below 2**53, where each double is one integer."""
    if -SAFE_INTEGER < value < SAFE_INTEGER and value == int(value):
        return int(value)
    return value


def exact(value: Number) -> Decimal:
    """The number as a Decimal; a float by its shortest repr. Infinity and NaN keep their meaning."""
    if type(value) is float:
        return Decimal(repr(value))
    return Decimal(value)


def is_noisy(value: Number) -> bool:
    """Whether a float has more digits than a double can promise, or none (infinity, NaN)."""
    if type(value) is not float:
        return False
    if not -SAFE_INTEGER < value < SAFE_INTEGER:
        return True
    return not value.is_integer() and len(Decimal(repr(value)).normalize().as_tuple().digits) > _DOUBLE_DIGITS


def add(left: Number, right: Number) -> Number:
    """left + right, exact unless a noisy float takes part."""
    if type(left) is int and type(right) is int:
        return left + right
    if type(left) is float or type(right) is float:
        if isinstance(left, float) and isinstance(right, float):
            return tidy_float(left + right)
        if is_noisy(left) or is_noisy(right):
            return tidy_float(as_float(left) + as_float(right))
        return tidy(EXACT.add(exact(left), exact(right)))
    return tidy(EXACT.add(left, right))  # type: ignore[arg-type]


def subtract(left: Number, right: Number) -> Number:
    """left - right, exact unless a noisy float takes part."""
    if type(left) is int and type(right) is int:
        return left - right
    return add(left, -right if not isinstance(right, Decimal) else right.copy_negate())


def multiply(left: Number, right: Number) -> Number:
    """left * right, exact unless a noisy float takes part."""
    if type(left) is int and type(right) is int:
        return left * right
    if type(left) is float or type(right) is float:
        if isinstance(left, float) and isinstance(right, float):
            return tidy_float(left * right)
        if is_noisy(left) or is_noisy(right):
            return tidy_float(as_float(left) * as_float(right))
        return tidy(EXACT.multiply(exact(left), exact(right)))
    return tidy(EXACT.multiply(left, right))  # type: ignore[arg-type]


def divide(left: Number, right: Number) -> Number:
    """left / right as the reference gives it, a double; ints that divide without rest stay ints of any size.

    Division by zero gives infinity or NaN, as in the reference, for the caller to refuse.
    """
    if right == 0:
        return math.inf if left > 0 else -math.inf if left < 0 else math.nan
    if type(left) is int and type(right) is int:
        quotient, rest = divmod(left, right)
        if rest == 0:
            return quotient
    dividend, divisor = as_float(left), as_float(right)
    if divisor == 0 or not math.isfinite(dividend + divisor):  # no double holds one of them, yet perhaps their quotient
        if is_noisy(left) or is_noisy(right):
            return dividend / divisor if divisor else math.copysign(math.inf, dividend)
        return tidy_float(as_float(_QUOTIENT.divide(exact(left), exact(right))))
    return tidy_float(dividend / divisor)


def remainder(left: Number, right: Number) -> Number:
    """left % right with the sign of the dividend, exact; NaN for a divisor of zero."""
    if right == 0:
        return math.nan
    if type(left) is int and type(right) is int:
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    if is_noisy(left) or is_noisy(right):
        return tidy_float(math.fmod(as_float(left), as_float(right)))
    return tidy(EXACT.remainder(exact(left), exact(right)))


def as_float(value: Number) -> float:
    """The nearest double, infinity beyond the range of doubles."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def equal_numbers(left: Number, right: Number) -> bool:
    """Whether two numbers are the same; a float is compared with a Decimal by its shortest repr."""
    if isinstance(left, float) and isinstance(right, Decimal):
        return math.isfinite(left) and exact(left) == right
    if isinstance(left, Decimal) and isinstance(right, float):
        return math.isfinite(right) and left == exact(right)
    return left == right


def less(left: Number, right: Number) -> bool:
    """left < right; a float is compared with a Decimal by its shortest repr. NaN is neither less nor greater."""
    if isinstance(left, float) and isinstance(right, Decimal):
        return not math.isnan(left) and exact(left) < right
    if isinstance(left, Decimal) and isinstance(right, float):
        return not math.isnan(right) and left < exact(right)
    return left < right

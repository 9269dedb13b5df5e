"""How numbers are written as text: ints in full, Decimals as they came, floats as the reference prints them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.exactmath import Number

_PLAIN_EXPONENT: Final = 21  # from 1e21 on the reference writes an exponent


def number_to_string(value: Number) -> str:
    """JSON text of a number: `820982911946154508`, `19.90`, and 15 significant digits of a float that is no integer.

    Raises D3001 for infinity and NaN.
    """
    if type(value) is int:
        return int_to_string(value)
    if isinstance(value, Decimal):
        return decimal_to_string(value)
    if not math.isfinite(value):
        raise FunctionError("D3001", value)
    return float_to_string(value)


def int_to_string(value: int) -> str:
    """All digits of an int. Raises D1001 beyond the 4,300 digits that Python converts."""
    try:
        return str(value)
    except ValueError as error:
        raise FunctionError("D1001", "an integer of more than 4,300 digits") from error


def int_of(digits: str) -> int:
    """The int that digits stand for. Raises D1001 beyond the 4,300 digits that Python converts."""
    try:
        return int(digits)
    except ValueError as error:
        raise FunctionError("D1001", "an integer of more than 4,300 digits") from error


def decimal_to_string(value: Decimal) -> str:
    """A Decimal as written, trailing zeros included; with an exponent only where JavaScript would write one."""
    text = str(value)
    if "E" not in text:
        return text
    if not value.is_finite():
        raise FunctionError("D3001", value)
    if 0 <= value.adjusted() < _PLAIN_EXPONENT or value.is_zero():
        return format(value, "f")
    return text.replace("E", "e")


def float_to_string(value: float) -> str:
    """A finite float as `$string` prints it: rounded to 15 significant digits unless it is an integer."""
    if not value.is_integer():
        value = float(f"{value:.14e}")
    return shortest(value)


def shortest(value: float) -> str:
    """The shortest digits that read back as the same double, laid out as JavaScript does."""
    text = repr(value or 0.0)  # JSON has no negative zero
    if "e" not in text:
        return text.removesuffix(".0")
    mantissa, exponent = text.split("e")
    power = int(exponent)
    if power >= _PLAIN_EXPONENT or power < -6:
        return f"{mantissa.removesuffix('.0')}e{power:+d}"
    return format(Decimal(text), "f")

"""`$formatNumber` and `$formatBase`."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.exactmath import EXACT, exact
from engine.jsonata.functions.numberpicture import Layout, Symbols, number_picture
from engine.jsonata.functions.numbers import round_, rounded
from engine.jsonata.functions.numbertext import int_to_string
from engine.jsonata.missing import MISSING

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def format_number(value: Any, picture: str, options: Any = MISSING) -> Any:
    """A number as an XPath picture says (`#,##0.00`), digit for digit. `options` override symbols by their XPath names.

    Raises D3080 to D3093 for a picture that is not valid, D1001 for infinity and NaN.
    """
    if value is MISSING:
        return MISSING
    symbols, positive, negative = number_picture(picture, tuple(options.items()) if options else ())
    amount = exact(value)
    if not amount.is_finite():
        raise FunctionError("D1001", value)
    layout = positive if amount >= 0 else negative
    if layout.factor != 1:
        amount = EXACT.multiply(amount, layout.factor)
    exponent = ""
    if layout.min_exponent:
        amount, power = _scaled(amount, layout.scaling)
        digits = _translated(str(abs(power)), symbols).rjust(layout.min_exponent, symbols.digits[0])
        exponent = symbols.exponent + (symbols.minus if power < 0 else "") + digits
    return layout.prefix + _mantissa(amount, layout, symbols) + exponent + layout.suffix


def _scaled(amount: Decimal, scaling: int) -> tuple[Decimal, int]:
    """The amount as mantissa and power of ten, with `scaling` digits in the mantissa's integer part."""
    if not amount:
        return amount, 0
    power = amount.adjusted() - scaling + 1
    mantissa = amount.scaleb(-power, EXACT)
    if power > 0 and abs(mantissa) == Decimal(10) ** (scaling - 1):
        return mantissa * 10, power - 1  # the reference leaves 10 as 10e0 where the picture is 0e0
    return mantissa, power


def _mantissa(amount: Decimal, layout: Layout, symbols: Symbols) -> str:
    integer, _, fraction = format(abs(exact(rounded(amount, layout.max_fraction))), "f").partition(".")
    integer = integer.lstrip("0").rjust(layout.min_integer, "0")
    fraction = fraction.rstrip("0").ljust(layout.min_fraction, "0")
    grouped = _grouped_integer(_translated(integer, symbols), layout, symbols)
    if not fraction:
        return grouped
    return grouped + symbols.decimal + _grouped_fraction(_translated(fraction, symbols), layout, symbols)


def _translated(digits: str, symbols: Symbols) -> str:
    if symbols.digits[0] == "0":
        return digits
    return digits.translate({ord("0") + value: digit for value, digit in enumerate(symbols.digits)})


def _grouped_integer(digits: str, layout: Layout, symbols: Symbols) -> str:
    size = len(digits)
    groups = range(layout.interval, size, layout.interval) if layout.interval else sorted(layout.integer_groups)
    for group in groups:
        if group < size:
            digits = digits[: size - group] + symbols.grouping + digits[size - group :]
    return digits


def _grouped_fraction(digits: str, layout: Layout, symbols: Symbols) -> str:
    for group in sorted(layout.fraction_groups, reverse=True):
        if group < len(digits):
            digits = digits[:group] + symbols.grouping + digits[group:]
    return digits


def format_base(value: Any, radix: Any = MISSING) -> Any:
    """A number, rounded, in another base (default 10) with digits 0-9a-z. Raises D3100 for a base not in 2..36."""
    if value is MISSING:
        return MISSING
    base = 10 if radix is MISSING else round_(radix)
    if not 2 <= base <= len(_DIGITS):
        raise FunctionError("D3100", base)
    number = round_(value)
    if isinstance(number, float):
        if not math.isfinite(number):
            raise FunctionError("D1001", value)
        number = int(number)
    return ("-" if number < 0 else "") + _in_base(abs(int(number)), int(base))


def _in_base(number: int, base: int) -> str:
    if base == 10:
        return int_to_string(number)
    if base in (2, 8, 16):
        return format(number, {2: "b", 8: "o", 16: "x"}[base])
    digits: list[str] = []
    while number >= base:
        number, digit = divmod(number, base)
        digits.append(_DIGITS[digit])
    digits.append(_DIGITS[number])
    return "".join(reversed(digits))

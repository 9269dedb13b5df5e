"""`$formatNumber` and `$formatBase`."""

from __future__ import annotations

import math
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from engine.jsonata.functions.errors import FunctionError, present
from engine.jsonata.functions.exactmath import EXACT, SAFE_INTEGER, exact
from engine.jsonata.functions.numberpicture import Layout, Symbols, number_picture
from engine.jsonata.functions.numbers import quantized, round_, rounded
from engine.jsonata.functions.numbertext import int_to_string
from engine.jsonata.functions.stringify import string
from engine.jsonata.missing import MISSING

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_NAMES: Final = MappingProxyType({"NaN": "NaN", "Infinity": "Infinity", "-Infinity": "Infinity"})


def format_number(value: Any, picture: Any, options: Any = MISSING) -> Any:
    """A number as an XPath picture says (`#,##0.00`), digit for digit. `options` override symbols by their XPath names.

    Raises D3080 to D3093 for a picture that is not valid, T0410 without one.
    """
    if value is MISSING:
        return MISSING
    given = tuple((name, _symbol(symbol)) for name, symbol in options.items()) if options else ()
    symbols, positive, negative = number_picture(present(picture, 2), given)
    if value.__class__ is int and -SAFE_INTEGER < value < SAFE_INTEGER:
        layout = positive if value >= 0 else negative
        if layout.plain:
            return layout.prefix + _joined(str(abs(value)), "", layout) + layout.suffix
    amount = exact(value)
    layout = positive if not amount.is_nan() and amount >= 0 else negative
    if layout.plain and amount.is_finite():
        whole, _, fraction = format(quantized(amount, layout.max_fraction).copy_abs(), "f").partition(".")
        return layout.prefix + _joined(whole, fraction.rstrip("0"), layout) + layout.suffix
    if layout.factor != 1:
        amount = EXACT.multiply(amount, layout.factor)
    exponent = ""
    if layout.min_exponent:
        amount, power = _scaled(amount, layout.scaling)
        digits = _translated(str(abs(power)), symbols).rjust(layout.min_exponent, symbols.digits[0])
        exponent = symbols.exponent + (symbols.minus if power < 0 else "") + digits
    return layout.prefix + _mantissa(amount, layout, symbols) + exponent + layout.suffix


def _joined(whole: str, fraction: str, layout: Layout) -> str:
    """The digits of a number where the picture has neither groups nor an exponent."""
    whole = whole.rjust(layout.min_integer, "0")
    fraction = fraction.ljust(layout.min_fraction, "0")
    return f"{whole}.{fraction}" if fraction else whole


def _symbol(value: Any) -> str:
    """A symbol that the options give. Raises T0410 for a list, an object or a function."""
    if isinstance(value, (list, dict)) or callable(value):
        raise FunctionError("T0410", value, index=3)
    return str(string(value)) if value is not MISSING else "undefined"


def _scaled(amount: Decimal, scaling: int) -> tuple[Decimal, int]:
    """The amount as mantissa and power of ten, with `scaling` digits in the mantissa's integer part."""
    if not amount or not amount.is_finite():
        return amount, 0
    power = amount.adjusted() - scaling + 1
    mantissa = amount.scaleb(-power, EXACT)
    if power > 0 and mantissa.copy_abs() == Decimal(10) ** (scaling - 1):
        return mantissa * 10, power - 1  # the reference leaves 10 as 10e0 where the picture is 0e0
    return mantissa, power


def _mantissa(amount: Decimal, layout: Layout, symbols: Symbols) -> str:
    """The digits with their separators, put together in the order and by the positions of the reference."""
    finite = amount.is_finite()
    digits = format(exact(rounded(amount, layout.max_fraction)).copy_abs(), "f") if finite else _NAMES[str(amount)]
    text = _translated(digits, symbols)
    text = text.replace(".", symbols.decimal, 1) if "." in text else text + symbols.decimal
    if len(symbols.zero) == 1:
        text = text.strip(symbols.zero)
    at = text.find(symbols.decimal)
    zeros = symbols.zero * (layout.min_fraction - (len(text) - at - 1))
    text = _grouped_integer(symbols.zero * (layout.min_integer - at) + text + zeros, layout, symbols)
    at = text.find(symbols.decimal)
    for position in layout.fraction_groups:
        text = text[: at + 1 + position] + symbols.grouping + text[at + 1 + position :]
    at = text.find(symbols.decimal)
    return text if layout.has_decimal and at != len(text) - 1 else text[:-1]


def _translated(digits: str, symbols: Symbols) -> str:
    if symbols.zero == "0" or not symbols.digits:
        return digits
    return digits.translate({ord("0") + value: digit for value, digit in enumerate(symbols.digits)})


def _grouped_integer(text: str, layout: Layout, symbols: Symbols) -> str:
    at = text.find(symbols.decimal)
    if layout.interval:
        for place in range(at - layout.interval, 0, -layout.interval):
            text = text[:place] + symbols.grouping + text[place:]
        return text
    for position in layout.integer_groups:
        text = text[: at - position] + symbols.grouping + text[at - position :]
        at += 1
    return text


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

"""Amounts of money: `{value, currency}` with decimal text, and the minor units (cents) that some systems count in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from engine.jsonata.functions.decimaltext import as_written, decimal_of, decimal_text
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.exactmath import EXACT
from engine.jsonata.missing import MISSING

_USUAL_DIGITS: Final = 2
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
# ISO 4217: the currencies whose minor unit is not a hundredth.
_WITHOUT: Final = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
)  # fmt: skip
_THOUSANDTHS: Final = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DIGITS: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(_WITHOUT, 0) | dict.fromkeys(_THOUSANDTHS, 3) | dict.fromkeys(("CLF", "UYW"), 4)
)


def amount(value: Any, currency: Any) -> Any:
    """An amount of a decimal text or a number; MISSING for a missing value, null or "".

    Raises D3160 or D3161 for what is no exact number, D3162 for a currency that is no ISO 4217 code.
    """
    if _says_nothing(value):
        return MISSING
    code = _currency(currency, "amount")
    return {"value": as_written(value, "amount", _digits(code)), "currency": code}


def minor_units(value: Any, currency: Any = MISSING) -> Any:
    """The whole number of minor units in an amount, or in a value and its currency; MISSING where there is none.

    Raises D3163 when the value has more digits than the currency has minor units.
    """
    if isinstance(value, dict):
        value, currency = value.get("value", MISSING), value.get("currency", MISSING)
    if _says_nothing(value):
        return MISSING
    code = _currency(currency, "minorUnits")
    scaled = decimal_of(value, "minorUnits").scaleb(_digits(code), EXACT)
    if scaled != scaled.to_integral_value():
        raise FunctionError("D3163", value, functionName="minorUnits", token=_precision(code))
    return int(scaled)


def from_minor_units(units: Any, currency: Any) -> Any:
    """The amount that a whole number of minor units is; MISSING where there is none. Raises D3163 for a fraction."""
    if _says_nothing(units):
        return MISSING
    code = _currency(currency, "fromMinorUnits")
    number = decimal_of(units, "fromMinorUnits")
    if number != number.to_integral_value():
        raise FunctionError("D3163", units, functionName="fromMinorUnits", token="a whole number of minor units")
    value = Decimal(int(number)).scaleb(-_digits(code), EXACT)
    return {"value": decimal_text(value, _digits(code)), "currency": code}


def _says_nothing(value: Any) -> bool:
    return value is MISSING or value is None or value == ""


def _currency(value: Any, function: str) -> str:
    if isinstance(value, str) and _CURRENCY.fullmatch(value):
        return value
    raise FunctionError("D3162", None if value is MISSING else value, functionName=function)


def _digits(currency: str) -> int:
    return _DIGITS.get(currency, _USUAL_DIGITS)


def _precision(currency: str) -> str:
    digits = _digits(currency)
    return f"at most {digits} decimal places in {currency}" if digits else f"no decimal places in {currency}"

"""Numbers as the decimal text of canonical amounts and quantities: every digit as it came, no exponent."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.exactmath import EXACT, exact, is_noisy

_CANONICAL: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_WRITTEN: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([Ee][+-]?[0-9]+)?")
_MOST_DIGITS: Final = 1000
_MOST_EXPONENT: Final = 400


def decimal_of(value: Any, function: str) -> Decimal:
    """A number, or a text of digits, as an exact Decimal that keeps its trailing zeros.

    Raises D3160 for everything else and beyond 1,000 digits or an exponent of 400, D3161 for the endless result of a
    division.
    """
    found: Decimal | None = None
    if isinstance(value, str):
        if len(value) <= _MOST_DIGITS and _WRITTEN.fullmatch(value):
            found = Decimal(value)
    elif isinstance(value, float):
        if is_noisy(value):
            raise FunctionError("D3161", value, functionName=function)
        found = exact(value)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        found = exact(value)
    if found is None or not found.is_finite() or abs(found.adjusted()) > _MOST_EXPONENT:
        raise FunctionError("D3160", value, functionName=function)
    return found


def decimal_text(value: Decimal, least_places: int = 0) -> str:
    """Plain digits; zeros are added where there are fewer decimal places than `least_places`."""
    if least_places and value.as_tuple().exponent > -least_places:  # type: ignore[operator]
        value = value.quantize(Decimal((0, (1,), -least_places)), context=EXACT)
    return format(value.copy_abs() if value.is_zero() else value, "f")


def as_written(value: Any, function: str, least_places: int = 0) -> str:
    """Decimal text: a text that is one already stays as it is, a number is written with `least_places` or more."""
    if isinstance(value, str) and len(value) <= _MOST_DIGITS and _CANONICAL.fullmatch(value):
        return value
    return decimal_text(decimal_of(value, function), 0 if isinstance(value, str) else least_places)

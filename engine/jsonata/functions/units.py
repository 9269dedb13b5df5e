"""Units of measure: exact conversion by an item's own factors, and what a system's word for a unit means.

A unit is `{code, list}`, for equal codes of two lists may be different units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from engine.jsonata.functions.decimaltext import as_written, decimal_of, decimal_text
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.exactmath import EXACT
from engine.jsonata.missing import MISSING

Table = Callable[[str, Any], Any]
"""Reads a code table: its name and a key give a text, or MISSING."""

_STANDARD_LISTS: Final = frozenset(("rec20", "rec21"))
_X12: Final = "x12-355"
_SYSTEM: Final = "system:"
_MOST_PLACES: Final = 100


def unit(code: Any, system: Any, table: Table) -> Any:
    """What a system's word for a unit means, as `{code, list}`; MISSING for a word the table of units does not have."""
    key = table(f"{system}-unit", code)
    return MISSING if key is MISSING else {"code": table("unit-code", key), "list": table("unit-list", key)}


def unit_code(value: Any, system: Any, table: Table) -> Any:
    """A unit in the words of a system; MISSING for a unit that the table does not have. Raises D3165 for no unit."""
    if value is MISSING or value is None:
        return MISSING
    code, listed = _unit(value, "unitCode")
    if listed in _STANDARD_LISTS:
        key = table("code-unit", code)
        if key is not MISSING and table("unit-list", key) != listed:
            return MISSING
    elif listed == _X12:
        key = table("x12-unit", code)
    elif listed == f"{_SYSTEM}{system}":
        return code
    else:
        key = table(f"{listed.removeprefix(_SYSTEM)}-unit", code)
    return MISSING if key is MISSING else table(f"unit-{system}", key)


def convert(quantity: Any, target: Any, item: Any, digits: Any = MISSING) -> Any:
    """A quantity in another unit of an item, by the fractions of the item's `units` and its `baseUnit`.

    MISSING without a quantity. Raises D3165 for what is no quantity or unit, D3166 for a unit the item does not have
    or a factor that is none, and D3167 when the result has no end and `digits` does not say where to round it.
    """
    if quantity is MISSING or quantity is None:
        return MISSING
    if not isinstance(quantity, dict) or "value" not in quantity:
        raise FunctionError("D3165", quantity, functionName="convert", token='a quantity {"value", "unit"}')
    source, wanted = _unit(quantity.get("unit", MISSING), "convert"), _unit(target, "convert")
    unit_object = {"code": wanted[0], "list": wanted[1]}
    if source == wanted and digits is MISSING:
        return {"value": as_written(quantity["value"], "convert"), "unit": unit_object}
    factors = dict(_factors(item))
    ratio = _factor(factors, source) / _factor(factors, wanted)
    result = Fraction(decimal_of(quantity["value"], "convert")) * ratio
    if digits is not MISSING:
        result = _rounded(result, int(digits))
    return {"value": decimal_text(_exact(result, quantity["value"], unit_object)), "unit": unit_object}


def _unit(value: Any, function: str) -> tuple[str, str]:
    if isinstance(value, dict) and isinstance(value.get("code"), str) and isinstance(value.get("list"), str):
        return value["code"], value["list"]
    found = None if value is MISSING else value
    raise FunctionError("D3165", found, functionName=function, token='a unit {"code", "list"}')


def _factors(item: Any) -> Iterator[tuple[tuple[str, str], Fraction]]:
    """How many base units each unit of an item holds."""
    if not isinstance(item, dict) or "baseUnit" not in item:
        found = None if item is MISSING else item
        raise FunctionError("D3165", found, functionName="convert", token='an item with a "baseUnit"')
    yield _unit(item["baseUnit"], "convert"), Fraction(1)
    units = item.get("units") or []
    for entry in units if isinstance(units, list) else [units]:
        factor = entry.get("factor") if isinstance(entry, dict) else None
        if not isinstance(factor, dict) or not all(_is_positive(factor.get(part)) for part in ("num", "den")):
            raise FunctionError("D3166", message=f"$convert() expected a factor with num and den, got {entry}")
        yield _unit(entry.get("unit"), "convert"), Fraction(factor["num"]) / Fraction(factor["den"])


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and value > 0


def _factor(factors: Mapping[tuple[str, str], Fraction], wanted: tuple[str, str]) -> Fraction:
    if wanted not in factors:
        listed = ", ".join(f"{code} of {name}" for code, name in factors)
        message = f"$convert() expected a unit that the item has ({listed}), got {wanted[0]} of {wanted[1]}"
        raise FunctionError("D3166", message=message)
    return factors[wanted]


def _exact(result: Fraction, value: Any, wanted: Mapping[str, str]) -> Decimal:
    """The fraction as a Decimal without rounding."""
    places, rest = 0, result.denominator
    while rest % 10 == 0:
        places, rest = places + 1, rest // 10
    for prime in (2, 5):
        while rest % prime == 0:
            places, rest = places + 1, rest // prime
    if rest != 1 or places > _MOST_PLACES:
        raise FunctionError("D3167", value, token=f"{wanted['code']} of {wanted['list']}")
    return Decimal(result.numerator * (10**places // result.denominator)).scaleb(-places, EXACT)


def _rounded(result: Fraction, places: int) -> Fraction:
    """Half to even at some decimal places."""
    places = max(0, min(places, _MOST_PLACES))
    return Fraction(round(result * 10**places), 10**places)

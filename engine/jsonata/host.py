"""Functions beyond JSONata's own that every expression of a workspace can call: amounts, identifiers and units.

Their documentation is the page `docs/reference/functions.md` (see `engine.jsonata.reference`), examples included.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from textwrap import dedent
from typing import Any, Final

from engine.jsonata.errors import ExpressionError
from engine.jsonata.functions import amounts, identifiers, units
from engine.jsonata.library import STANDARD
from engine.jsonata.missing import MISSING
from engine.jsonata.registry import Function, FunctionRegistry
from engine.jsonata.runtime.state import State

UNIT_FUNCTIONS: Final = frozenset(("unit", "unitCode"))
"""Those that read the code table of units, by the column that their second argument names."""


def unit_table(system: str) -> str:
    """The name under which the code table of units answers for a system's words."""
    return f"{system}-unit"


def _entry(state: State, name: str, key: Any) -> Any:
    """A value of a code table, MISSING when there is none. Raises D3151 for no such table, and for several rows."""
    if state.context.lookup is None or key is MISSING:
        return MISSING
    try:
        return state.context.lookup(name, key)
    except LookupError as error:
        raise ExpressionError("D3151", message=str(error), value=key) from error


def _unit(state: State, code: Any, system: Any) -> Any:
    return units.unit(code, system, partial(_entry, state))


def _unit_code(state: State, unit: Any, system: Any) -> Any:
    return units.unit_code(unit, system, partial(_entry, state))


def _host(
    name: str, signature: str, implementation: Callable[..., Any], doc: str, *, state: bool = False, arity: int = 2
) -> Function:
    text = dedent(doc).strip()
    return Function(name, signature, implementation, text, wants_state=state, parameters=arity, stable=state)


_AMOUNT = """
    An amount of money, `{value, currency}`, of a number or of digits as text. Nothing for a missing value, null or "".

    Digits stay as they came. A number is written with at least the digits of the currency's minor unit; a text is left
    as it is. The value is never rounded, and the endless result of a division is refused: use `$round` first.

    - `$amount("19.90", "USD")` gives `{"value": "19.90", "currency": "USD"}`
    - `$amount(19.9 * 3, "USD")` gives `{"value": "59.70", "currency": "USD"}`
    - `$amount(1200, "JPY")` gives `{"value": "1200", "currency": "JPY"}`
    - `$exists($amount(null, "USD"))` gives `false`
"""
_MINOR_UNITS = """
    The whole number of minor units (cents) in an amount, or in a value and its currency, by ISO 4217: 2 digits for
    most, none for JPY, 3 for KWD. More digits than that are refused and never rounded away.

    - `$minorUnits({"value": "19.90", "currency": "USD"})` gives `1990`
    - `$minorUnits("1200", "JPY")` gives `1200`
    - `$minorUnits("1.5", "KWD")` gives `1500`
"""
_FROM_MINOR_UNITS = """
    The amount that a whole number of minor units is.

    - `$fromMinorUnits(1990, "USD")` gives `{"value": "19.90", "currency": "USD"}`
    - `$fromMinorUnits(1200, "JPY")` gives `{"value": "1200", "currency": "JPY"}`
"""
_IDENTIFIER = """
    The value of one identifier out of a list of `{scheme, value}`, by its scheme; of several schemes, the first that is
    there. Nothing when none is.

    - `$identifier([{"scheme": "sku", "value": "W-1"}, {"scheme": "gtin", "value": "00012345678905"}], "gtin")`
      gives `"00012345678905"`
    - `$identifier({"scheme": "sku", "value": "W-1"}, ["gtin", "sku"])` gives `"W-1"`
    - `$identifier([{"scheme": "sku", "value": "W-1"}], "gtin") ?? "none"` gives `"none"`
"""
_UNIT = """
    What a system's word for a unit means, as `{code, list}`: the row of `canonical/codes/units.csv` that holds the word
    in that system's column. Nothing for a word that is not there. The second argument names a column, such as `x12`.

    - `$unit("EACH", "wms")` gives `{"code": "H87", "list": "rec20"}`
    - `$unit("CA", "x12")` gives `{"code": "CS", "list": "rec21"}`
    - `$exists($unit("FURLONG", "wms"))` gives `false`
"""
_UNIT_CODE = """
    A unit `{code, list}` in the words of a system: the way back from `$unit`. The list decides what a code means, so
    that an X12 `CA` is a case and nothing else.

    - `$unitCode({"code": "CS", "list": "rec21"}, "erp")` gives `"CS"`
    - `$unitCode({"code": "CA", "list": "x12-355"}, "wms")` gives `"CASE"`
    - `$unitCode({"code": "CTN", "list": "system:wms"}, "erp")` gives `"CT"`
"""
_CONVERT = """
    A quantity in another unit of an item (canonical `item`: its `baseUnit`, and `units` with a `factor` of `num` and
    `den` each). The fractions are exact, so is the result; one that has no end, such as a third of a case, is refused
    unless a fourth argument says how many decimal places to round to (half to even).

    - `$convert({"value": "3", "unit": {"code": "CS", "list": "rec21"}}, {"code": "H87", "list": "rec20"},
      {"baseUnit": {"code": "H87", "list": "rec20"},
      "units": [{"unit": {"code": "CS", "list": "rec21"}, "factor": {"num": 24, "den": 1}}]})`
      gives `{"value": "72", "unit": {"code": "H87", "list": "rec20"}}`
    - `$convert({"value": "10", "unit": {"code": "H87", "list": "rec20"}}, {"code": "CS", "list": "rec21"},
      {"baseUnit": {"code": "H87", "list": "rec20"},
      "units": [{"unit": {"code": "CS", "list": "rec21"}, "factor": {"num": 24, "den": 1}}]}, 3)`
      gives `{"value": "0.417", "unit": {"code": "CS", "list": "rec21"}}`
"""

OWN: Final = (
    _host("amount", "<xs:o>", amounts.amount, _AMOUNT),
    _host("minorUnits", "<xs?:n>", amounts.minor_units, _MINOR_UNITS),
    _host("fromMinorUnits", "<xs:o>", amounts.from_minor_units, _FROM_MINOR_UNITS),
    _host("identifier", "<xx:s>", identifiers.identifier, _IDENTIFIER),
    _host("unit", "<xs:o>", _unit, _UNIT, state=True),
    _host("unitCode", "<xs:s>", _unit_code, _UNIT_CODE, state=True),
    _host("convert", "<xxxn?:o>", units.convert, _CONVERT, arity=4),
)

LIBRARY: Final[FunctionRegistry] = STANDARD.with_functions(*OWN)
"""JSONata's functions and our own: what expressions of a workspace are compiled with."""

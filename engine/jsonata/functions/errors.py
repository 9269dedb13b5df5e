"""The error every built-in function raises: a JSONata code, the value found, and a message from one table.

Codes are those of the JSONata reference (`Dnnnn` dynamic, `Tnnnn` type, `Snnnn` static). Codes that start with `U` are
this engine's own: limits and inputs the reference does not define.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from engine.jsonata.missing import MISSING

_SHOWN_CHARACTERS: Final = 80

MESSAGES: Final[dict[str, str]] = {
    "S0301": "a regular expression must not be empty",
    "S0303": "the regular expression {value} is not valid: {reason}",
    "T0410": "argument {index} of {function} does not fit its signature, got {value}",
    "T0412": "argument {index} of {function} must be an array of {type}, got {value}",
    "T1010": "the matcher passed to {function} must return match, start, end, groups and next, got {value}",
    "D1001": "number out of range: {value}",
    "D1004": "the regular expression {value} matches a string of length zero and cannot advance",
    "D2015": "a sequence of {value} items exceeds the limit of {limit}",
    "D3001": "infinity and NaN have no text form, got {value}",
    "D3010": "the pattern of replace must not be an empty string",
    "D3011": "the limit of replace must not be negative, got {value}",
    "D3012": "the replacement of a match must be a string, got {value}",
    "D3020": "the limit of split must not be negative, got {value}",
    "D3030": "expected text that reads as a number, got {value}",
    "D3040": "the limit of match must not be negative, got {value}",
    "D3060": "sqrt needs a number that is not negative, got {value}",
    "D3061": "{value} to the power of {exponent} is not a finite number",
    "D3070": "without a comparison function, sort takes only numbers or only strings, got {value}",
    "D3080": "a number picture has at most two sub-pictures, got {value}",
    "D3081": "a sub-picture has at most one decimal separator, got {value}",
    "D3082": "a sub-picture has at most one percent sign, got {value}",
    "D3083": "a sub-picture has at most one per-mille sign, got {value}",
    "D3084": "a sub-picture has either a percent or a per-mille sign, got {value}",
    "D3085": "the mantissa of a sub-picture needs a digit or an optional digit, got {value}",
    "D3086": "a sub-picture must not have other characters between its digits, got {value}",
    "D3087": "a grouping separator must not stand beside the decimal separator, got {value}",
    "D3088": "a grouping separator must not end the integer part, got {value}",
    "D3089": "two grouping separators must not be adjacent, got {value}",
    "D3090": "in the integer part optional digits come before mandatory ones, got {value}",
    "D3091": "in the fractional part mandatory digits come before optional ones, got {value}",
    "D3092": "a sub-picture with percent or per-mille must not have an exponent, got {value}",
    "D3093": "the exponent of a sub-picture consists of digits only, got {value}",
    "D3100": "the radix must be between 2 and 36, got {value}",
    "D3110": "expected an ISO 8601 timestamp, got {value}",
    "D3130": "numbering that starts with {value} is not supported",
    "D3131": "all digits of a picture must be of one decimal family, got {value}",
    "D3132": "unknown component {value} in a date picture",
    "D3133": "only months and days have names in a date picture, got {value}",
    "D3134": "the time zone in a date picture has one to four digits, got {value}",
    "D3135": "a date picture lacks the closing bracket ']', got {value}",
    "D3136": "the date picture lacks the components that a timestamp needs, got {value}",
    "D3140": "{function} found a malformed URL: {value}",
    "U1001": "the regular expression {value} did not end within {seconds} s",
    "U1002": "{function} would make {value} characters, the limit is {limit}",
    "U1003": "unknown time zone {value}, expected an offset such as +0100 or a name such as America/New_York",
}


class FunctionError(Exception):
    """A built-in function cannot give a result.

    `code` is the JSONata code, `value` the offending value (`MISSING` where there is none), `details` whatever else the
    message names (`function`, `index`, `limit` ...). The caller adds the place in the mapping.
    """

    def __init__(self, code: str, value: Any = MISSING, *, message: str | None = None, **details: Any) -> None:
        self.code = code
        self.value = value
        self.details = details
        self.message = message if message is not None else _message(code, value, details)
        super().__init__(self.message)


def _message(code: str, value: Any, details: dict[str, Any]) -> str:
    return MESSAGES[code].format_map({"value": shown(value), **details})


def shown(value: Any) -> str:
    """A value as messages quote it: JSON-like, one line, cut to 80 characters."""
    if isinstance(value, Decimal):
        text = str(value)
    elif value is None or value is True or value is False:
        text = {None: "null", True: "true", False: "false"}[value]
    elif callable(value):
        text = "a function"
    else:
        text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."

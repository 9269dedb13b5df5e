"""Date and time pictures, by XPath fn:format-dateTime: `[D01]/[M01]/[Y0001] [H01]:[m01]`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from engine.jsonata.functions.bounds import bounded_picture
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.integerpicture import Case, IntegerPicture, integer_picture

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ISO_PICTURE: Final = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"

_DEFAULTS: Final = {
    "Y": "1",
    "M": "1",
    "D": "1",
    "d": "1",
    "F": "n",
    "W": "1",
    "w": "1",
    "X": "1",
    "x": "1",
    "H": "1",
    "h": "1",
    "P": "n",
    "m": "01",
    "s": "01",
    "f": "1",
    "Z": "01:01",
    "z": "01:01",
    "C": "n",
    "E": "n",
}
NUMERIC: Final = frozenset("YMDdFWwXxHhmsf")
"""The components that are numbers unless a picture asks for a name."""

_TOKEN: Final = re.compile(r"\[\[|\[[^\]]*(\]?)|(?:[^\[])+")
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Marker:
    """A variable of a picture. `names` is set where it is written as a word, `integer` where as a number.

    `year_digits` cuts the year to its last digits, `parse_width` is the exact number of digits to read (0: as many as
    there are), `zulu` writes Z for UTC.
    """

    component: str
    names: Case | None = None
    integer: IntegerPicture | None = None
    max_width: int | None = None
    year_digits: int = 0
    parse_width: int = 0
    zulu: bool = False


Part = str | Marker
"""A literal or a variable."""


@lru_cache(maxsize=256)
def date_picture(picture: str) -> tuple[Part, ...]:
    """Analyse a picture. Raises D3131, D3132 (unknown component), D3135 (no closing bracket)."""
    parts: list[Part] = []
    for found in _TOKEN.finditer(bounded_picture(picture)):
        token = found[0]
        if token == "[[":
            parts.append("[")
        elif not token.startswith("["):
            parts.append(token.replace("]]", "]"))
        elif not found[1]:
            raise FunctionError("D3135", picture)
        else:
            marker = _marker(_SPACES.sub("", token[1:-1]))
            previous = parts[-1] if parts else None
            if isinstance(previous, Marker) and previous.integer and marker.integer and marker.component in NUMERIC:
                # two numbers without anything between them: the first must have a fixed width to be read
                parts[-1] = replace(previous, parse_width=previous.integer.mandatory)
            parts.append(marker)
    return tuple(parts)


def _marker(text: str) -> Marker:
    component = text[:1]
    presentation, comma, widths = text[1:].rpartition(",")
    if not comma:
        presentation, widths = text[1:], ""
    least, _, most = widths.partition("-")
    min_width, max_width = _width(least), _width(most)
    modifier = ""
    if len(presentation) > 1 and presentation[-1] in "atco":
        presentation, modifier = presentation[:-1], presentation[-1]
    presentation = presentation or _DEFAULTS.get(component, "")
    if not presentation:
        raise FunctionError("D3132", component)
    marker = Marker(component, _names(presentation), None, max_width, zulu=modifier == "t")
    if component in "Zz":
        return replace(marker, names=None, integer=integer_picture(presentation))
    if marker.names or component not in NUMERIC:
        return marker
    integer = integer_picture(presentation + (";" + modifier if modifier else ""))
    integer = replace(integer, mandatory=max(integer.mandatory, min_width or 0))
    if component == "Y":
        return _year(marker, integer, max_width)
    return replace(marker, integer=integer)


def _year(marker: Marker, integer: IntegerPicture, max_width: int | None) -> Marker:
    if max_width is not None:
        return replace(marker, integer=replace(integer, mandatory=max_width), year_digits=max_width)
    size = integer.mandatory + integer.optional if integer.primary == "decimal" else 0
    return replace(marker, integer=integer, year_digits=size if size >= 2 else 0)


def _width(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _names(presentation: str) -> Literal["upper", "lower", "title"] | None:
    if presentation.startswith("n"):
        return "lower"
    if presentation.startswith("Nn"):
        return "title"
    return "upper" if presentation.startswith("N") else None

"""`$formatInteger` and `$parseInteger`: integers by the pictures of XPath's fn:format-integer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, Final, Literal

from engine.jsonata.functions import numberwords
from engine.jsonata.functions.bounds import bounded_picture, bounded_text
from engine.jsonata.functions.errors import FunctionError, present
from engine.jsonata.functions.numbers import floor
from engine.jsonata.functions.numbertext import int_of, int_to_string
from engine.jsonata.missing import MISSING

Primary = Literal["decimal", "letters", "roman", "words", "sequence"]
Case = Literal["upper", "lower", "title"]

_PRIMARIES: Final[dict[str, tuple[Primary, Case]]] = {
    "A": ("letters", "upper"),
    "a": ("letters", "lower"),
    "I": ("roman", "upper"),
    "i": ("roman", "lower"),
    "W": ("words", "upper"),
    "Ww": ("words", "title"),
    "w": ("words", "lower"),
}
_TO_TEXT: Final[dict[Primary, Callable[[int], str]]] = {
    "letters": numberwords.to_letters,
    "roman": numberwords.to_roman,
}
# The zeros of the decimal digit families that the reference knows.
_ZEROS: Final = (
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
)  # fmt: skip
_LEADING_INTEGER: Final = re.compile(r"\s*([-+]?[0-9]+)")
_SUFFIXES: Final = {"1": "st", "2": "nd", "3": "rd"}


@dataclass(frozen=True, slots=True)
class IntegerPicture:
    """How an integer is written. `separators` are pairs of (digits to the right, character), from right to left.

    `interval` is the distance of the separators where they repeat, else 0. `token` is the picture itself.
    """

    token: str
    primary: Primary
    case: Case = "lower"
    ordinal: bool = False
    zero: int = 0x30
    mandatory: int = 0
    optional: int = 0
    separators: tuple[tuple[int, str], ...] = ()
    interval: int = 0


@lru_cache(maxsize=256)
def integer_picture(picture: str) -> IntegerPicture:
    """Analyse a picture such as `#,##0;o`, `Ww` or `i`. Raises D3131 where digits of two families mix."""
    token, semicolon, modifier = bounded_picture(picture).rpartition(";")
    if not semicolon:
        token, modifier = picture, ""
    ordinal = modifier.startswith("o")
    if token in _PRIMARIES:
        primary, case = _PRIMARIES[token]
        return IntegerPicture(token, primary, case, ordinal)
    zeros: set[int] = set()
    mandatory = optional = 0
    separators: list[tuple[int, str]] = []
    for char in reversed(token):
        zero = next((zero for zero in _ZEROS if zero <= ord(char) <= zero + 9), None)
        if zero is not None:
            zeros.add(zero)
            mandatory += 1
        elif char == "#":
            optional += 1
        else:
            separators.append((mandatory + optional, char))
    if not mandatory:
        return IntegerPicture(token, "sequence", "lower", ordinal)
    if len(zeros) > 1:
        raise FunctionError("D3131", picture)
    interval = _interval(separators)
    return IntegerPicture(
        token, "decimal", "lower", ordinal, zeros.pop(), mandatory, optional, tuple(separators), interval
    )


def _interval(separators: list[tuple[int, str]]) -> int:
    """The distance at which one separator repeats, 0 where they are irregular."""
    if len({char for _, char in separators}) != 1:
        return 0
    return regular_interval([position for position, _ in separators])


def regular_interval(positions: list[int]) -> int:
    """The distance d where the positions are d, 2d, 3d ..., else 0."""
    if not positions:
        return 0
    step = reduce(math.gcd, positions)
    regular = step > 0 and all(step * count in positions for count in range(1, len(positions) + 1))
    return step if regular else 0


def format_integer(value: Any, picture: Any) -> Any:
    """A number, rounded down, as its picture says. Raises D3130 for a numbering that is not supported, D3131.

    T0410 without a picture.
    """
    if value is MISSING:
        return MISSING
    present(picture, 2)
    if isinstance(value, float) and not math.isfinite(value):
        return write_nan(integer_picture(picture), value)
    return write_integer(int(floor(value)), integer_picture(picture))


def write_integer(value: int, picture: IntegerPicture) -> str:
    """An integer as an analysed picture says. Raises D3130 for a numbering that is not supported."""
    sign = "-" if value < 0 else ""
    value = abs(value)
    if picture.primary == "decimal":
        return sign + _decimal(value, picture)
    if picture.primary == "sequence":
        raise FunctionError("D3130", picture.token)
    if picture.primary == "words":
        words = numberwords.to_words(value, picture.ordinal)
        return sign + {"upper": words.upper(), "lower": words.lower(), "title": words}[picture.case]
    text = _TO_TEXT[picture.primary](value)
    return sign + (text.upper() if picture.case == "upper" else text)


def write_nan(picture: IntegerPicture, value: float = math.nan) -> str:
    """What the reference writes for NaN or infinity. Raises D1001 for words, and for infinity in letters."""
    if picture.primary == "sequence":
        raise FunctionError("D3130", picture.token)
    if picture.primary == "decimal":
        name = "NaN" if math.isnan(value) else "Infinity"
        return ("-" if value < 0 else "") + _written(name, picture)
    if picture.primary == "words" or not math.isnan(value):
        raise FunctionError("D1001", value)
    return ""


def _decimal(value: int, picture: IntegerPicture) -> str:
    return _written(int_to_string(value), picture)


def _written(digits: str, picture: IntegerPicture) -> str:
    bounded_text(picture.mandatory)
    text = digits.rjust(picture.mandatory, "0")
    if picture.zero != ord("0"):
        text = "".join(chr(ord(digit) - ord("0") + picture.zero) for digit in text)
    text = _grouped(text, picture)
    if not picture.ordinal:
        return text
    if text[-2:-1] == "1":
        return text + "th"
    return text + _SUFFIXES.get(text[-1], "th")


def _grouped(text: str, picture: IntegerPicture) -> str:
    if picture.interval:
        places = range(len(text) - picture.interval, 0, -picture.interval)
        for place in places:
            text = text[:place] + picture.separators[0][1] + text[place:]
        return text
    for position, char in reversed(picture.separators):
        place = len(text) - position
        # as in the reference, also where the number is too short for its picture
        text = text[:place] + char + text[place:] if place >= 0 else char + text[place:]
    return text


def parse_integer(text: Any, picture: Any) -> Any:
    """The number that a text written by the picture stands for, NaN where it is none. Raises D3130 and D3131.

    T0410 without a picture.
    """
    return text if text is MISSING else read_integer(text, integer_picture(present(picture, 2)))


def read_integer(text: str, picture: IntegerPicture) -> int | float:
    """The number that a text written by an analysed picture stands for, NaN where it is none. Raises D3130."""
    if picture.primary == "sequence":
        raise FunctionError("D3130", picture.token)
    upper = picture.case == "upper"
    bounded_picture(text)
    if picture.primary == "letters":
        return numberwords.from_letters(text, "A" if upper else "a")
    if picture.primary == "roman":
        return numberwords.from_roman(text if upper else text.upper())
    if picture.primary == "words":
        return numberwords.from_words(text.lower())
    digits = text[:-2] if picture.ordinal else text
    for char in {char for _, char in picture.separators} | ({","} if picture.interval else set()):
        digits = digits.replace(char, "")
    if picture.zero != ord("0"):
        codes = [ord(digit) - picture.zero + ord("0") for digit in digits]
        if any(code < 0 for code in codes):
            raise FunctionError("D3030", text)
        digits = "".join(map(chr, codes))
    found = _LEADING_INTEGER.match(digits)
    return math.nan if found is None else int_of(found[1])

"""Integers as English words, roman numerals and spreadsheet letters, and back."""

from __future__ import annotations

import re
from math import nan
from typing import Final

from engine.jsonata.functions.errors import FunctionError

_FEW: Final = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
]
_ORDINALS: Final = [
    "Zeroth",
    "First",
    "Second",
    "Third",
    "Fourth",
    "Fifth",
    "Sixth",
    "Seventh",
    "Eighth",
    "Ninth",
    "Tenth",
    "Eleventh",
    "Twelfth",
    "Thirteenth",
    "Fourteenth",
    "Fifteenth",
    "Sixteenth",
    "Seventeenth",
    "Eighteenth",
    "Nineteenth",
]
_TENS: Final = ["Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"]
_MAGNITUDES: Final = ["Thousand", "Million", "Billion", "Trillion"]
_ROMAN: Final = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
_ROMAN_VALUES: Final = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
_MAX_ROMAN: Final = 10_000_000  # ten thousand times "m"
_SEPARATORS: Final = re.compile(r",\s|\sand\s|[\s\\-]")


def _word_values() -> dict[str, int]:
    values = {word.lower(): value for words in (_FEW, _ORDINALS) for value, word in enumerate(words)}
    for position, word in enumerate(_TENS):
        values[word.lower()] = values[word[:-1].lower() + "ieth"] = 20 + 10 * position
    values["hundred"] = values["hundredth"] = 100
    for position, word in enumerate(_MAGNITUDES):
        values[word.lower()] = values[word.lower() + "th"] = 1000 ** (position + 1)
    return values


WORD_VALUES: Final = _word_values()


def to_words(value: int, ordinal: bool) -> str:
    """A number from 0 in words with capitals: "One Hundred and Twenty-Third" (ordinal) or "... Three"."""
    return _words(value, False, ordinal)


def _words(value: int, follows: bool, ordinal: bool) -> str:
    if value < 20:
        return (" and " if follows else "") + (_ORDINALS if ordinal else _FEW)[value]
    if value < 100:
        return (" and " if follows else "") + _tens(value, ordinal)
    if value < 1000:
        head, size = _FEW[value // 100], 100
        name = "Hundred"
    else:
        magnitude = min((len(str(value)) - 1) // 3, len(_MAGNITUDES))
        size = 1000**magnitude
        head, name = _words(value // size, False, False), _MAGNITUDES[magnitude - 1]
    rest = value % size
    tail = _words(rest, True, ordinal) if rest else "th" if ordinal else ""
    return f"{', ' if follows else ''}{head} {name}{tail}"


def _tens(value: int, ordinal: bool) -> str:
    word = _TENS[value // 10 - 2]
    if value % 10:
        return f"{word}-{_words(value % 10, False, ordinal)}"
    return word[:-1] + "ieth" if ordinal else word


def from_words(text: str) -> int | float:
    """The number that words in lower case stand for, NaN where one of them is unknown."""
    segments = [0]
    for word in _SEPARATORS.split(text):
        value = WORD_VALUES.get(word)
        if value is None:
            return nan
        if value >= 100:
            segments[-1] *= value
        elif segments[-1] >= 1000:
            segments.append(value)
        else:
            segments[-1] += value
    return sum(segments)


def to_roman(value: int) -> str:
    """A number in roman numerals, lower case; nothing for 0. Raises D1001 beyond ten million."""
    if value > _MAX_ROMAN:
        raise FunctionError("D1001", value)
    parts: list[str] = []
    for size, numeral in _ROMAN:
        times, value = divmod(value, size)
        parts.append(numeral * times)
    return "".join(parts)


def from_roman(text: str) -> int | float:
    """The number that roman numerals in capitals stand for, NaN where a character is none."""
    total, greatest = 0, 1
    for digit in reversed(text):
        value = _ROMAN_VALUES.get(digit)
        if value is None:
            return nan
        if value < greatest:
            total -= value
        else:
            greatest = value
            total += value
    return total


def to_letters(value: int) -> str:
    """A number as spreadsheet columns are named, lower case: 1 is a, 27 is aa; nothing for 0."""
    letters: list[str] = []
    while value > 0:
        value, position = divmod(value - 1, 26)
        letters.append(chr(ord("a") + position))
    return "".join(reversed(letters))


def from_letters(text: str, first: str) -> int:
    """The number of a spreadsheet column whose letters start at `first`; other characters count by their distance."""
    total = 0
    for letter in text:
        total = total * 26 + ord(letter) - ord(first) + 1
    return total

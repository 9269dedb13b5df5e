"""Positions in a string: the reference counts UTF-16 units where it reports a match, Python counts characters."""

from __future__ import annotations

from typing import Final

_LAST_OF_ONE_UNIT: Final = "\uffff"


def to_units(text: str, position: int) -> int:
    """The position in UTF-16 units of the character at `position`."""
    if text.isascii():
        return position
    return position + sum(char > _LAST_OF_ONE_UNIT for char in text[:position])


def from_units(text: str, units: int) -> int:
    """The position in characters of the UTF-16 unit at `units`; inside a pair, of the character behind it."""
    if text.isascii():
        return units
    position = 0
    for char in text:
        if units <= 0:
            break
        units -= 2 if char > _LAST_OF_ONE_UNIT else 1
        position += 1
    return position + max(units, 0)

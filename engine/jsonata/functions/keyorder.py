"""The order of an object's keys as JavaScript has it: those that look like array indexes first, by number."""

from __future__ import annotations

from typing import Any, Final

_DIGITS: Final = frozenset("0123456789")
_LAST_INDEX: Final = 2**32 - 2


def is_index(key: str) -> bool:
    """Whether a key looks like an array index: 0, 7, 42, but not 007, -1 or 1.5."""
    return (
        key[:1] in _DIGITS
        and key.isascii()
        and key.isdigit()
        and (key[0] != "0" or key == "0")
        and len(key) <= 10
        and int(key) <= _LAST_INDEX
    )


def in_order(value: dict[str, Any]) -> dict[str, Any]:
    """The object with its keys in order: itself, if they are."""
    for key in value:
        if key[:1] in _DIGITS:
            break
    else:
        return value
    indexes = sorted((key for key in value if is_index(key)), key=int)
    if not indexes:
        return value
    return {key: value[key] for key in indexes} | value

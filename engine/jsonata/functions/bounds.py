"""How large a value a single function may make: without a bound one call could fill the memory."""

from __future__ import annotations

from typing import Final

from engine.jsonata.functions.errors import FunctionError

MAX_TEXT: Final = 10_000_000
"""Characters of a string, as many as the default of `Limits.text`."""

MAX_ITEMS: Final = 1_000_000
"""Items of an array, as many as the default of `Limits.sequence`."""

MAX_PICTURE: Final = 10_000
"""Characters of a picture, and of a number in words, letters or digits."""


def bounded_text(size: int) -> None:
    """Raise D2016 for a string of more than MAX_TEXT characters."""
    if size > MAX_TEXT:
        raise FunctionError("D2016", MAX_TEXT, limit=MAX_TEXT)


def bounded_items(size: int) -> None:
    """Raise D2015 for an array of more than MAX_ITEMS items."""
    if size > MAX_ITEMS:
        raise FunctionError("D2015", MAX_ITEMS, limit=MAX_ITEMS)


def bounded_picture(picture: str) -> str:
    """A picture, or the text of a number; raises D2016 for one of more than MAX_PICTURE characters."""
    if len(picture) > MAX_PICTURE:
        raise FunctionError("D2016", MAX_PICTURE, limit=MAX_PICTURE)
    return picture

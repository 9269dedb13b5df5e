"""String functions that need no regular expression. Characters are code points, as `$length` counts them."""

from __future__ import annotations

import re
from typing import Any, Final

from engine.jsonata.functions.bounds import bounded_text
from engine.jsonata.functions.stringify import coerced
from engine.jsonata.missing import MISSING

_SPACES: Final = re.compile("[ \t\n\r]+")


def length(text: Any) -> Any:
    """How many characters a string has."""
    return text if text is MISSING else len(text)


def substring(text: Any, start: Any, size: Any = MISSING) -> Any:
    """`size` characters (default all) from position `start`, which counts from the end where negative."""
    if text is MISSING:
        return MISSING
    if start is MISSING:
        return text if size is MISSING else ""
    total = len(text)
    if total + start < 0:
        start = 0
    if size is MISSING:
        return text[int(start) :]
    if size <= 0:
        return ""
    end = start + size if start >= 0 else total + start + size
    return text[int(start) : int(end)]


def substring_before(text: Any, mark: Any) -> Any:
    """What stands before the first `mark`, or all of it where there is none."""
    if text is MISSING or mark is MISSING:
        return text
    return text.partition(mark)[0] if mark else ""


def substring_after(text: Any, mark: Any) -> Any:
    """What stands after the first `mark`, or all of it where there is none."""
    if text is MISSING or mark is MISSING or not mark:
        return text
    _, found, rest = text.partition(mark)
    return rest if found else text


def lowercase(text: Any) -> Any:
    """The string in lower case."""
    return text if text is MISSING else text.lower()


def uppercase(text: Any) -> Any:
    """The string in upper case."""
    return text if text is MISSING else text.upper()


def trim(text: Any) -> Any:
    """The string without spaces, tabs and line breaks at its ends; runs of them inside become one space."""
    if text is MISSING:
        return MISSING
    return _SPACES.sub(" ", text).strip(" ")


def pad(text: Any, width: Any, filler: Any = MISSING) -> Any:
    """The string filled up to `width` characters at its end, or at its start where the width is negative.

    Raises D2016 for a width beyond `MAX_TEXT`.
    """
    if text is MISSING or width is MISSING:
        return text
    size = int(width)
    lacking = abs(size) - len(text)
    if lacking <= 0:
        return text
    bounded_text(abs(size))
    unit = filler or " "
    padding = (unit * (lacking // len(unit) + 1))[:lacking]
    return text + padding if size > 0 else padding + text


def join(texts: Any, separator: Any = MISSING) -> Any:
    """The strings of an array as one, with a separator between them."""
    if texts is MISSING:
        return MISSING
    if any(text.__class__ is not str for text in texts):  # not checked where other arguments were given before
        texts = ["" if text is None or text is MISSING else coerced(text) for text in texts]
    mark = separator or ""
    bounded_text(sum(map(len, texts)) + len(mark) * len(texts))
    return mark.join(texts)

"""How wide a text is without a font at hand, and how it breaks into lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

LINE: Final = 16.0
"""The height of a line in pixels."""
STRONG: Final = 14.2
"""The size at which a strong line of the usual size is as wide."""
FAINT: Final = 12.0
"""The size of a faint line."""

_NARROW = frozenset("iIjl.,:;'|!()[]{}tfr /-")
_WIDE = frozenset("mwMW@%&")
_ELLIPSIS = "…"
_PARTS = re.compile(r"(?<=[-._])(?=[^-._])")


def width_of(text: str, size: float = 13.0) -> float:
    """About how wide a text is in pixels, in a usual sans-serif font; rather more than less."""
    return sum(_share(character) for character in text) * size


def _share(character: str) -> float:
    if character in _NARROW:
        return 0.4
    if character in _WIDE:
        return 0.95
    if ord(character) > 0x2E7F:
        return 1.05
    return 0.7 if character.isupper() else 0.6


def lines_of(text: str, widest: float, most: int = 3, size: float = 13.0) -> tuple[str, ...]:
    """A text in at most so many lines that fit; what is left out is marked by an ellipsis."""
    lines = _filled(text.split(), " ", widest, most, size)
    return tuple(_cut(line, widest, size) for line in lines)


def name_lines(name: str, widest: float, most: int, size: float) -> tuple[str, ...]:
    """A name in at most so many lines, broken after its hyphens, dots and underscores only; a long part may be half as
    wide again before it is cut."""
    lines = _filled(_PARTS.split(name), "", widest, most, size)
    return tuple(_cut(line, 1.5 * widest, size) for line in lines)


def _filled(parts: Sequence[str], between: str, widest: float, most: int, size: float) -> list[str]:
    lines: list[str] = []
    current = ""
    for part in parts:
        longer = f"{current}{between}{part}" if current else part
        if current and width_of(longer, size) > widest:
            lines.append(current)
            current = part
        else:
            current = longer
    lines.append(current)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]}{between}{_ELLIPSIS}"]
    return [line for line in lines if line]


def _cut(line: str, widest: float, size: float) -> str:
    if width_of(line, size) <= widest:
        return line
    while line and width_of(line + _ELLIPSIS, size) > widest:
        line = line[:-1]
    return line.rstrip() + _ELLIPSIS

"""Where things stand in a configuration file: lines and columns, counted from 1 as editors do."""

from __future__ import annotations

from typing import Self

from msgspec import Struct

_HEX_ESCAPES = {"x": 2, "u": 4, "U": 8}


class Mark(Struct, frozen=True):
    """One place in a file of the workspace."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class TextOrigin(Struct, frozen=True):
    """Where the characters of a YAML text really stand in the file, below a `|` and inside quotes too.

    `source` is the text as it is written in the file, starting at `mark`; `value` is what YAML made of it. `style` is
    its quote (`'` or `"`), `|`, `>` or nothing. `offset` is where this text begins in `value`, for a part of a text
    such as the hole of a template.
    """

    mark: Mark
    source: str
    value: str
    style: str = ""
    offset: int = 0

    def at(self, offset: int) -> Mark:
        """The place of the character `offset` (from 0) of this text."""
        position = _align(self, self.offset + max(offset, 0))
        before = self.source[:position]
        lines = before.count("\n")
        if not lines:
            return Mark(self.mark.file, self.mark.line, self.mark.column + position)
        return Mark(self.mark.file, self.mark.line + lines, position - before.rfind("\n"))

    def at_line(self, line: int, column: int) -> Mark:
        """The place of line and column (both from 1) of this text."""
        text = self.value[self.offset :]
        start = 0
        for _ in range(line - 1):
            newline = text.find("\n", start)
            if newline < 0:
                break
            start = newline + 1
        return self.at(start + max(column, 1) - 1)

    def shifted(self, offset: int) -> TextOrigin:
        """The origin of the part of this text that begins at `offset`."""
        return TextOrigin(self.mark, self.source, self.value, self.style, self.offset + offset)


class Text(str):
    """A text of a YAML file that knows where it stands and what was filled into it.

    `origin` is None for texts that were not written in a file. `filled` are the (start, end) spans that came from the
    environment: they are plain text, whatever characters they hold. `secret` says that one of them is a secret,
    `unresolved` that one has no value here and stands as its reference.
    """

    __slots__ = ("filled", "origin", "secret", "unresolved")

    origin: TextOrigin | None
    filled: tuple[tuple[int, int], ...]
    secret: bool
    unresolved: bool

    def __new__(
        cls,
        value: str,
        origin: TextOrigin | None = None,
        *,
        filled: tuple[tuple[int, int], ...] = (),
        secret: bool = False,
        unresolved: bool = False,
    ) -> Self:
        text = super().__new__(cls, value)
        text.origin = origin
        text.filled = filled
        text.secret = secret
        text.unresolved = unresolved
        return text


def _align(origin: TextOrigin, wanted: int) -> int:
    """The index in the source of the character `wanted` of the value; folding and escapes are followed."""
    source, value = origin.source, origin.value
    position = 0
    for character in value[:wanted]:
        position = _skip_layout(source, position, character)
        if position >= len(source):
            break
        position += _width(source, position, character, origin.style)
    if wanted < len(value):
        position = _skip_layout(source, position, value[wanted])
    return min(position, len(source))


def _skip_layout(source: str, position: int, character: str) -> int:
    """Pass over the indentation and folded lines that stand before a visible `character`."""
    if character.isspace():
        return position
    while position < len(source) and source[position].isspace():
        position += 1
    return position


def _width(source: str, position: int, character: str, style: str) -> int:
    """How many characters of the source write the one `character` at `position`."""
    here = source[position]
    if style == '"' and here == "\\" and position + 1 < len(source):
        return 2 + _HEX_ESCAPES.get(source[position + 1], 0)
    if character.isspace() and not here.isspace():
        return 0  # folding made one space of a line break and its indentation
    if style == "'" and here == "'":
        return 2
    return 1

"""The source that a finding is about, with a caret under exactly that."""

from __future__ import annotations

import re
import unicodedata

from engine.config.findings import Finding

_NAMED = re.compile(r"'([^']+)'")
_TOKEN = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*'|`[^`]*`|\$\{[^}]*\}|\$?\w[\w-]*(?:\.\w[\w-]*)*|\S")
_BEFORE = 40
_CUT = "…"

WIDEST = 120
"""Letters of a line that are shown."""
CLEAR_TEXT = "XD503"
"""The finding of a secret in clear text, which nothing may show."""
HIDDEN = "***"
"""What stands for one."""


def end_column(line: str, finding: Finding) -> int:
    """The column after the last character of what a finding is about; columns are counted from 1."""
    start = finding.column
    rest = line[start - 1 :]
    if rest.startswith(HIDDEN):
        return start + len(HIDDEN)
    for name in _spellings(finding.found):
        if name and rest.startswith(name):
            return start + len(name)
    token = _TOKEN.match(rest)
    return start + (len(token[0]) if token is not None else 1)


def excerpt(line: str, finding: Finding, widest: int = WIDEST) -> tuple[str, str, str]:
    """The number of the line, the line, and the line of carets below it. A long line is cut around its place, and
    what a terminal would obey stands as `\ufffd`."""
    start, end = finding.column - 1, end_column(line, finding) - 1
    cut = start - _BEFORE if len(line) > widest and start > widest - _BEFORE else 0
    shown = line[cut : cut + widest]
    prefix, suffix = (_CUT if cut else ""), (_CUT if cut + widest < len(line) else "")
    blank = "".join("\t" if letter == "\t" else " " * _width(letter) for letter in prefix + shown[: start - cut])
    carets = "^" * max(1, sum(map(_width, shown[start - cut : end - cut])))
    return str(finding.line), "".join(map(_harmless, prefix + shown + suffix)), blank + carets


def excerpt_lines(line: str, finding: Finding, widest: int = WIDEST) -> list[str]:
    """The same as two lines with a gutter."""
    number, source, carets = excerpt(line, finding, widest)
    return [f"  {number} | {source}".rstrip(), f"  {' ' * len(number)} | {carets}"]


def _spellings(found: str) -> list[str]:
    """How what was found may be written: in quotes, bare, and without the `()` of a function."""
    named = _NAMED.match(found)
    if named is None:
        return [found]
    name = named[1].removesuffix("()")
    return [f'"{name}"', f"'{name}'", f"`{name}`", name]


def _harmless(letter: str) -> str:
    return letter if letter.isprintable() or letter == "\t" else "\ufffd"


def _width(letter: str) -> int:
    """How many columns a character takes on a terminal."""
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1

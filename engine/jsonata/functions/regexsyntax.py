"""Translate a JavaScript regular expression into the syntax of the `regex` package, meaning for meaning.

The two dialects differ in silence: `$`, `.`, `\\d`, `\\w`, `\\s`, `\\b`, `{`, escapes of plain letters and references
to groups that did not match. What JavaScript refuses (possessive quantifiers, inline flags, recursion) is refused too.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_SPACE: Final = (
    r"\t\n\x0b\x0c\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    r"\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_WORD: Final = "0-9A-Za-z_"
_LINE_ENDS: Final = r"\n\r\u2028\u2029"
_CLASSES: Final = {"d": "0-9", "w": _WORD, "s": _SPACE}
_BOUNDARY: Final = f"(?:(?<=[{_WORD}])(?![{_WORD}])|(?<![{_WORD}])(?=[{_WORD}]))"
_NO_BOUNDARY: Final = f"(?:(?<=[{_WORD}])(?=[{_WORD}])|(?<![{_WORD}])(?![{_WORD}]))"
_CONTROLS: Final = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_QUANTIFIER: Final = re.compile(r"\{\d+(?:,\d*)?\}|[*+?]")
_GROUP: Final = re.compile(r"\((?:\?(?::|=|!|<=|<!|<(?P<name>[A-Za-z_$][\w$]*)>))?")
_CODE: Final = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|c([A-Za-z])|([0-3][0-7]{0,2}|[4-7][0-7]?)")
_NAMED_REFERENCE: Final = re.compile(r"\\k<([^>]*)>")
_DIGITS: Final = re.compile(r"[0-9]{1,3}")
_LAST: Final = 0x10FFFF


# By how many unbounded quantifiers a pattern has (and few choices): the texts it searches in well under a millisecond a
# step of the clock, so that no time limit is needed. n characters take about 16 * n ** (quantifiers + 1) steps.
_SHORT: Final = (4096, 256, 64, 24)
_MAX_CHOICES: Final = 4


class Translated(NamedTuple):
    """A pattern for `regex.compile`; `short` is the length up to which no text can keep it busy for long."""

    pattern: str
    short: int


class SyntaxProblem(Exception):
    """The pattern is not a JavaScript regular expression; the text says why."""


def translate(pattern: str, multiline: bool = False) -> Translated:
    """The pattern in the syntax of `regex`. Raises `SyntaxProblem`."""
    return _Translation(pattern, multiline).run()


def _groups(pattern: str) -> tuple[int, dict[str, int]]:
    """How many groups capture, and the numbers of those with names."""
    count, names, in_class, at = 0, dict[str, int](), False, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char == "(":
            found = _GROUP.match(pattern, at)
            if found is not None and (found["name"] or found[0] == "("):
                count += 1
                if found["name"] in names:
                    raise SyntaxProblem("duplicate capture group name")
                if found["name"]:
                    names[found["name"]] = count
        at += 1
    return count, names


def _reference(group: int) -> str:
    """A back reference that, as in JavaScript, matches nothing where its group did not match."""
    return f"(?({group})\\{group})"


def _literal(code: int) -> str:
    char = chr(code)
    if char.isascii():
        return char if char.isalnum() else f"\\x{code:02x}"
    return f"\\U{code:08x}"


def _complement(codes: list[int]) -> str:
    """All other characters, as ranges for a character class."""
    ranges: list[str] = []
    low = 0
    for code in [*codes, _LAST + 1]:
        if low < code:
            ranges.append(f"{_literal(low)}-{_literal(code - 1)}")
        low = code + 1
    return "".join(ranges)


_COMPLEMENTS: Final = {
    "D": _complement(list(range(48, 58))),
    "W": _complement([*range(48, 58), *range(65, 91), 95, *range(97, 123)]),
    "S": _complement(
        sorted(
            {9, 10, 11, 12, 13, 32, 160, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF}
            | set(range(0x2000, 0x200B))
        )
    ),
}


class _Translation:
    """One pass over a pattern; `at` is the next character, `out` what was translated.

    `repeatable` tells whether a quantifier may follow, `open` the same for the end of each open group. `choices` counts
    alternatives and optional parts, `unbounded` the other quantifiers, `nested` is set by one that repeats a group.
    """

    def __init__(self, pattern: str, multiline: bool) -> None:
        self.pattern = pattern
        self.at = 0
        self.out: list[str] = []
        self.start = f"(?<![^{_LINE_ENDS}])" if multiline else r"\A"
        self.end = f"(?![^{_LINE_ENDS}])" if multiline else r"\Z"
        self.group_count, self.names = _groups(pattern)
        self.repeatable = False
        self.open: list[bool] = []
        self.choices = self.unbounded = 0
        self.nested = False

    def run(self) -> Translated:
        while self.at < len(self.pattern):
            self._step(self.pattern[self.at])
        calm = not self.nested and self.choices <= _MAX_CHOICES and self.unbounded < len(_SHORT)
        return Translated("".join(self.out), _SHORT[self.unbounded] if calm else 0)

    def _step(self, char: str) -> None:
        if char == "(":
            self._group()
        elif char in "*+?{":
            self._quantifier()
        elif char == "\\":
            self.repeatable = self.pattern[self.at + 1 : self.at + 2] not in ("b", "B")
            self.out.append(self._escape())
        elif char == "[":
            self.repeatable = True
            self.out.append(self._class())
        else:
            self.at += 1
            self.repeatable = (self.open.pop() if self.open else False) if char == ")" else char not in "^$|"
            self.out.append(self._plain(char))

    def _plain(self, char: str) -> str:
        if char == ".":
            return f"[^{_LINE_ENDS}]"
        if char == "|":
            self.choices += 1
        if char == "^":
            return self.start
        if char == "$":
            return self.end
        return char if char in "|)" else _literal(ord(char))

    def _group(self) -> None:
        found = _GROUP.match(self.pattern, self.at)
        if found is None or self.pattern.startswith("?", found.end()):
            raise SyntaxProblem("invalid group")
        self.at = found.end()
        self.open.append(not found[0].startswith("(?<") or found["name"] is not None)
        self.repeatable = False
        self.out.append("(" if found["name"] else found[0])

    def _quantifier(self) -> None:
        found = _QUANTIFIER.match(self.pattern, self.at)
        if found is None:  # a brace that quantifies nothing stands for itself
            self.at += 1
            self.repeatable = True
            self.out.append(r"\{")
            return
        if not self.repeatable:
            raise SyntaxProblem("nothing to repeat")
        if found[0] == "?":
            self.choices += 1
        else:
            self.unbounded += "," in found[0] or found[0] in "*+"
            self.nested = self.nested or self.out[-1].endswith(")")
        self.at = found.end()
        lazy = self.pattern.startswith("?", self.at)
        self.at += lazy
        self.repeatable = False
        self.out.append(found[0] + "?" * lazy)

    def _escape(self) -> str:
        rest = self.pattern[self.at + 1 : self.at + 2]
        if not rest:
            raise SyntaxProblem("\\ at end of pattern")
        if rest in "bB":
            self.at += 2
            return _BOUNDARY if rest == "b" else _NO_BOUNDARY
        if rest.lower() in _CLASSES:
            self.at += 2
            return f"[{'^' if rest.isupper() else ''}{_CLASSES[rest.lower()]}]"
        if rest == "k" and self.names:
            return self._named_reference()
        if rest in "123456789":
            digits = _DIGITS.match(self.pattern, self.at + 1)
            if digits is not None and int(digits[0]) <= self.group_count:
                self.at = digits.end()
                return _reference(int(digits[0]))
        return _literal(self._character())

    def _named_reference(self) -> str:
        found = _NAMED_REFERENCE.match(self.pattern, self.at)
        if found is None or found[1] not in self.names:
            raise SyntaxProblem("invalid named reference")
        self.at = found.end()
        return _reference(self.names[found[1]])

    def _character(self) -> int:
        """The code point that an escape at `at` stands for; moves behind it."""
        found = _CODE.match(self.pattern, self.at + 1)
        char = self.pattern[self.at + 1]
        if found is None:
            self.at += 2
            return _CONTROLS.get(char, ord(char))
        self.at = found.end()
        if found[3]:
            return ord(found[3]) % 32
        if found[4]:
            return int(found[4], 8)
        code = int(found[1] or found[2], 16)
        if 0xD800 <= code < 0xDC00:  # two escapes that make up one character
            low = _CODE.match(self.pattern, self.at + 1) if self.pattern.startswith("\\u", self.at) else None
            if low is not None and low[2] and 0xDC00 <= int(low[2], 16) < 0xE000:
                self.at = low.end()
                return 0x10000 + ((code - 0xD800) << 10) + int(low[2], 16) - 0xDC00
        return code

    def _class(self) -> str:
        self.at += 1
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        members: list[str] = []
        while not self.pattern.startswith("]", self.at):
            if self.at >= len(self.pattern):
                raise SyntaxProblem("unterminated character class")
            members.append(self._members())
        self.at += 1
        if not members:
            return r"[\s\S]" if negated else r"(?!)"
        return f"[{'^' if negated else ''}{''.join(members)}]"

    def _members(self) -> str:
        """One character, range or class escape inside brackets."""
        low = self._member()
        if isinstance(low, str) or not self._is_range():
            return low if isinstance(low, str) else _literal(low)
        self.at += 1
        high = self._member()
        if isinstance(high, str):
            return _literal(low) + r"\-" + high
        if low > high:
            raise SyntaxProblem("range out of order in character class")
        return f"{_literal(low)}-{_literal(high)}"

    def _is_range(self) -> bool:
        following = self.pattern[self.at : self.at + 2]
        return len(following) == 2 and following[0] == "-" and following[1] != "]"

    def _member(self) -> int | str:
        char = self.pattern[self.at]
        if char != "\\":
            self.at += 1
            return ord(char)
        rest = self.pattern[self.at + 1 : self.at + 2]
        if rest == "b":
            self.at += 2
            return 8
        if rest and rest.lower() in _CLASSES:
            self.at += 2
            return _COMPLEMENTS[rest] if rest.isupper() else _CLASSES[rest]
        if not rest:
            raise SyntaxProblem("\\ at end of pattern")
        return self._character()

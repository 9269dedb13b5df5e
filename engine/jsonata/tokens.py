"""Cuts the text of an expression into tokens.

A slash is a division after a value and starts a regular expression elsewhere, so tokens are taken one at a time and
the parser says which of the two it expects. Numbers keep every digit: integers are ints, decimals are Decimals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from engine.jsonata.errors import ExpressionSyntaxError

NAME: Final = "name"
VARIABLE: Final = "variable"
STRING: Final = "string"
NUMBER: Final = "number"
VALUE: Final = "value"
REGEX: Final = "regex"
OPERATOR: Final = "operator"
END: Final = "end"

_SPACE = re.compile(r"(?:[ \t\n\r\v]+|/\*(?:[^*]|\*(?!/))*\*/)*")
_OPERATOR = re.compile(r"\.\.|:=|!=|>=|<=|\*\*|~>|\?:|\?\?|[.\[\]{}(),@#;:?+\-*/%|=<>^&!~]")
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_NAME = re.compile(r"[^ \t\n\r\v.\[\]{}(),@#;:?+\-*/%|=<>^&!~]*")
VARIABLES = re.compile(r"\$([^ \t\n\r\v.\[\]{}(),@#;:?+\-*/%|=<>^&!~]+)")
"""The names of an expression's variables and functions, and perhaps of some that stand in its texts or comments."""
_PLAIN_STRING = re.compile(r"\"([^\"\\]*)\"|'([^'\\]*)'")
_USUAL = re.compile(
    _SPACE.pattern
    + r"(?:(?P<name>[^ \t\n\r\v.\[\]{}(),@#;:?+\-*/%|=<>^&!~\"'`0-9][^ \t\n\r\v.\[\]{}(),@#;:?+\-*/%|=<>^&!~]*)"
    + r"|(?P<operator>\.\.|:=|!=|>=|<=|\*\*|~>|\?:|\?\?|[.\[\]{}(),@#;:?+\-*%|=<>^&!~])"
    + r"|(?P<string>\"[^\"\\]*\"|'[^'\\]*'))"
)
"""Most tokens, with the space before them: names, operators but the slash, and strings without escapes."""
_HEX = re.compile(r"[0-9a-fA-F]+\Z")

_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: dict[str, tuple[str, Any]] = {
    "or": (OPERATOR, "or"),
    "in": (OPERATOR, "in"),
    "and": (OPERATOR, "and"),
    "true": (VALUE, True),
    "false": (VALUE, False),
    "null": (VALUE, None),
}
_LARGEST_EXPONENT = 308
_MOST_DIGITS = 1000


@dataclass(frozen=True, slots=True)
class Pattern:
    """The pattern and flags of a regular expression literal."""

    source: str
    flags: str


class Token:
    """One token: `kind`, `value` (already decoded) and its offsets."""

    __slots__ = ("end", "kind", "start", "value")

    def __init__(self, kind: str, value: Any, start: int, end: int) -> None:
        self.kind = kind
        self.value = value
        self.start = start
        self.end = end


class Tokenizer:
    """Hands out the tokens of `source` one at a time."""

    __slots__ = ("position", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0

    def next(self, infix: bool) -> Token:
        """Take the next token; with `infix`, a slash is a division sign."""
        source = self.source
        usual = _USUAL.match(source, self.position)
        if usual is not None:
            return self._usual(usual, usual.lastgroup)
        space = _SPACE.match(source, self.position)
        start = space.end() if space else self.position
        if start >= len(source):
            self.position = len(source)
            return Token(END, "(end)", start, start)
        first = source[start]
        if first == "/":
            if source.startswith("/*", start):
                raise self.error("S0106", start)
            if not infix:
                return self._regex(start)
        found = _OPERATOR.match(source, start)
        if found:
            return self._token(OPERATOR, found.group(), start, found.end())
        if first in "\"'":
            return self._string(start)
        if "0" <= first <= "9":
            return self._number(start)
        if first == "`":
            return self._quoted_name(start)
        return self._name(start)

    def _usual(self, found: re.Match[str], kind: Any) -> Token:
        start, end = found.span(kind)
        self.position = end
        text = found[kind]
        if kind == STRING:
            return Token(STRING, text[1:-1], start, end)
        if kind == OPERATOR:
            return Token(OPERATOR, text, start, end)
        if text[0] == "$":
            return Token(VARIABLE, text[1:], start, end)
        word = _WORDS.get(text)
        return Token(NAME, text, start, end) if word is None else Token(word[0], word[1], start, end)

    def error(self, code: str, offset: int, **details: Any) -> ExpressionSyntaxError:
        """Make the error for a place in the source."""
        error = ExpressionSyntaxError(code, **details)
        error.located(self.source, offset, None)
        return error

    def _token(self, kind: str, value: Any, start: int, end: int) -> Token:
        self.position = end
        return Token(kind, value, start, end)

    def _name(self, start: int) -> Token:
        found = _NAME.match(self.source, start)
        assert found is not None
        text = found.group()
        if text[:1] == "$":
            return self._token(VARIABLE, text[1:], start, found.end())
        kind, value = _WORDS.get(text, (NAME, text))
        return self._token(kind, value, start, found.end())

    def _quoted_name(self, start: int) -> Token:
        end = self.source.find("`", start + 1)
        if end < 0:
            raise self.error("S0105", start)
        return self._token(NAME, self.source[start + 1 : end], start, end + 1)

    def _number(self, start: int) -> Token:
        found = _NUMBER.match(self.source, start)
        assert found is not None
        text = found.group()
        fraction, exponent = found.groups()
        if len(text) > _MOST_DIGITS:
            raise self.error("S0102", start, token=text)
        value = exact_number(text) if fraction or exponent else int(text)
        if exponent and isinstance(value, Decimal) and value and abs(value.adjusted()) > _LARGEST_EXPONENT:
            if value.adjusted() > 0:
                raise self.error("S0102", start, token=text)
            value = 0
        return self._token(NUMBER, value, start, found.end())

    def _string(self, start: int) -> Token:
        plain = _PLAIN_STRING.match(self.source, start)
        if plain:
            return self._token(STRING, plain.group()[1:-1], start, plain.end())
        source, quote = self.source, self.source[start]
        parts: list[str] = []
        position = start + 1
        while position < len(source):
            char = source[position]
            if char == quote:
                return self._token(STRING, joined_surrogates("".join(parts)), start, position + 1)
            if char == "\\":
                char, position = self._escape(position + 1)
            parts.append(char)
            position += 1
        raise self.error("S0101", start)

    def _escape(self, position: int) -> tuple[str, int]:
        """Decode the escape after a backslash; gives the character and the offset of the escape's last character."""
        char = self.source[position : position + 1]
        if char in _ESCAPES:
            return _ESCAPES[char], position
        if char != "u":
            raise self.error("S0103", position, token=char)
        digits = self.source[position + 1 : position + 5]
        if not _HEX.match(digits):
            raise self.error("S0104", position)
        return chr(int(digits, 16)), position + 4

    def _regex(self, start: int) -> Token:
        source, position, depth = self.source, start + 1, 0
        while position < len(source):
            char = source[position]
            if char == "\\":
                position += 2
                continue
            if char == "/" and depth == 0:
                return self._flags(start, position)
            if char in "([{":
                depth += 1
            elif char in ")]}":
                depth -= 1
            position += 1
        raise self.error("S0302", start)

    def _flags(self, start: int, slash: int) -> Token:
        if slash == start + 1:
            raise self.error("S0301", start)
        end = slash + 1
        while end < len(self.source) and self.source[end] in "im":
            end += 1
        return self._token(REGEX, Pattern(self.source[start + 1 : slash], self.source[slash + 1 : end]), start, end)


def joined_surrogates(text: str) -> str:
    """Join the two halves of characters that were written as a pair of \\u escapes."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass" if _lone(text) else "strict")


def _lone(text: str) -> bool:
    try:
        text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return True
    return False


def exact_number(text: str) -> int | Decimal:
    """Read a number with a fraction or an exponent; whole numbers written with an exponent become integers."""
    value = Decimal(text)
    if ("e" in text or "E" in text) and value == value.to_integral_value() and value.adjusted() < 21:
        return int(value)
    return value

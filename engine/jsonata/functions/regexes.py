"""Regular expression values: JavaScript's dialect on the `regex` package, every search bounded in time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple

import regex

from engine.jsonata.functions.codeunits import from_units, to_units
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.regexsyntax import SyntaxProblem, translate
from engine.jsonata.functions.stringify import coerced
from engine.jsonata.missing import MISSING

DEFAULT_TIMEOUT: Final = 1.0


class Found(NamedTuple):
    """One match; `start` and `end` count characters, `groups` has MISSING for a group that took no part."""

    text: str
    start: int
    end: int
    groups: tuple[Any, ...]


class Regex:
    """A compiled regular expression. Called with a string it is a matcher in JSONata's sense (see `__call__`)."""

    __slots__ = ("_compiled", "_short", "source", "timeout")

    def __init__(self, source: str, compiled: regex.Pattern[str], timeout: float, short: int = 0) -> None:
        self.source = source
        self.timeout = timeout
        self._compiled = compiled
        self._short = short

    @property
    def group_count(self) -> int:
        return self._compiled.groups

    def within(self, seconds: float) -> Regex:
        """The same expression with another time limit."""
        return Regex(self.source, self._compiled, seconds, self._short)

    def test(self, text: str) -> bool:
        """Whether the text has a match. Raises D3142 when the time is up."""
        return self._search(text, 0, self.timeout) is not None

    def matches(self, text: str, limit: float = math.inf) -> Iterator[Found]:
        """Up to `limit` matches from left to right, all within one `timeout`.

        As in the reference one match more than the limit is looked for. Raises D1004 for a second match of length zero,
        D3142 when the time is up.
        """
        deadline = time.monotonic() + self.timeout
        match = self._search(text, 0, self.timeout)
        taken = 0
        while match is not None and taken < limit:
            yield _found(match)
            taken += 1
            match = self._next(text, match.end(), deadline - time.monotonic())

    @property
    def arity(self) -> int:
        """A text, and the position to search from."""
        return 2

    def __call__(self, value: Any = MISSING, start: Any = MISSING, *_: Any) -> Any:
        """The first match as `{match, start, end, groups, next}`, MISSING without one; `next()` gives the following.

        As in the reference, anything can be searched: numbers and true by their text, arrays by that of their items.
        """
        text = coerced(value)
        units = math.floor(start) if start and isinstance(start, (int, float, Decimal)) else 0
        at = from_units(text, max(units, 0))
        match = self._search(text, at, self.timeout) if at <= len(text) else None
        return MISSING if match is None else self._described(text, match)

    def _described(self, text: str, match: regex.Match[str]) -> dict[str, Any]:
        def following(*_: Any) -> Any:
            later = self._next(text, match.end(), self.timeout)
            return MISSING if later is None else self._described(text, later)

        return describe(_found(match), text, following)

    def _next(self, text: str, start: int, seconds: float) -> regex.Match[str] | None:
        if start >= len(text):
            return None
        match = self._search(text, start, seconds)
        if match is not None and match.end() == match.start():
            raise FunctionError("D1004", self.source)
        return match

    def _search(self, text: str, start: int, seconds: float) -> regex.Match[str] | None:
        if len(text) <= self._short:  # minding the clock costs four times what such a search does
            return self._compiled.search(text, start)
        try:
            return self._compiled.search(text, start, timeout=max(seconds, 1e-6))
        except TimeoutError as error:
            raise FunctionError("D3142", self.source, seconds=self.timeout) from error

    def __repr__(self) -> str:
        return f"/{self.source}/"


def compile_regex(source: str, flags: str = "", timeout: float = DEFAULT_TIMEOUT) -> Regex:
    """The value of the literal `/source/flags` (flags i and m); each use of it may take `timeout` seconds.

    Raises S0301 for an empty pattern and S0303 for one that is not valid, or for a flag that stands twice.
    """
    if not source:
        raise FunctionError("S0301")
    if len(set(flags)) < len(flags):
        raise FunctionError("S0303", f"{source} (a flag is repeated)")
    try:
        translated = translate(source, "m" in flags)
        compiled = regex.compile(
            translated.pattern, regex.V0 | (regex.IGNORECASE if "i" in flags else 0), cache_pattern=False
        )
    except SyntaxProblem as problem:
        raise FunctionError("S0303", f"{source} ({problem})") from problem
    except (regex.error, OverflowError, RecursionError) as problem:
        raise FunctionError("S0303", f"{source} ({problem})") from problem
    return Regex(source, compiled, timeout, translated.short)


def _found(match: regex.Match[str]) -> Found:
    start, end = match.span()
    return Found(match[0], start, end, match.groups(MISSING))


def describe(found: Found, text: str, following: Callable[..., Any]) -> dict[str, Any]:
    """A match in the form of the matcher protocol; positions count UTF-16 units, as in the reference."""
    return {
        "match": found.text,
        "start": to_units(text, found.start),
        "end": to_units(text, found.end),
        "groups": list(found.groups),
        "next": following,
    }

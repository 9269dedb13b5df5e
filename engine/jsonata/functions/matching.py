"""`$contains`, `$match`, `$replace` and `$split`: search for a string, a regular expression or a matcher function.

A matcher function takes the text and returns `{match, start, end, groups, next}`, or MISSING where nothing matches;
`next()` returns the match that follows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from engine.jsonata.functions.bounds import bounded_items, bounded_text
from engine.jsonata.functions.codeunits import from_units, to_units
from engine.jsonata.functions.errors import FunctionError, present
from engine.jsonata.functions.regexes import Found, Regex, describe
from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING

_REFERENCE: Final = re.compile(r"\$(\$|[0-9]*)")


def contains(text: Any, token: Any) -> Any:
    """Whether the text contains a string or a match of a regular expression."""
    if text is MISSING or token is MISSING:
        return MISSING
    if isinstance(token, str):
        return token in text
    if isinstance(token, Regex):
        return token.test(text)
    return next(_found(token, text, 1, "contains"), None) is not None


def match(text: Any, pattern: Any, limit: Any = MISSING) -> Any:
    """A sequence of `{match, index, groups}`, at most `limit` of them. Raises D3040 for a negative limit."""
    if text is MISSING:
        return MISSING
    most = _limit(limit, "D3040")
    result = Sequence()
    if most > 0:
        for found in _found(pattern, text, most, "match"):
            index = to_units(text, found.start)
            result.append({"match": found.text, "index": index, "groups": list(found.groups)})
            bounded_items(len(result))
    return result


def replace(text: Any, pattern: Any, replacement: Any, limit: Any = MISSING) -> Any:
    """The text with at most `limit` occurrences of the pattern replaced.

    For a regular expression `$0`, `$1` ... in a replacement string stand for the match and its groups, `$$` for `$`; a
    replacement function gets the match (see module) and returns a string. Raises D3010 for an empty pattern, D3011 for
    a negative limit, D3012 for a replacement that is no string.
    """
    if text is MISSING:
        return MISSING
    if pattern == "":
        raise FunctionError("D3010", pattern, index=2)
    most = _limit(limit, "D3011")
    if most <= 0:
        return text
    if isinstance(pattern, str):
        if pattern not in text:
            return text
        if not isinstance(replacement, str):
            raise FunctionError("D3012", replacement)
        times = int(min(text.count(pattern), most))
        bounded_text(len(text) + times * (len(replacement) - len(pattern)))
        return text.replace(pattern, replacement, times)
    parts: list[str] = []
    position = size = 0
    for found in _found(pattern, text, most, "replace"):
        parts.append(text[position : found.start])
        parts.append(_replaced(found, replacement, text))
        size += found.start - position + len(parts[-1])
        bounded_text(size)
        position = found.start + len(found.text)
    parts.append(text[position:])
    return "".join(parts)


def split(text: Any, separator: Any, limit: Any = MISSING) -> Any:
    """The parts between the separators, at most `limit` of them. Raises D3020 for a negative limit."""
    if text is MISSING:
        return MISSING
    if isinstance(separator, str):
        most = _limit(limit, "D3020", math.floor)
        bounded_items(int(min(text.count(separator) + 1 if separator else len(text), most)))
        parts = text.split(separator) if separator else list(text)
        return parts if most == math.inf else parts[: int(most)]
    most = _limit(limit, "D3020")
    if most <= 0:
        return []
    parts = []
    position = 0
    for found in _found(separator, text, most, "split"):
        parts.append(text[position : found.start])
        bounded_items(len(parts))
        position = found.end
    if len(parts) < most:
        parts.append(text[position:])
    return parts


def _limit(limit: Any, code: str, rounding: Callable[[Any], int] = math.ceil) -> float:
    if limit is MISSING:
        return math.inf
    if limit < 0:
        raise FunctionError(code, limit)
    return rounding(limit)


def _found(matcher: Any, text: str, limit: float, function: str) -> Iterator[Found]:
    if isinstance(matcher, Regex):
        return matcher.matches(text, limit)
    if matcher is MISSING:
        raise FunctionError("T0410", None, index=2, token=function)
    return _asked(matcher, text, limit, function)


def _asked(matcher: Callable[..., Any], text: str, limit: float, function: str) -> Iterator[Found]:
    """The matches that a matcher function reports."""
    answer = matcher(text)
    taken = 0
    while answer is not MISSING and taken < limit:
        found = _checked(answer, text, function)
        yield found
        taken += 1
        following = answer.get("next", MISSING)
        answer = following() if callable(following) else MISSING


def _checked(answer: Any, text: str, function: str) -> Found:
    if not isinstance(answer, dict) or not isinstance(answer.get("match"), str) or "start" not in answer:
        raise FunctionError("T1010", answer, token=function)
    start = from_units(text, int(answer["start"]))
    groups = answer.get("groups")
    return Found(
        answer["match"],
        start,
        from_units(text, int(answer["end"])) if "end" in answer else start + len(answer["match"]),
        tuple(groups) if isinstance(groups, list) else (),
    )


def _replaced(found: Found, replacement: Any, text: str) -> str:
    if isinstance(replacement, str):
        if "$" not in replacement:
            return replacement
        return _REFERENCE.sub(lambda reference: _referenced(reference[1], found), replacement)
    result = present(replacement, 3)(describe(found, text, lambda *_: MISSING))
    if not isinstance(result, str):
        raise FunctionError("D3012", result)
    return result


def _referenced(digits: str, found: Found) -> str:
    """What `$digits` stands for: as many digits count as the number of groups has."""
    if digits == "$":
        return "$"
    if digits.startswith("0"):
        return found.text + digits[1:]
    if not digits:
        return "$"
    width = len(str(len(found.groups))) if found.groups else 1
    index = int(digits[:width])
    if width > 1 and index > len(found.groups):
        index = int(digits[: width - 1])
    group = found.groups[index - 1] if 0 < index <= len(found.groups) else MISSING
    return str(group or "") + digits[len(str(index)) :]

"""JSON values as contracts see them: made plain, shown in a sentence, found by a path."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

PathParts = tuple[str | int, ...]

MAX_DEPTH = 200
_SHOWN = 60
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


class NotJson(ValueError):
    """A value that JSON cannot hold; `path` says where, `rule` is `json` or `depth`."""

    def __init__(self, path: PathParts, rule: str, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, got {found}")
        self.path = path
        self.rule = rule
        self.expected = expected
        self.found = found


def plain(value: Any, path: PathParts = ()) -> Any:
    """A copy made of exactly dict, list, str, int, Decimal, float, bool and None.

    Subclasses (a text that knows its line) become their base, mappings dicts and tuples lists. Raises `NotJson` for
    anything else: dates, NaN, names that are no text, lone surrogates, nesting beyond `MAX_DEPTH`.
    """
    if len(path) > MAX_DEPTH:
        raise NotJson(path, "depth", f"at most {MAX_DEPTH} levels", "more")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _plain_text(value, path)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal | float):
        return _plain_number(value, path)
    if isinstance(value, Mapping):
        return {_plain_name(key, path): plain(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, (*path, index)) for index, item in enumerate(value)]
    raise NotJson(path, "json", "a JSON value", f"a Python {type(value).__name__}")


def _plain_text(value: str, path: PathParts) -> str:
    text = str.__str__(value)
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise NotJson(path, "json", "text that can be written as UTF-8", "a lone surrogate")
    return text


def _plain_number(value: Decimal | float, path: PathParts) -> Decimal | float:
    number = Decimal(value) if isinstance(value, Decimal) else float(value)
    if not is_finite(number):
        raise NotJson(path, "json", "a finite number", str(value))
    return number


def _plain_name(key: object, path: PathParts) -> str:
    if not isinstance(key, str):
        raise NotJson(path, "json", "names that are text", f"the name {key!r}")
    return _plain_text(key, path)


def is_finite(number: Decimal | float) -> bool:
    """False for NaN and the infinities; a Decimal is not taken through a float, which would end at 1e308."""
    if isinstance(number, float):
        return math.isfinite(number)
    return isinstance(number, int) or number.is_finite()


def more_nodes_than(value: Any, limit: int) -> bool:
    """Whether a document has more than `limit` values in it; it stops counting there."""
    pending, seen = [value], 0
    while pending:
        node = pending.pop()
        seen += 1
        if seen + len(pending) > limit:
            return True
        if isinstance(node, dict):
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return False


def shown(value: Any) -> str:
    """A value as a sentence shows it: texts quoted, long ones cut, objects and lists by what they are."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)[1:-1].replace('\\"', '"')
        return "'" + (text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…") + "'"
    if isinstance(value, Mapping):
        names = ", ".join(list(value)[:4]) + (", …" if len(value) > 4 else "")
        return f"an object with {names}" if value else "an empty object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, int) and value.bit_length() > 400:
        return "a number of more than 120 digits"
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def path_text(parts: Iterable[str | int]) -> str:
    """`lines[0].quantity.value`; names with other characters are bracketed: `extensions["shop:gift"]`."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _NAME.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text


def pointer_text(parts: Sequence[str | int]) -> str:
    """A JSON Pointer (RFC 6901): `/properties/lines/items`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, upper and lower case alike, or None."""
    by_plain = {candidate.lower(): candidate for candidate in candidates}
    matches = get_close_matches(name.lower()[:200], by_plain, n=1)
    return by_plain[matches[0]] if matches else None

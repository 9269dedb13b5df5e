"""`$string`: a value as text, containers as JSON with exact numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring
from math import isfinite, isinf, isnan
from typing import Any, Final

from engine.jsonata.functions.bounds import MAX_TEXT, bounded_text
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.keyorder import in_order
from engine.jsonata.functions.numbertext import decimal_to_string, float_to_string, int_to_string, number_to_string
from engine.jsonata.missing import MISSING

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_quote: Final[Callable[[str], str]] = encode_basestring


def string(value: Any, prettify: bool = False) -> Any:
    """Text of a value: strings as they are, functions as "", everything else as JSON.

    Numbers keep their digits (`820982911946154508`, `19.90`); floats print as in the reference. `prettify` indents by
    two spaces. Raises D3001 for infinity and NaN, D1001 for infinity inside a container.
    """
    if type(value) is str or value is MISSING:
        return value
    if type(value) is int:
        return int_to_string(value)
    if value is True or value is False or value is None:
        return _json(value, "")
    if isinstance(value, (Decimal, float)):
        return number_to_string(value)
    if callable(value):
        return ""
    return _json(value, "\n" if prettify else "")


def coerced(value: Any) -> str:
    """The text that stands for a value where JavaScript wants text."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return ",".join("" if item is None or item is MISSING else coerced(item) for item in value)
    if value is MISSING:
        return "undefined"
    if isinstance(value, dict) or callable(value):
        return "[object Object]"
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(string(value))


def _json(value: Any, margin: str) -> str:
    """JSON text; `margin` is the line break and indent to repeat, "" for one line."""
    if type(value) is str:
        return quoted(value)
    if value is None or value is MISSING:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if type(value) is int:
        return int_to_string(value)
    if isinstance(value, Decimal):
        return decimal_to_string(value)
    if isinstance(value, dict):
        return _object(value, margin)
    if isinstance(value, (list, tuple)):
        return _array(value, margin)
    if isinstance(value, float):
        return _float(value)
    return '""'


def _object(value: dict[str, Any], margin: str) -> str:
    inner = margin and margin + "  "
    colon = ": " if margin else ":"
    members: list[str] = []
    size = 0
    for key, item in in_order(value).items():
        if item is not MISSING:
            members.append(quoted(key) + colon + _json(item, inner))
            size += len(members[-1])
            if size > MAX_TEXT:
                bounded_text(size)
    if not members:
        return "{}"
    return "{" + inner + ("," + inner).join(members) + margin + "}"


def _array(value: list[Any] | tuple[Any, ...], margin: str) -> str:
    if not value:
        return "[]"
    inner = margin and margin + "  "
    members: list[str] = []
    size = 0
    for item in value:
        members.append(_json(item, inner))
        size += len(members[-1])
        if size > MAX_TEXT:
            bounded_text(size)
    return "[" + inner + ("," + inner).join(members) + margin + "]"


def _float(value: float) -> str:
    if isnan(value):
        return "null"
    if isinf(value):
        raise FunctionError("D1001", value)
    return float_to_string(value)


def quoted(text: str) -> str:
    """A string as JSON: only quotes, backslashes, control characters and lone surrogates are escaped."""
    result = _quote(text)
    if result.isascii():
        return result
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", result)

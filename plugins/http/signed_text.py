"""What a signature is computed over: a text with the holes `{body}`, `{timestamp}`, `{method}` and `{path}`."""

from __future__ import annotations

import re
from collections.abc import Mapping

HOLES = ("body", "timestamp", "method", "path")
_HOLE = re.compile(r"\{([^{}]*)\}")


def checked_signed_text(value: object) -> str:
    """The text itself; raises ValueError when it names another hole or leaves out the body."""
    if not isinstance(value, str):
        raise ValueError(f"expected a text such as '{{timestamp}}.{{body}}', found {type(value).__name__}")
    for hole in _HOLE.findall(value):
        if hole not in HOLES:
            raise ValueError(f"expected one of the holes {', '.join(HOLES)}, found '{{{hole}}}'")
    if value != "body" and "{body}" not in value:
        raise ValueError("expected a '{body}' hole, found none; a signature that leaves out the body proves nothing")
    return "{body}" if value == "body" else value


class SignedText:
    """A checked text, cut at its holes once so that a request costs one join."""

    __slots__ = ("_parts", "only_body")

    def __init__(self, text: str) -> None:
        self._parts = [(part, index % 2 == 1) for index, part in enumerate(_HOLE.split(text))]
        self.only_body = text == "{body}"

    def bytes(self, values: Mapping[str, bytes]) -> bytes:
        """The bytes that are signed; `values` fills the holes."""
        return b"".join(values[part] if hole else part.encode() for part, hole in self._parts)

"""Keeps the values of secrets out of logs, errors and stored requests."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

_SHORTEST = 4
_MASK = "***"


class Redactor:
    """Replaces every secret it has been told of, also where it is escaped for JSON, a URL or base64.

    Secrets shorter than 4 characters are not looked for: they would tear holes into ordinary text.
    """

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._text: re.Pattern[str] | None = None
        self._bytes: re.Pattern[bytes] | None = None

    def add(self, secret: str) -> None:
        """Remember a secret; from now on it is replaced."""
        if len(secret) < _SHORTEST or secret in self._secrets:
            return
        self._secrets.add(secret)
        spellings = sorted({s for known in self._secrets for s in _spellings(known)}, key=lambda s: (-len(s), s))
        pattern = "|".join(map(re.escape, spellings))
        self._text = re.compile(pattern)
        self._bytes = re.compile(pattern.encode())

    def text(self, text: str) -> str:
        """The text without secrets."""
        return self._text.sub(_MASK, text) if self._text is not None else text

    def bytes(self, data: bytes) -> bytes:
        """The bytes without secrets; they need not be text."""
        return self._bytes.sub(_MASK.encode(), data) if self._bytes is not None else data


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield base64.b64encode(secret.encode()).decode()

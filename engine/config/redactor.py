"""Keeps the values of secrets out of logs, errors and stored requests."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

_SHORTEST = 4
_MASK = "***"
_PASSWORD = re.compile(r"(://[^/@:]*:)[^/@]*@")


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
        self._text = self._bytes = None

    def text(self, text: str) -> str:
        """The text without secrets."""
        if not self._secrets:
            return text
        pattern = self._text
        if pattern is None:
            pattern = self._text = re.compile(self._pattern())
        return pattern.sub(_MASK, text)

    def bytes(self, data: bytes) -> bytes:
        """The bytes without secrets; they need not be text."""
        if not self._secrets:
            return data
        pattern = self._bytes
        if pattern is None:
            pattern = self._bytes = re.compile(self._pattern().encode())
        return pattern.sub(_MASK.encode(), data)

    def _pattern(self) -> str:
        """Every spelling of every secret, the longest first."""
        spellings = {spelling for secret in tuple(self._secrets) for spelling in _spellings(secret)}
        return "|".join(map(re.escape, sorted(spellings, key=lambda spelling: (-len(spelling), spelling))))


def without_password(url: str) -> str:
    """The address of a store as it may be shown."""
    return _PASSWORD.sub(rf"\1{_MASK}@", url)


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield base64.b64encode(secret.encode()).decode()

"""Addresses and header names: read and checked once, so that a request only joins bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PATH_SAFE = "/?&=:@!$'()*+,;~-._%[]"
_UNSAFE = re.compile(r"[^A-Za-z0-9/?&=:@!$'()*+,;~._%\[\]-]")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections go: scheme, host and port, as the `Host` header writes it in `authority`."""

    tls: bool
    host: str
    port: int
    authority: str

    def __str__(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}"


def parse_url(url: str) -> tuple[Origin, str]:
    """The origin of an absolute address and the target below it (path and query, `/` at least).

    Raises ValueError when it is not http or https, has no host, or carries a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"expected an address like 'https://erp.example.com/api', found '{url}' ({error})") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected an address such as 'https://erp.example.com/api', found '{url}'")
    if parts.username is not None or parts.password is not None:
        raise ValueError("expected an address without a user's name and password; put them under 'auth'")
    if parts.fragment:
        raise ValueError(f"expected an address without a fragment, found '#{parts.fragment}'")
    tls = parts.scheme == "https"
    host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
    shown = f"[{host}]" if ":" in host else host
    default = 443 if tls else 80
    authority = shown if port in (None, default) else f"{shown}:{port}"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Origin(tls, host, port or default, authority), target


def checked_base_url(value: str) -> str:
    """An absolute address without a query; raises ValueError."""
    _, target = parse_url(value)
    if "?" in target:
        raise ValueError(f"expected an address without a query, found '{value}'")
    return value


def checked_token_url(value: str) -> str:
    """An absolute address, or one that begins with `{base_url}`; raises ValueError."""
    parse_url("https://host" + value.removeprefix("{base_url}") if value.startswith("{base_url}") else value)
    return value


def checked_header_name(value: str) -> str:
    """A header's name; raises ValueError."""
    if not _TOKEN.fullmatch(value):
        raise ValueError(f"expected a header's name such as 'X-Api-Key', found '{value}'")
    return value


def checked_header_value(value: str) -> str:
    """A header's value in Latin-1 without control characters, so that nobody adds lines; raises ValueError."""
    if _BAD_VALUE.search(value) or any(char > "\xff" for char in value):
        raise ValueError("expected a header's value of one line in Latin-1")
    return value


def quote_segment(text: str) -> str:
    """A value as it stands in a path or a query's value: no character of it can end the segment."""
    quoted = quote(text, safe="~")
    return {".": "%2E", "..": "%2E%2E"}.get(quoted, quoted)


def request_target(prefix: str, path: str, query: dict[str, Any] | None) -> str:
    """The target of a request: the base address's path, the operation's path and its query parameters.

    Characters that no target may hold are percent-encoded; a list gives its parameter once an item.
    """
    target = path if path.startswith(("/", "?")) or not path else "/" + path
    target = prefix + target if target else prefix or "/"
    if _UNSAFE.search(target):
        target = quote(target, safe=_PATH_SAFE)
    if "%" in target:
        target = _BARE_PERCENT.sub("%25", target)
    if query:
        pairs = urlencode([pair for name, value in query.items() for pair in _pairs(name, value)], quote_via=quote)
        if pairs:
            target = f"{target}{'&' if '?' in target else '?'}{pairs}"
    return target


def _pairs(name: str, value: Any) -> list[tuple[str, str]]:
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return [pair for item in value for pair in _pairs(name, item)]
    if isinstance(value, bool):
        return [(name, "true" if value else "false")]
    return [(name, str(value))]

"""A request as a stand-in sees it, with its body read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from engine import exact_json

_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request. `path` is as it was sent (percent-encoded); header names are in lower case."""

    method: str
    path: str
    target: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes

    @property
    def shown_headers(self) -> dict[str, str]:
        """The headers without credentials."""
        return {name: "***" if name in _CREDENTIALS else value for name, value in self.headers.items()}


class Unreadable(ValueError):
    """The body is not what its content type says."""


def read_body(incoming: Incoming) -> Any:
    """The document in a body: JSON, the fields of a form, or text; None for an empty one. Raises Unreadable."""
    if not incoming.raw:
        return None
    kind = incoming.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    try:
        if kind.endswith("json"):
            return exact_json.decode(incoming.raw)
        text = incoming.raw.decode()
    except ValueError as error:
        raise Unreadable(f"expected a body of {kind}, found one that cannot be read ({error})") from None
    if kind == "application/x-www-form-urlencoded":
        return {name: values[0] if len(values) == 1 else values for name, values in parse_qs(text).items()}
    return text

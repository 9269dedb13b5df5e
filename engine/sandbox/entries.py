"""What a stand-in keeps: a line of the ledger, the first answer to a key, and an event that is still to be sent."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SHOWN_BODY = 65_536
"""Bytes of a request's body that the ledger keeps."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer, ready to be sent."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger. `at` is in epoch seconds; `digest` is the SHA-256 of the body in hex.

    `applied` says that the request had its effect; `repeat` that its key had had its effect before; `fault` names the
    fault that happened to it; `note` says why the stand-in could not answer.
    """

    at: float
    operation: str
    method: str
    target: str
    key: str | None
    headers: Mapping[str, str]
    body: bytes
    applied: bool = False
    repeat: bool = False
    sequence: int | None = None
    status: int = 0
    fault: str | None = None
    note: str | None = None

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Emission:
    """An event on its way to the hub: signed when it is sent, sent again until the hub takes it or a day has passed."""

    event: str
    event_id: str
    due: float
    path: str
    headers: Mapping[str, str]
    body: bytes
    number: int = 0
    attempts: int = 0
    first_due: float = 0.0


def shown_body(body: bytes) -> str:
    """A body as JSON can hold it: text, or base64 after `base64:`."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(body).decode()


def problem(status: int, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """A problem document (RFC 9457)."""
    return {"type": "about:blank", "status": status, "title": title, "detail": detail, **more}

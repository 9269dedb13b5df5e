"""The roles a plugin can play: Source, Destination, Codec; and what the engine hands to each."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct
from msgspec import field as default
from pydantic import BaseModel

from engine.clock import Clock


class Codec(Protocol):
    """Bytes to data and back. Data are dict, list, str, int, Decimal, bool and None; numbers stay exact."""

    media_type: str

    def decode(self, raw: bytes) -> Any:
        """The document in `raw`. Raises CodecError with a position; never crashes or hangs on any input."""
        ...

    def encode(self, document: Any) -> bytes:
        """The bytes of a document. Raises CodecError when the format cannot carry it."""
        ...


@runtime_checkable
class RewritesJson(Protocol):
    """A codec whose format is JSON; it may have this besides."""

    def rewritten(self, stored: bytes) -> bytes:
        """What `encode` makes of the document in `stored`, which is the engine's own JSON: one line, numbers exact.
        Raises CodecError as `encode` does."""
        ...


class Answer(Struct, frozen=True):
    """A document for a caller: a flow's own reply, or one of the engine's pages."""

    status: int
    body: bytes
    content_type: str = "application/json"


Page = Callable[[Mapping[str, str]], Awaitable[Answer]]
"""One of the engine's own pages: path and query parameters in, an answer out."""

HEALTH_PAGE = "/health"
MESSAGE_PAGE = "/messages/{id}"
PAGES = (HEALTH_PAGE, MESSAGE_PAGE)
"""The paths of the engine's own pages; no event may lie on one."""


@dataclass(frozen=True, slots=True)
class Host:
    """What the engine offers a plugin.

    `folder` is the workspace's folder, against which relative paths are read; `listen` is the address on which the
    process answers HTTP; `pages` are the engine's own GET pages (health, a message's status), by path pattern such as
    `/messages/{id}`, for the connector that owns that address to serve.
    """

    clock: Clock
    log: logging.Logger
    folder: Path
    listen: tuple[str, int] = ("127.0.0.1", 8080)
    pages: Mapping[str, Page] = field(default_factory=dict)


class Arrival(Struct, frozen=True):
    """Something that came in, verified but not yet read.

    `event` is the event's full name (`shop.order-created`); header names are in lower case; `attributes` holds what the
    transport knows besides (path parameters, a file's name); `key` is an idempotency key that the sender gave.
    """

    event: str
    body: bytes
    headers: Mapping[str, str] = default(default_factory=dict)
    attributes: Mapping[str, Any] = default(default_factory=dict)
    key: str | None = None


class Receipt(Struct, frozen=True):
    """What became of an arrival, after it was committed.

    `message_ids` are the text ids of the messages it became; `repeat` says that it had come before; `outcome` is
    `accepted` while work goes on, else the outcome that a waiting caller is told; `answer` is the flow's reply.
    """

    message_ids: tuple[str, ...]
    correlation_id: str
    repeat: bool = False
    outcome: str = "accepted"
    answer: Answer | None = None
    detail: str = ""


class Intake(Protocol):
    """Where a source hands in what came."""

    async def accept(self, arrival: Arrival) -> Receipt:
        """Store it; returns after the commit, so the source may acknowledge.

        Raises Refused (a problem for the sender; what cannot be read is kept in the invalid channel by then) or
        StoreUnavailable (nothing was stored; do not acknowledge).
        """
        ...

    async def reject(self, arrival: Arrival, problem: Exception) -> str:
        """Keep an arrival that the source itself refused (a bad signature, say) in the invalid channel.

        Returns the message's text id. Repeated floods of the same reason may be counted instead of kept.
        """
        ...


@dataclass(frozen=True, slots=True)
class EventBinding:
    """One event that a source listens for: its full name, its settings and its system's connection settings.

    `payload_limit` is in bytes.
    """

    event: str
    settings: BaseModel
    connection: BaseModel
    payload_limit: int


class Source(Protocol):
    """Takes in the events of one connector kind, for all systems of the workspace."""

    async def start(self, bindings: Sequence[EventBinding], intake: Intake) -> None:
        """Begin to listen. Raises PluginError when that cannot work (a port in use, a folder that is missing)."""
        ...

    async def rebind(self, bindings: Sequence[EventBinding]) -> None:
        """Swap to another revision's events without dropping anything in flight."""
        ...

    async def stop(self) -> None:
        """Take nothing new; return when everything that was being handed in is acknowledged or refused."""
        ...


@dataclass(frozen=True, slots=True)
class DestinationSetup:
    """A system to be called: its name, its connection settings and its limit of concurrent requests."""

    system: str
    connection: BaseModel
    concurrent: int = 8
    reply_limit: int = 10_000_000


class Request(Struct, frozen=True):
    """One request, with every hole filled.

    `settings` are the operation's request fields as plain values, `options` its further fields; `key` is the
    idempotency key, equal over all tries; `headers` carries `traceparent` and the correlation id by their usual names;
    `timeout` is in seconds.
    """

    operation: str
    settings: Mapping[str, Any]
    options: Mapping[str, Any]
    body: bytes | None
    content_type: str
    key: str
    timeout: float
    headers: Mapping[str, str] = default(default_factory=dict)


class Reply(Struct, frozen=True):
    """What a peer answered. `status` is the transport's own code (for HTTP an int); header names are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = default(default_factory=dict)
    content_type: str = ""


class Destination(Protocol):
    """Carries requests to one system; connections are pooled inside."""

    async def send(self, request: Request) -> Reply:
        """Send once and return the peer's answer, whatever its status; the engine judges it.

        Raises OutcomeUnknown when the request may have reached the peer (no answer, a broken one), and StepFailed with
        class `transient` or `authentication` when it certainly did not act on it.
        """
        ...

    async def close(self) -> None:
        """Give up all connections."""
        ...

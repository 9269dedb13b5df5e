"""What a plugin declares: one `Plugin` value, found by entry point or in the workspace's `plugins/` folder.

Every construct is a pydantic model with descriptions: parsing, defaults, the reference pages, the JSON Schema and lint
follow from that one declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from engine.plugin.roles import Codec, Destination, DestinationSetup, Host, Source

API = 1


class Settings(BaseModel):
    """The base of every settings model: unknown keys are findings, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)


class NoSettings(Settings):
    """Nothing to set."""


@dataclass(frozen=True, slots=True)
class Features:
    """What a connector can do; the contract suite asks for no more.

    `replies`: a request is answered with a document. `redelivers`: an event that is not acknowledged comes again.
    `carries_key`: the idempotency key travels to the peer.
    """

    replies: bool = True
    redelivers: bool = True
    carries_key: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a sender reaches an event over HTTP, to be told to others.

    `security` are OpenAPI security schemes by name; `note` says what else a sender must know. `accepted` is the status
    of a request that was stored.
    """

    method: str
    path: str
    accepted: int
    security: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Connector:
    """A kind of connection: what systems of this kind may say, and how to open both roles.

    `connection` holds the fields a system file has for it at top level, `event` those of an event, `request` those of
    an operation's `request` and `confirm` (its field `body`, where it has one, is a mapping from canonical),
    `operation` further fields of an operation. Fields of type `Expr`, `Template` and `MappingRef` are compiled by the
    engine; a destination receives them filled in.

    `aimed_at` gives the connection settings with a stand-in's address in place of the system's own.
    `addresses` names what an event's settings occupy (an HTTP path, a folder), so that lint finds two that collide;
    `verifies` says whether an event's sender is known, so that lint warns of one that is not. `endpoint` is where a
    sender reaches an event over HTTP, for the description of our own API.
    """

    name: str
    summary: str
    connection: type[BaseModel] = NoSettings
    event: type[BaseModel] | None = None
    request: type[BaseModel] | None = None
    operation: type[BaseModel] = NoSettings
    open_source: Callable[[Host], Source] | None = None
    open_destination: Callable[[DestinationSetup, Host], Destination] | None = None
    addresses: Callable[[BaseModel], tuple[str, ...]] = lambda settings: ()
    aimed_at: Callable[[BaseModel, str], BaseModel] | None = None
    verifies: Callable[[BaseModel], bool] = lambda settings: True
    endpoint: Callable[[BaseModel], Endpoint | None] = lambda settings: None
    changes_nothing: Callable[[BaseModel], bool] = lambda request: False
    features: Features = Features()


@dataclass(frozen=True, slots=True)
class CodecKind:
    """A kind of codec: its settings and how to make one."""

    name: str
    summary: str
    media_type: str
    open: Callable[[Any], Codec]
    settings: type[BaseModel] = NoSettings


@dataclass(frozen=True, slots=True)
class Plugin:
    """What a plugin package exports as `plugin`."""

    name: str
    summary: str
    connectors: tuple[Connector, ...] = ()
    codecs: tuple[CodecKind, ...] = ()
    api: int = API
    version: str = "0"
    labels: Mapping[str, str] = field(default_factory=dict)

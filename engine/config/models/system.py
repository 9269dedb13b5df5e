"""`flows/systems/NAME.yaml`: one connected application. The connector adds its own fields (see `composed_system`)."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from engine.config.models.base import ConfigModel, EntityVersion, PolicyName, Summary, Team, TimedModel
from engine.config.models.governance import ApiModel, LifecycleModel, ServiceLevelModel
from engine.fields.json_schema import named
from engine.fields.scalars import Duration, Expr, Flag, MappingRef, Name, Rate, Size, Whole
from engine.plugin import Connector

ErrorClassName = Literal[
    "transient", "rate-limited", "authentication", "data", "business", "not-found", "conflict", "permanent", "unknown"
]


class MapModel(ConfigModel):
    """A mapping to a canonical entity."""

    to: EntityVersion = Field(description="the canonical entity it yields")
    mapping: MappingRef = Field(alias="with", description="the mapping: a .jsonata file beside the system, or fields")


class DedupeModel(ConfigModel):
    """How a repeated event is recognised."""

    key: Expr = Field(description="the sender's own id of the event; scope: raw payload, `$headers`")
    window: Duration = Field(
        default=Duration(7 * 86400.0, text="7 days"), description="how long a repeat is recognised"
    )


class PollModel(TimedModel):
    """An event made by asking: an operation is called on a schedule and each item of its reply becomes an event."""

    operation: Name = Field(
        description="an operation of this system; it must change nothing",
        json_schema_extra=named("operations of any system"),
    )
    parameters: dict[str, Expr] = Field(
        default_factory=dict,
        alias="with",
        description="what the operation is given; `$watermark` is the last one stored",
    )
    items: Expr = Field(description="the items in the reply; scope: reply")
    watermark: Expr | None = Field(default=None, description="the next watermark; scope: reply, `$watermark`")


class EventModel(ConfigModel):
    """What a system tells us."""

    summary: Summary | None = None
    codec: str | dict[str, Any] = Field(
        default="json",
        description="how bytes are read: a codec's name, or `{NAME: settings}`; a polled event has none",
        json_schema_extra=named("codecs"),
    )
    contract: str | None = Field(
        default=None,
        description="the vendor's schema: a file in the system's folder; of a polled event, that of an item",
    )
    items: Expr | None = Field(
        default=None, description="the events in one payload, where it holds several; scope: raw payload"
    )
    when: Expr | None = Field(default=None, description="only payloads for which this is true are taken; scope: raw")
    dedupe: DedupeModel | None = Field(default=None, description="how a repeat is recognised; a polled event has none")
    map: MapModel | None = Field(
        default=None, description="the mapping to canonical; without it the payload is private"
    )
    payload: Size | None = Field(default=None, description="the largest payload taken; a polled event has none")
    poll: PollModel | None = Field(
        default=None, description="ask for this event on a schedule, instead of receiving it"
    )
    lifecycle: LifecycleModel | None = Field(default=None, description="how far it has come: draft to retired")


class ReturnsModel(ConfigModel):
    """The mapping of a reply to canonical."""

    to: EntityVersion | None = Field(default=None, description="the canonical entity the reply is mapped to")
    mapping: MappingRef | None = Field(
        default=None, alias="with", description="the mapping; scope: reply document, `$status`, `$headers`, `$request`"
    )


class ConfirmFields(ConfigModel):
    """How to ask whether an earlier try was carried out; the connector's request fields stand beside these."""

    found: Expr = Field(
        default=Expr("status = 200"), description="true when it was carried out; scope: status, headers, body"
    )
    returns: ReturnsModel | None = Field(default=None, description="the mapping of this reply, where it differs")


class OperationFields(ConfigModel):
    """What we ask of a system."""

    summary: Summary | None = None
    accepts: EntityVersion | None = Field(default=None, description="the canonical entity it is given")
    codec: str | dict[str, Any] = Field(
        default="json", description="how request and reply are written and read", json_schema_extra=named("codecs")
    )
    success: Expr = Field(
        default=Expr("status >= 200 and status < 300"),
        description="true when the peer did what was asked; scope: status, headers, body",
    )
    returns: ReturnsModel | None = Field(default=None, description="the mapping of the reply to canonical")
    reply_contract: str | None = Field(default=None, description="the vendor's schema of the reply")
    request_contract: str | None = Field(default=None, description="the vendor's schema of the request's body")
    safe: Flag | None = Field(
        default=None, description="true when it changes nothing at the peer; by default what the connector says"
    )
    idempotent: Flag = Field(default=False, description="true when the peer itself ignores a second identical request")
    timeout: Duration = Field(default=Duration(30.0, text="30 s"), description="how long to wait for the reply")
    retry: PolicyName | None = Field(default=None, description="a retry policy of the workspace")
    lifecycle: LifecycleModel | None = Field(default=None, description="how far it has come: draft to retired")


class LimitsModel(ConfigModel):
    """What the system can take."""

    rate: Rate | None = Field(default=None, description="requests in a time")
    concurrent: Whole = Field(default=8, ge=1, le=1000, description="requests at a time")
    payload: Size | None = Field(default=None, description="largest request")


class BreakerModel(ConfigModel):
    """When to stop asking a system that fails."""

    failures: Whole = Field(default=10, ge=1, description="so many failures")
    within: Duration = Field(default=Duration(30.0, text="30 s"), description="in this time open it")
    cooldown: Duration = Field(default=Duration(30.0, text="30 s"), description="then one request is let through")


class ErrorRule(ConfigModel):
    """What a failed reply means; the first rule that matches applies."""

    when: Expr = Field(description="scope: status, headers, body")
    error_class: ErrorClassName = Field(alias="class", description="the error class, which decides what happens next")
    reason: Name | None = Field(default=None, description="a short name for it")
    owner: Team | None = Field(default=None, description="who repairs it")
    message: Expr | None = Field(default=None, description="the peer's own words; scope: status, headers, body")
    retry_after: Expr | None = Field(default=None, description="seconds the peer wants us to wait")


class SystemFields(ConfigModel):
    """One connected application."""

    system: Name = Field(description="the system's name; the file is called like it")
    connector: Name = Field(description="the kind of connection", json_schema_extra=named("connectors"))
    summary: Summary | None = None
    owner: Team | None = Field(default=None, description="the team that answers for it")
    roles: tuple[Name, ...] = Field(
        default=(),
        description="the roles of the workspace that it plays; what they own it may write",
        examples=[["wms"]],
    )
    api: ApiModel | None = Field(default=None, description="the version of the vendor's interface, and until when")
    service_level: ServiceLevelModel = Field(
        default=ServiceLevelModel(), description="what we may count on when we ask it; by default the workspace's"
    )
    limits: LimitsModel = Field(default=LimitsModel(), description="what the system can take")
    breaker: BreakerModel = Field(default=BreakerModel(), description="when to stop asking")
    maintenance: tuple[str, ...] = Field(
        default=(), description="windows in which it is not asked", examples=["Sun 02:00-04:00 America/New_York"]
    )
    errors: tuple[ErrorRule, ...] = Field(default=(), description="what failed replies mean, ordered; first match wins")
    sandbox: str | None = Field(default=None, description="its stand-in: a file beside this one")


@cache
def composed_system(connector: Connector) -> type[BaseModel]:
    """The model of a system file of one connector kind: our fields and the connector's, one declaration each."""
    event = create_model("Event", __base__=_bases(EventModel, connector.event))
    request = connector.request or ConfigModel
    confirm = create_model("Confirm", __base__=_bases(ConfirmFields, connector.request))
    fields: dict[str, Any] = {
        "request": (request, Field(description="the request")),
        "confirm": (confirm | None, Field(default=None, description="asked before any second try")),
    }
    operation = create_model("Operation", __base__=_bases(OperationFields, connector.operation), **fields)
    parts: dict[str, Any] = {
        "events": (dict[Name, event], Field(default_factory=dict, description="what it tells us")),  # type: ignore[valid-type]
        "operations": (
            dict[Name, operation],  # type: ignore[valid-type]
            Field(default_factory=dict, description="what we ask of it"),
        ),
    }
    return create_model("System", __base__=_bases(SystemFields, connector.connection), **parts)


def _bases(ours: type[BaseModel], theirs: type[BaseModel] | None) -> Any:
    return (ours,) if theirs is None else (ours, theirs)

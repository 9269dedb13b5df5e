"""`flows/workspace.yaml`: what the whole workspace shares."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from engine.config.models.base import ConfigModel, RetryModel, Summary
from engine.config.models.governance import RunbookModel, ServiceLevelModel
from engine.fields.marks import Text
from engine.fields.scalars import Duration, Name, Size, TimeZoneName, Whole, bad_scalar, clear_text

_STORES = ("postgresql", "postgres")


class TeamModel(ConfigModel):
    """People who own flows and repair what is parked or dead."""

    summary: Summary
    contact: str | None = Field(default=None, description="how to reach them")


class CalendarModel(ConfigModel):
    """The hours in which a team works; business durations count only these."""

    zone: TimeZoneName = Field(description="the time zone the hours are read in")
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri"), description="working days"
    )
    hours: str = Field(default="09:00-17:00", pattern=r"^\d\d:\d\d-\d\d:\d\d$", description="working hours of a day")
    holidays: tuple[str, ...] = Field(default=(), description="days off, as dates: 2026-12-25")


def _store_url(value: Any) -> Any:
    """Refuse what is no address of a store, and a password that is written into it."""
    if isinstance(value, Text) and value.unresolved:
        return value
    kind, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not rest or kind not in ("sqlite", *_STORES):
        raise bad_scalar("XD103", "a store such as 'sqlite:PATH' or 'postgresql://…'", value)
    if kind in _STORES and urlsplit(value).password and isinstance(value, Text) and value.origin and not value.secret:
        raise clear_text("a store whose password is '${secret:NAME}'")
    return value


class StoreModel(ConfigModel):
    """Where messages are stored."""

    url: Annotated[str, BeforeValidator(_store_url)] = Field(
        default="sqlite:.crossdock/store.db",
        description="`sqlite:PATH` relative to the workspace, or `postgresql://…`",
        examples=["sqlite:.crossdock/store.db", "postgresql://crossdock@db/crossdock"],
        json_schema_extra={"pattern": "^(sqlite|postgresql|postgres):."},
    )
    schema_name: Name = Field(default="crossdock", alias="schema", description="the PostgreSQL schema to use")


class RetentionModel(ConfigModel):
    """How long settled messages are kept; dead ones stay until a person acts."""

    completed: Duration = Field(
        default=Duration(30 * 86400.0, text="30 days"), description="after completion or discard"
    )
    invalid: Duration = Field(default=Duration(30 * 86400.0, text="30 days"), description="of the invalid channel")


class LimitsModel(ConfigModel):
    """Bounds of the process."""

    backlog: Whole = Field(
        default=1_000_000, ge=100, description="unfinished messages at which intake answers 503 with Retry-After"
    )
    disk_free: Size = Field(
        default=Size(512 * 1024**2, text="512 MB"), description="free disk below which intake refuses"
    )
    concurrent: Whole = Field(default=64, ge=1, le=4096, description="exchanges and deliveries running at a time")
    payload: Size = Field(
        default=Size(10 * 1024**2, text="10 MB"), description="largest payload taken where none is declared"
    )
    expression: Duration = Field(default=Duration(1.0, text="1 s"), description="longest evaluation of one mapping")


class ListenModel(ConfigModel):
    """Where the process answers HTTP: webhooks, status and health."""

    host: str = Field(default="127.0.0.1", description="address to bind")
    port: Whole = Field(default=8080, ge=0, le=65535, description="port to bind")


class WorkspaceModel(ConfigModel):
    """The workspace."""

    crossdock: Literal[1] = Field(description="the version of the flow grammar")
    name: Name = Field(description="the workspace's name; a store serves one workspace")
    summary: Summary | None = None
    teams: dict[Name, TeamModel] = Field(default_factory=dict, description="who owns what")
    calendars: dict[Name, CalendarModel] = Field(
        default_factory=dict, description="working hours; the one named `default` counts business durations"
    )
    retry: dict[Name, RetryModel] = Field(
        default_factory=dict, description="named retry policies; `standard` applies where none is named"
    )
    store: StoreModel = Field(default=StoreModel(), description="where messages are stored")
    retention: RetentionModel = Field(default=RetentionModel(), description="how long messages are kept")
    limits: LimitsModel = Field(default=LimitsModel(), description="bounds of the process")
    listen: ListenModel = Field(default=ListenModel(), description="where the process answers HTTP")
    governance: Literal["advised", "required"] = Field(
        default="advised",
        description="whether an interface without owner, service level, life cycle or runbook is a warning or an error",
    )
    service_level: ServiceLevelModel = Field(
        default=ServiceLevelModel(), description="of every flow and system that declares none"
    )
    roles: dict[Name, Summary] = Field(
        default_factory=dict,
        description="what owners of fields go by besides systems; a system says in its own file which roles it plays",
        examples=[{"channel": "Whoever orders come in by."}],
    )
    runbooks: dict[Name, RunbookModel] = Field(
        default_factory=dict, description="what people do about failures, by error class"
    )

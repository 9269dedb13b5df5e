"""A revision: everything a workspace compiles to. Immutable, so that work in progress keeps the one that began it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel

from engine.config.models.flow import FlowModel
from engine.config.models.system import DedupeModel, PollModel, SystemFields
from engine.config.models.workspace import WorkspaceModel
from engine.contracts.codes import CodeTables
from engine.contracts.ownership import Writer
from engine.contracts.schema import CompiledSchema
from engine.flow.mapping import Mapping as CompiledMapping
from engine.flow.mapping import Renderer
from engine.jsonata import MISSING, Expression, Limits
from engine.plugin import Codec, Connector
from engine.policy.calendar import BusinessCalendar
from engine.policy.retry import RetryPolicy


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A mapping and the schema its result must hold to."""

    mapping: CompiledMapping | None
    schema: CompiledSchema | None
    entity: str | None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPoll:
    """How an event is asked for."""

    model: PollModel
    operation: str
    parameters: CompiledMapping
    items: Expression
    watermark: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledEvent:
    """What a system tells us, from bytes to canonical."""

    name: str
    system: str
    settings: BaseModel
    codec: Codec
    contract: CompiledSchema | None
    items: Expression | None
    when: Expression | None
    dedupe: tuple[Expression, DedupeModel] | None
    target: Target
    payload_limit: int
    poll: CompiledPoll | None
    owner: str | None
    writer: Writer | None = None
    """Who the system is to the owners of the entity's fields; None where it may write every field."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledErrorRule:
    """What a failed reply means."""

    when: Expression
    error_class: str
    reason: str | None
    owner: str | None
    message: Expression | None
    retry_after: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledConfirm:
    """How to ask whether an earlier try was carried out."""

    request: Renderer
    found: Expression
    returns: Target


@dataclass(frozen=True, slots=True, eq=False)
class CompiledOperation:
    """What we ask of a system, from canonical to a request and from the reply to canonical.

    `rewritten` makes the request's body of the canonical document's stored bytes, where nothing is mapped in between.
    `by_status` remembers what `success` says of a status, where it reads nothing else of a reply.
    """

    system: str
    name: str
    request: Renderer
    body: CompiledMapping | None
    accepts: CompiledSchema | None
    request_contract: CompiledSchema | None
    codec: Codec
    success: Expression
    reply_contract: CompiledSchema | None
    returns: Target
    errors: tuple[CompiledErrorRule, ...]
    confirm: CompiledConfirm | None
    safe: bool
    timeout: float
    payload_limit: int | None
    retry: RetryPolicy | None
    options: Mapping[str, Any]
    owner: str | None
    rewritten: Callable[[bytes], bytes] | None = None
    by_status: dict[int, bool] | None = None

    @property
    def full_name(self) -> str:
        return f"{self.system}.{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class CompiledSystem:
    """A connected application: its connection and limits (always current) and its events and operations."""

    name: str
    model: SystemFields
    connector: Connector
    connection: BaseModel
    events: Mapping[str, CompiledEvent]
    operations: Mapping[str, CompiledOperation]


@dataclass(frozen=True, slots=True, eq=False)
class CompiledIdentity:
    """What a message is about."""

    business_keys: tuple[tuple[str, Expression], ...]
    idempotency: Expression | None
    window: float
    lane_name: str
    lane: Expression | None
    version: Expression | None
    stale_then: str


@dataclass(frozen=True, slots=True, eq=False)
class ReleaseSelector:
    """The key of an event, under which parked messages wait for it."""

    topic: str
    text: str
    expression: Expression


class PipelineStep(Protocol):
    """What a flow knows of its steps; `engine.flow.steps.step.Step` is what they are."""

    @property
    def id(self) -> str: ...

    @property
    def when(self) -> Expression | None: ...

    @property
    def waits(self) -> bool: ...

    def run(self, exchange: Any) -> Any: ...


@dataclass(frozen=True, slots=True, eq=False)
class CompiledFlow:
    """A unit of integration as a pipeline; `by_id` holds the steps inside routes and splits too.

    `immediate`: no step talks to a system or commits and no version is guarded, so that what an arrival comes to can be
    known before it is stored, and be stored with it.
    """

    name: str
    model: FlowModel
    identity: CompiledIdentity
    steps: tuple[PipelineStep, ...]
    by_id: Mapping[str, PipelineStep]
    retry: RetryPolicy
    reply_within: float | None
    payload_limit: int
    immediate: bool

    @property
    def rank(self) -> int:
        return self.model.priority.rank


@dataclass(frozen=True, slots=True, eq=False)
class Revision:
    """A compiled workspace. `listeners` are the flows of each event, `subscribers` those of each topic.

    `mentioned` names the variables among `message` and `transaction` that some expression reads: making them costs time
    on every message, so the others are never made.
    """

    id: str
    workspace: WorkspaceModel
    systems: Mapping[str, CompiledSystem]
    flows: Mapping[str, CompiledFlow]
    codes: CodeTables
    calendars: Mapping[str, BusinessCalendar]
    policies: Mapping[str, RetryPolicy]
    listeners: Mapping[str, tuple[CompiledFlow, ...]]
    subscribers: Mapping[str, tuple[CompiledFlow, ...]]
    selectors: Mapping[str, tuple[ReleaseSelector, ...]]
    limits: Limits
    mentioned: frozenset[str] = frozenset()
    redact: Callable[[str], str] = field(default=lambda text: text)

    def table_lookup(self, table: str, key: Any) -> Any:
        """A code table's value for expressions, MISSING when there is none; raises LookupError for no such table."""
        value = self.codes.lookup(table, key)
        return MISSING if value is None else value

    def event(self, name: str) -> CompiledEvent | None:
        """An event by its full name."""
        system, _, event = name.partition(".")
        found = self.systems.get(system)
        return found.events.get(event) if found is not None else None

    def operation(self, system: str, name: str) -> CompiledOperation | None:
        """An operation of a system."""
        found = self.systems.get(system)
        return found.operations.get(name) if found is not None else None

"""The steps of a flow: one model a word. Each step is a mapping whose one word names it; the rest are its settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from engine.config.models.base import (
    ConfigModel,
    EntityVersion,
    FlowName,
    MilestoneName,
    OperationName,
    Summary,
    Team,
    TopicName,
)
from engine.config.models.system import ErrorClassName
from engine.fields.json_schema import named, needs, only_for_objects, rules
from engine.fields.scalars import Duration, Expr, Flag, MappingRef, Name, Template


class StepFields(ConfigModel):
    """What every step can have."""

    id: Name | None = Field(default=None, description="the step's id; by default its word and target")
    summary: Summary | None = None
    when: Expr | None = Field(default=None, description="the step runs only when this is true; scope: canonical")


class TransformSettings(ConfigModel):
    """Where a mapping leads."""

    to: EntityVersion | None = Field(default=None, description="the canonical entity it must yield")
    mapping: MappingRef = Field(alias="with", description="the mapping: a .jsonata file beside the flow, or fields")


class TransformStep(StepFields):
    """Message Translator: the payload becomes what the mapping yields."""

    transform: TransformSettings = Field(description="the mapping and its target")


class ValidateStep(StepFields):
    """Validate: the payload must hold to a contract, else the exchange fails with class `data`."""

    validate_: EntityVersion | str = Field(
        alias="validate", description="a canonical entity, or a schema file beside the flow"
    )


class FilterStep(StepFields):
    """Message Filter: only payloads for which the expression is true go on; the others end as discarded."""

    filter: Expr = Field(description="true to go on; scope: canonical")
    reason: Name = Field(default="filtered", description="why the others are discarded")


class Arm(ConfigModel):
    """One arm of a route."""

    when: Expr = Field(description="the arm is taken when this is true; the first wins")
    steps: tuple[Step, ...] = Field(description="what then runs")


class RouteStep(StepFields):
    """Content-Based Router: the first arm whose condition holds runs, else `otherwise`."""

    route: tuple[Arm, ...] = Field(min_length=1, description="the arms, in order")
    otherwise: tuple[Step, ...] = Field(default=(), description="what runs when no arm matches")


class SplitSettings(ConfigModel):
    """What is split and how it is grouped."""

    lines: Name | str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="the list field of the payload to cut")
    group_by: Expr | None = Field(
        default=None, description="the key of a line's group; by default each line is a group"
    )


class SplitStep(StepFields):
    """Splitter: the steps run once a group, in order; the payload is the document with its lines cut to the group.

    `$group` is `{key, index, count}`, `$parent` the whole document.
    """

    split: SplitSettings = Field(description="what is split")
    steps: tuple[Step, ...] = Field(min_length=1, description="what runs for each group")


class CallStep(StepFields):
    """Request-Reply: asks a system and waits for its reply."""

    call: OperationName = Field(description="the operation that is asked")
    payload: MappingRef | None = Field(
        default=None, alias="with", description="what it is given; by default the payload; scope: canonical"
    )
    save: Name | None = Field(default=None, description="the reply is kept as `$saved.NAME`")
    undo: OperationName | None = Field(
        default=None, description="the operation that takes it back when a later step fails; it is given the reply"
    )
    undo_with: MappingRef | None = Field(
        default=None,
        description="what undo is given; scope: the call's payload, `$reply`; by default the call's payload",
    )


class RunStep(StepFields):
    """Process call: runs a flow with `source: {called: true}` inside this exchange, and goes on with its own payload.

    The flow that is run has its own `$saved`; what its steps leave as the payload is its answer. Its calls are undone,
    and its parks wait, as if they stood here.
    """

    run: FlowName = Field(description="the flow that is run")
    payload: MappingRef | None = Field(
        default=None, alias="with", description="what it is given; by default the payload; scope: canonical"
    )
    save: Name | None = Field(default=None, description="its answer is kept as `$saved.NAME`")


class SendTarget(ConfigModel):
    """An operation of a system that an expression names."""

    operation: Name = Field(
        description="the operation's name, equal in all systems it may go to",
        json_schema_extra=named("operations of any system"),
    )
    system: Expr = Field(description="the system's name; scope: canonical, `$group`, `$lookup()`")


class SendStep(StepFields):
    """Message Endpoint: appends a delivery to a system's channel; it is delivered on its own."""

    model_config = ConfigDict(json_schema_extra=rules(only_for_objects("otherwise", "send")))

    send: OperationName | SendTarget = Field(description="the operation, or `{operation, system}` with an expression")
    payload: MappingRef | None = Field(default=None, alias="with", description="what is sent; by default the payload")
    otherwise: Otherwise | None = Field(default=None, description="what happens when the expression names no system")


class PublishStep(StepFields):
    """Publish-Subscribe Channel: appends an event to a topic; every subscriber gets its own copy."""

    publish: TopicName = Field(description="the topic")
    payload: MappingRef | None = Field(default=None, alias="with", description="the event; by default the payload")


class WireTapStep(StepFields):
    """Wire Tap: a copy of the payload goes to a topic; unlike `publish` it never fails the exchange."""

    wire_tap: TopicName = Field(description="the topic")
    payload: MappingRef | None = Field(default=None, alias="with", description="the copy; by default the payload")


class LookupSettings(ConfigModel):
    """What is looked up."""

    table: str = Field(
        description="a code table of canonical/codes", examples=["warehouses"], json_schema_extra=named("code tables")
    )
    key: Expr = Field(description="the key; scope: canonical")
    column: str | None = Field(default=None, description="the column that is wanted; by default the second")


class LookupStep(StepFields):
    """Content Enricher: a value from a code table is kept as `$saved.NAME`."""

    lookup: LookupSettings = Field(description="the table and the key")
    save: Name = Field(description="the name under `$saved`")
    otherwise: Otherwise | None = Field(default=None, description="what happens when the table has no such key")


class SetStep(StepFields):
    """Content Enricher: values are kept under `$saved`."""

    set: dict[str, Expr] = Field(min_length=1, description="names under `$saved` and their expressions")


class ReleaseOn(ConfigModel):
    """The event that releases a parked message."""

    topic: TopicName = Field(description="the topic on which the event comes")
    event: Expr = Field(description="the event's key; scope: the event")
    equals: Expr = Field(description="the key it must equal; scope: canonical")


class ParkStep(StepFields):
    """Holds the exchange for a business reason until an event, a person or the due time releases it.

    The releasing event is `$saved.release`.
    """

    park: ParkSettings | Name = Field(description="the settings, or just a reason")
    owner: Team | None = Field(default=None, description="who decides (with the short form)")


class ParkSettings(ConfigModel):
    """Why, for whom, and until when."""

    model_config = ConfigDict(json_schema_extra=rules(needs("on_due", "due")))

    when: Expr | None = Field(default=None, description="park only when this is true; scope: canonical")
    reason: Name = Field(description="the business reason")
    owner: Team | None = Field(default=None, description="the team that decides")
    due: Duration | None = Field(default=None, description="by when it must be decided")
    release_on: ReleaseOn | None = Field(default=None, description="the event that releases it")
    on_due: Literal["escalate", "release", "discard", "dead"] = Field(
        default="escalate", description="what happens when the due time passes"
    )
    lane: Literal["hold", "free"] = Field(default="hold", description="whether later messages of the lane wait")


class RaiseSettings(ConfigModel):
    """An error that the flow itself raises."""

    error_class: ErrorClassName = Field(default="business", alias="class", description="the error class")
    reason: Name = Field(description="a short name for it")
    owner: Team | None = Field(default=None, description="who repairs it")
    message: Template | None = Field(default=None, description="what went wrong, with {} holes; scope: canonical")


class RaiseStep(StepFields):
    """Ends the exchange in failure; completed calls are undone."""

    raise_: RaiseSettings = Field(alias="raise", description="the error")


class MilestoneStep(StepFields):
    """The business transaction has passed a point."""

    milestone: MilestoneName = Field(description="the milestone's name")
    note: Template | None = Field(default=None, description="a note, with {} holes; scope: canonical")


class ReplySettings(ConfigModel):
    """What a waiting caller is told."""

    status: int = Field(default=200, ge=200, le=599, description="the HTTP status")
    body: MappingRef | None = Field(default=None, description="the document; by default the payload")


class ReplyStep(StepFields):
    """Return Address: the answer for a caller that waits, and for every repeat of the message."""

    reply: ReplySettings = Field(description="the answer")


class DiscardStep(StepFields):
    """Ends the exchange on purpose, without failure."""

    discard: Name = Field(description="the reason")


class Otherwise(ConfigModel):
    """What happens when a lookup or a target finds nothing: park, raise or go on."""

    park: Name | None = Field(default=None, description="park with this reason")
    raise_: Name | None = Field(default=None, alias="raise", description="fail with this reason, class data")
    skip: Flag = Field(default=False, description="go on without it")
    owner: Team | None = Field(default=None, description="who decides or repairs")


STEP_MODELS: dict[str, type[StepFields]] = {
    "transform": TransformStep,
    "validate": ValidateStep,
    "filter": FilterStep,
    "route": RouteStep,
    "split": SplitStep,
    "call": CallStep,
    "run": RunStep,
    "send": SendStep,
    "publish": PublishStep,
    "wire_tap": WireTapStep,
    "lookup": LookupStep,
    "set": SetStep,
    "park": ParkStep,
    "raise": RaiseStep,
    "milestone": MilestoneStep,
    "reply": ReplyStep,
    "discard": DiscardStep,
}


def step_word(value: Any) -> str | None:
    """The word of a step: of its keys, the first that names a step."""
    if isinstance(value, dict):
        return next((str(key) for key in value if str(key) in STEP_MODELS), None)
    return next((word for word, model in STEP_MODELS.items() if isinstance(value, model)), None)


Step = Annotated[
    Annotated[TransformStep, Tag("transform")]
    | Annotated[ValidateStep, Tag("validate")]
    | Annotated[FilterStep, Tag("filter")]
    | Annotated[RouteStep, Tag("route")]
    | Annotated[SplitStep, Tag("split")]
    | Annotated[CallStep, Tag("call")]
    | Annotated[RunStep, Tag("run")]
    | Annotated[SendStep, Tag("send")]
    | Annotated[PublishStep, Tag("publish")]
    | Annotated[WireTapStep, Tag("wire_tap")]
    | Annotated[LookupStep, Tag("lookup")]
    | Annotated[SetStep, Tag("set")]
    | Annotated[ParkStep, Tag("park")]
    | Annotated[RaiseStep, Tag("raise")]
    | Annotated[MilestoneStep, Tag("milestone")]
    | Annotated[ReplyStep, Tag("reply")]
    | Annotated[DiscardStep, Tag("discard")],
    Discriminator(step_word),
]

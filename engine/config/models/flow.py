"""`flows/**/NAME.yaml`: one unit of integration."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from engine.config.models.base import (
    ConfigModel,
    EntityVersion,
    EventName,
    MilestoneName,
    PolicyName,
    RetryModel,
    Summary,
    Team,
    TimedModel,
    TopicName,
)
from engine.config.models.governance import LifecycleModel, ServiceLevelModel
from engine.config.models.steps import Arm, ParkStep, RouteStep, SendStep, SplitStep, Step
from engine.fields.json_schema import at_least_one, needs, rules
from engine.fields.scalars import Duration, Expr, Flag, Name, Size
from engine.message import Priority


class ScheduleModel(TimedModel):
    """Fires on its own; each firing is one message, however late and on however many replicas."""


class SourceModel(ConfigModel):
    """Where a flow's messages come from."""

    model_config = ConfigDict(json_schema_extra=rules(at_least_one("events", "topics", "schedule", "called")))

    events: tuple[EventName, ...] = Field(default=(), description="systems' events")
    topics: tuple[TopicName, ...] = Field(default=(), description="topics it subscribes to")
    schedule: ScheduleModel | None = Field(default=None, description="fires on its own")
    called: Flag = Field(default=False, description="other flows run it inside their exchange, with the step `run`")
    accepts: EntityVersion | None = Field(
        default=None, description="the canonical entity that enters, where it is not plain"
    )
    reply_within: Duration | None = Field(
        default=None, description="a caller waits this long for the result; longer is 202 with a status address"
    )

    @model_validator(mode="after")
    def _some(self) -> SourceModel:
        if not self.events and not self.topics and self.schedule is None and not self.called:
            raise ValueError("expected at least one of 'events', 'topics', 'schedule' and 'called'")
        return self


class IdempotencyModel(ConfigModel):
    """Which messages are the same."""

    key: Expr = Field(description="equal for repeats; scope: canonical")
    window: Duration = Field(
        default=Duration(7 * 86400.0, text="7 days"), description="how long a repeat is recognised"
    )


class LaneModel(ConfigModel):
    """Which messages run one after another."""

    key: Expr = Field(description="messages with an equal key run in order; scope: canonical")
    name: Name | None = Field(
        default=None, description="flows that name the same lane share it; by default the flow's name"
    )


class StaleModel(ConfigModel):
    """What happens to a message that is older than what had an effect already."""

    version: Expr = Field(description="a number or text that grows; scope: canonical")
    then: Literal["discard", "park", "dead"] = Field(default="discard", description="what happens to an older one")


class IdentityModel(ConfigModel):
    """What a message is about."""

    model_config = ConfigDict(json_schema_extra=rules(needs("stale", "lane")))

    business_keys: dict[Name, Expr] = Field(
        default_factory=dict, description="keys to find it by; the first one names the business transaction"
    )
    idempotency: IdempotencyModel | None = Field(default=None, description="which messages are the same")
    lane: LaneModel | None = Field(default=None, description="which messages run one after another")
    stale: StaleModel | None = Field(default=None, description="what is too old to have an effect")


class ExpectModel(ConfigModel):
    """What must have happened by when."""

    milestone: MilestoneName = Field(description="the milestone")
    within: Duration = Field(description="after the message came in")


class FlowModel(ConfigModel):
    """A flow: where messages enter, what they are about, the steps, and what happens when one fails."""

    flow: Name = Field(description="the flow's name; the file is called like it")
    layer: Literal["system", "process", "experience"] = Field(
        description="wraps one application, coordinates, or serves a channel"
    )
    summary: Summary = Field(description="what it does, in one sentence")
    owner: Team = Field(description="the team that answers for it")
    priority: Priority = Field(default=Priority.NORMAL, description="whose capacity it uses")
    source: SourceModel = Field(description="where messages enter")
    identity: IdentityModel = Field(default=IdentityModel(), description="what a message is about")
    overtakes: Literal["parked"] | None = Field(default=None, description="runs past a parked head of its lane")
    steps: tuple[Step, ...] = Field(min_length=1, description="what is done, in order")
    retry: PolicyName | RetryModel = Field(default="standard", description="the retry policy")
    on_dead: Literal["continue", "hold"] = Field(
        default="continue", description="whether a dead message holds its lane"
    )
    expect: ExpectModel | tuple[ExpectModel, ...] = Field(default=(), description="what must have happened by when")
    service_level: ServiceLevelModel = Field(
        default=ServiceLevelModel(), description="what those who rely on it may count on; by default the workspace's"
    )
    retention: Duration | None = Field(default=None, description="how long its messages are kept")
    lifecycle: LifecycleModel | None = Field(default=None, description="how far it has come: draft to retired")
    payload: Size | None = Field(default=None, description="the largest payload")
    active: Flag = Field(default=True, description="false: it loads and lints, and takes nothing in")


for _model in (Arm, RouteStep, SplitStep, SendStep, ParkStep):
    _model.model_rebuild()
FlowModel.model_rebuild()

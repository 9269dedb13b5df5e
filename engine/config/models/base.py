"""What all models of the configuration share."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.fields.json_schema import NamedAs, exactly_one, named, rules
from engine.fields.scalars import CronText, Duration, Name, TimeZoneName, Whole


class ConfigModel(BaseModel):
    """The base of every model: unknown keys are findings, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)


Summary = Annotated[str, Field(min_length=1, max_length=300, description="one sentence for a person")]
Team = Annotated[Name, NamedAs("teams", "a team of the workspace")]
PolicyName = Annotated[Name, NamedAs("retry policies", "a retry policy")]
MilestoneName = Annotated[Name, NamedAs("milestones", "a milestone")]
FlowName = Annotated[Name, NamedAs("flows", "a flow of the workspace")]
EntityVersion = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]*/[1-9][0-9]*$",
        description="a canonical entity and its version",
        examples=["sales-order/2"],
        json_schema_extra=named("entities"),
    ),
]
EventName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$",
        description="a system's event: SYSTEM.EVENT",
        examples=["shop.order-created"],
        json_schema_extra=named("events"),
    ),
]
OperationName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$",
        description="a system's operation: SYSTEM.OPERATION",
        examples=["erp.create-order"],
        json_schema_extra=named("operations"),
    ),
]
TopicName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$",
        description="a topic",
        examples=["order.booked"],
        json_schema_extra=named("topics"),
    ),
]


class RetryRuleModel(ConfigModel):
    """How failures of some classes are tried again; the first rule that names the class applies."""

    classes: tuple[Annotated[str, Field(json_schema_extra=named("error classes"))], ...] = Field(
        min_length=1, description="error classes this rule is for", alias="on"
    )
    attempts: Whole = Field(default=8, ge=1, le=1000, description="tries in all, the first one included")
    max_age: Duration | None = Field(default=None, description="no further try when the first is longer ago than this")
    first: Duration = Field(default=Duration(1.0, text="1 s"), description="the wait before the second try")
    factor: Annotated[float, Field(ge=1, le=10)] = Field(default=2.0, description="each wait is this much longer")
    ceiling: Duration = Field(default=Duration(300.0, text="5 min"), description="no wait is longer than this")
    jitter: Annotated[float, Field(ge=0, le=1)] = Field(default=0.5, description="the part of a wait that is random")


class RetryModel(ConfigModel):
    """A retry policy: an ordered list of rules."""

    summary: Summary | None = None
    rules: tuple[RetryRuleModel, ...] = Field(min_length=1, description="ordered; the first that matches applies")


class TimedModel(ConfigModel):
    """When something happens again and again: a cron line, or an interval."""

    model_config = ConfigDict(json_schema_extra=rules(exactly_one("cron", "every")))

    cron: CronText | None = Field(default=None, description="a cron line of five fields")
    every: Duration | None = Field(default=None, description="or an interval")
    zone: TimeZoneName = Field(default="UTC", description="the time zone of the cron line")

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.cron is None) == (self.every is None):
            raise ValueError("expected exactly one of 'cron' and 'every'")
        if self.every is not None and self.every.seconds < 1:
            raise ValueError(f"expected 'every' to be 1 s or more, got {self.every}")
        return self

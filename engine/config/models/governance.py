"""What a workspace says about its interfaces besides what they do: who may rely on what, and for how long."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from engine.config.models.base import ConfigModel, Summary, Team
from engine.fields.scalars import Duration, Name, Rate

Stage = Literal["draft", "reviewed", "active", "deprecated", "retired"]


class ServiceLevelModel(ConfigModel):
    """What those who rely on an interface may count on."""

    latency: Duration | None = Field(
        default=None, description="from the arrival of a message until it has had its effect, at most"
    )
    throughput: Rate | None = Field(default=None, description="so many messages it must be able to take")


class LifecycleModel(ConfigModel):
    """How far an interface has come: draft, reviewed, active, deprecated, retired."""

    stage: Stage = Field(description="a draft and a retired interface take nothing in")
    approved_by: Team | None = Field(default=None, description="the team that approved it")
    approved: date | None = Field(default=None, description="when it was approved", examples=["2026-03-01"])
    ends: date | None = Field(
        default=None, description="a deprecated one is served until this day", examples=["2027-01-31"]
    )
    successor: str | None = Field(default=None, description="what to use in its place")


class UpgradeModel(ConfigModel):
    """The days in which the step to the vendor's next version is planned."""

    to: str = Field(description="the vendor's version that comes next")
    begins: date = Field(description="the first day", examples=["2026-11-01"])
    ends: date = Field(description="the last day", examples=["2026-11-15"])


class ApiModel(ConfigModel):
    """The version of the vendor's interface that is spoken, and how long the vendor keeps it."""

    version: str = Field(description="the vendor's name of it", examples=["v62.0"])
    deprecated: date | None = Field(default=None, description="the vendor advises against it from this day on")
    ends: date | None = Field(default=None, description="the vendor turns it off on this day")
    warn: Duration = Field(
        default=Duration(90 * 86400.0, text="90 days"), description="lint warns so long before it ends"
    )
    upgrade: UpgradeModel | None = Field(default=None, description="when the step to the next version is planned")


class RunbookModel(ConfigModel):
    """What a person does about failures of some error classes."""

    summary: Summary
    classes: tuple[Name, ...] = Field(min_length=1, description="the error classes it is for")
    steps: tuple[str, ...] = Field(default=(), description="what to do, in order: replay, undo, override")
    page: str | None = Field(default=None, description="where more is written: an address or a file")

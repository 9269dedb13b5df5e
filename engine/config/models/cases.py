"""`flows/**/NAME.test.yaml`: cases that say what an event's payload becomes."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from engine.config.models.base import ConfigModel, EventName, Summary
from engine.fields.scalars import Name


class GivenModel(ConfigModel):
    """What comes in."""

    event: EventName = Field(description="the event it comes as")
    payload: Any = Field(default=None, description="the payload: a document, or the text itself")
    file: str | None = Field(default=None, description="or the file that holds it, relative to the workspace")
    headers: dict[str, str] = Field(default_factory=dict, description="the sender's headers")

    @model_validator(mode="after")
    def _one_payload(self) -> Self:
        if (self.file is None) == (self.payload is None):
            raise ValueError("expected exactly one of 'payload' and 'file'")
        return self


class ExpectedModel(ConfigModel):
    """What must become of it."""

    canonical: Any = Field(default=None, description="the whole canonical document; a list where it becomes several")
    refused: Name | None = Field(default=None, description="or the code of its refusal, such as broken-contract")

    @model_validator(mode="after")
    def _one_ending(self) -> Self:
        if (self.refused is None) == (self.canonical is None):
            raise ValueError("expected exactly one of 'canonical' and 'refused'")
        return self


class CaseModel(ConfigModel):
    """One case."""

    case: Summary = Field(description="what must hold, in one sentence")
    given: GivenModel = Field(description="what comes in")
    expect: ExpectedModel = Field(description="what must become of it")


class CasesModel(ConfigModel):
    """The tests of a flow, beside it."""

    test: Name = Field(description="the flow they are about; the file is called like it")
    cases: tuple[CaseModel, ...] = Field(min_length=1, description="the cases")

"""`flows/**/NAME.test.yaml`: cases of what comes into a flow or a system, and what becomes of it."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Discriminator, Field, Tag, WithJsonSchema, model_validator

from engine.config.models.base import (
    ConfigModel,
    EntityVersion,
    EventName,
    FlowName,
    MilestoneName,
    OperationName,
    Summary,
    TopicName,
)
from engine.fields.json_schema import alone, at_most_one, exactly_one, named, rules
from engine.fields.scalars import Duration, Expr, Flag, Name, Whole

STARTS_AT = "2026-03-02T15:00:00Z"
"""The time of a case that names none: a Monday."""

Document = Annotated[Any, WithJsonSchema({"x-type": "document"})]
FaultName = Literal["timeout", "dropped", "unreachable"]


def _at_most_one(model: ConfigModel, *names: str) -> None:
    given = [name for name in names if getattr(model, name) is not None]
    if len(given) > 1:
        raise ValueError(f"expected one of {' and '.join(map(repr, given))}, not both")


class ArrivalModel(ConfigModel):
    """A payload that comes in, and what comes with it."""

    model_config = ConfigDict(json_schema_extra=rules(at_most_one("payload", "file")))

    payload: Document = Field(default=None, description="the payload: a document, or the text itself")
    file: str | None = Field(default=None, description="or the file that holds it, relative to the workspace")
    headers: dict[str, str] = Field(default_factory=dict, description="the sender's headers")
    attributes: dict[str, Any] = Field(
        default_factory=dict, description="what the transport knows besides: parameters of the path, a file's name"
    )

    @model_validator(mode="after")
    def _one_payload(self) -> Self:
        _at_most_one(self, "payload", "file")
        return self


class GivenModel(ArrivalModel):
    """What a mapping is given."""

    at: AwareDatetime | None = Field(default=None, description=f"the time; by default {STARTS_AT}")


class MessageModel(ArrivalModel):
    """A message for the flow."""

    event: EventName | None = Field(
        default=None, description="the event it comes as, raw; without one the payload is canonical already"
    )


class EarlierModel(MessageModel):
    """A message that the flow has handled before."""

    at: AwareDatetime | None = Field(default=None, description="the time it came in; by default right before the next")


class FlowGivenModel(MessageModel):
    """What the flow is given."""

    at: AwareDatetime | None = Field(default=None, description=f"the time it comes in; by default {STARTS_AT}")
    earlier: tuple[EarlierModel, ...] = Field(
        default=(), description="messages that the flow has handled before, with the same stubs"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [one.at for one in self.earlier if one.at is not None]
        times.append(self.at or datetime.fromisoformat(STARTS_AT))
        for first, second in pairwise(times):
            if first > second:
                raise ValueError(f"expected times in the order of the messages, got {first} before {second}")
        return self


class StubReplyModel(ConfigModel):
    """What a stubbed system answers, or how it fails to."""

    model_config = ConfigDict(json_schema_extra=rules(at_most_one("body", "file"), alone("fault")))

    status: Whole = Field(default=200, ge=100, le=599, description="the status")
    body: Document = Field(default=None, description="the body: a document, or the text itself")
    file: str | None = Field(default=None, description="or the file that holds it, relative to the workspace")
    headers: dict[str, str] = Field(default_factory=dict, description="its headers")
    fault: FaultName | None = Field(
        default=None,
        description="no answer: `timeout` and `dropped` leave open whether it was done, `unreachable` says it was not",
    )

    @model_validator(mode="after")
    def _an_answer_or_a_fault(self) -> Self:
        _at_most_one(self, "body", "file")
        if self.fault is not None and self.model_fields_set != {"fault"}:
            raise ValueError("expected 'fault' alone: where it happens no answer comes")
        return self


class StubModel(ConfigModel):
    """Stands in for an operation. The first stub of an operation that matches answers; its `replies` are used up."""

    model_config = ConfigDict(json_schema_extra=rules(exactly_one("reply", "replies")))

    operation: OperationName = Field(description="the operation it answers for")
    when: Expr | None = Field(
        default=None, description="only requests for which this is true; scope: the request's fields, and its `body`"
    )
    confirm: Flag = Field(default=False, description="true: it answers the question whether an earlier try was done")
    reply: StubReplyModel | None = Field(default=None, description="its answer, as often as it is asked")
    replies: tuple[StubReplyModel, ...] = Field(default=(), description="or its answers, one after the other")

    @model_validator(mode="after")
    def _some_reply(self) -> Self:
        if (self.reply is None) == (not self.replies):
            raise ValueError("expected exactly one of 'reply' and 'replies'")
        return self


class FailureModel(ConfigModel):
    """How an operation fails; what is not named is not looked at."""

    error_class: str | None = Field(default=None, alias="class", description="the error class", examples=["business"])
    reason: str | None = Field(default=None, description="its short name")
    owner: Name | None = Field(default=None, description="who repairs it")


class MappingExpectModel(ConfigModel):
    """What must become of it. Documents are compared as a whole, numbers by their digits."""

    model_config = ConfigDict(
        json_schema_extra={
            "minProperties": 1,
            **rules(at_most_one("canonical", "canonical_file", "refused", "failed")),
        }
    )

    canonical: Document = Field(
        default=None, description="the canonical document; a list of them where there are several"
    )
    canonical_file: str | None = Field(default=None, description="or the file that holds it, relative to the workspace")
    request: dict[str, Any] | None = Field(
        default=None, description="fields of the request that leaves, such as `method`, `path` and `body`"
    )
    body_file: str | None = Field(default=None, description="or the file with the request's body")
    refused: Name | None = Field(default=None, description="the code of the event's refusal, such as broken-contract")
    failed: FailureModel | None = Field(default=None, description="how the operation fails")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("expected at least one of 'canonical', 'request', 'refused' and 'failed'")
        _at_most_one(self, "canonical", "canonical_file", "refused", "failed")
        return self


class MappingCaseModel(ConfigModel):
    """What an event's payload becomes, or what an operation sends and makes of the reply."""

    case: Summary = Field(description="what must hold, in one sentence")
    mapping: str = Field(
        pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$",
        description="the event or operation whose mappings are tested: SYSTEM.NAME",
        examples=["shop.order-created"],
        json_schema_extra=named("mappings"),
    )
    given: GivenModel = Field(description="the raw payload of the event, or the canonical document for the operation")
    reply: StubReplyModel | None = Field(default=None, description="what the system answers to the operation")
    expect: MappingExpectModel = Field(description="what must become of it")


class DocumentExpectModel(ConfigModel):
    """What a document must be."""

    model_config = ConfigDict(json_schema_extra=rules(at_most_one("equals", "file")))

    equals: Document = Field(default=None, description="the whole document")
    file: str | None = Field(default=None, description="or the file that holds it, relative to the workspace")
    contains: Document = Field(
        default=None, description="fields that it has; of a list, items that are in it in whatever order"
    )
    asserts: Expr | None = Field(default=None, alias="assert", description="true of it; scope: the document")
    valid: EntityVersion | None = Field(
        default=None,
        description="the canonical entity and version whose schema it holds to",
        examples=["sales-order/2"],
    )

    @model_validator(mode="after")
    def _one_document(self) -> Self:
        _at_most_one(self, "equals", "file")
        return self


class CallExpectModel(DocumentExpectModel):
    """A request that the flow makes: the document is what the operation is given."""

    operation: OperationName = Field(description="the operation")
    request: dict[str, Any] | None = Field(default=None, description="fields of the request as it leaves")


class SendExpectModel(CallExpectModel):
    """A delivery that the flow leaves behind. What becomes of it is known where a stub answers it."""

    outcome: Literal["completed", "parked", "dead"] | None = Field(default=None, description="how the delivery ends")
    reason: str | None = Field(default=None, description="why it is parked or dead")
    error_class: str | None = Field(default=None, alias="class", description="the error class of a dead one")
    owner: Name | None = Field(default=None, description="who decides or repairs")
    attempts: Whole | None = Field(default=None, description="how often it was tried")


class PublishExpectModel(DocumentExpectModel):
    """An event that the flow publishes."""

    topic: TopicName = Field(description="the topic")


class ReplyExpectModel(DocumentExpectModel):
    """The flow's own reply."""

    status: Whole | None = Field(default=None, description="its status")


class PublishedModel(ConfigModel):
    """An event that comes on a topic."""

    topic: TopicName = Field(description="the topic")
    payload: Document = Field(default=None, description="the event")
    file: str | None = Field(default=None, description="or the file that holds it, relative to the workspace")


class HappeningModel(ConfigModel):
    """Something that happens after the message has come to rest."""

    model_config = ConfigDict(json_schema_extra=rules(exactly_one("publish", "release", "wait")))

    publish: PublishedModel | None = Field(default=None, description="an event comes, which may release it")
    release: Flag = Field(default=False, description="true: a person releases the parked message")
    wait: Duration | None = Field(default=None, description="time passes; what is due by then happens")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum((self.publish is not None, bool(self.release), self.wait is not None)) != 1:
            raise ValueError("expected exactly one of 'publish', 'release' and 'wait'")
        return self


class FlowExpectModel(ConfigModel):
    """What must have happened in the end. What is not named is not looked at; lists are complete and in order."""

    outcome: Literal["completed", "parked", "discarded", "dead", "waiting", "refused", "repeat", "not-taken"] = Field(
        default="completed", description="how the message ends"
    )
    reason: str | None = Field(default=None, description="why it is parked, discarded, dead or refused")
    error_class: str | None = Field(default=None, alias="class", description="the error class of a dead one")
    owner: Name | None = Field(default=None, description="who decides or repairs")
    step: str | None = Field(default=None, description="the step at which it is parked or dead")
    attempts: Whole | None = Field(default=None, description="how often it was tried")
    within: Duration | None = Field(default=None, description="how long it takes at most, waits included")
    calls: tuple[OperationName | CallExpectModel, ...] | None = Field(
        default=None, description="the requests of its calls, tries again included"
    )
    undone: tuple[OperationName | CallExpectModel, ...] | None = Field(
        default=None, description="the requests that take calls back"
    )
    sends: tuple[OperationName | SendExpectModel, ...] | None = Field(default=None, description="its deliveries")
    publishes: tuple[TopicName | PublishExpectModel, ...] | None = Field(default=None, description="its events")
    milestones: tuple[MilestoneName, ...] | None = Field(default=None, description="the milestones that it passes")
    reply: ReplyExpectModel | None = Field(default=None, description="what a waiting caller is told")


class FlowCaseModel(ConfigModel):
    """What a flow does with a message. It runs as it always runs; only the systems are stubs."""

    case: Summary = Field(description="what must hold, in one sentence")
    flow: FlowName = Field(description="the flow that runs")
    given: FlowGivenModel = Field(default=FlowGivenModel(), description="the message; a schedule's needs no payload")
    stubs: tuple[StubModel, ...] = Field(default=(), description="what systems answer; each must be used")
    then: tuple[HappeningModel, ...] = Field(default=(), description="what happens after it has come to rest")
    expect: FlowExpectModel = Field(default=FlowExpectModel(), description="what must have happened in the end")


def case_kind(value: Any) -> str | None:
    """`mapping` or `flow`: the key by which a case says what it tests."""
    if isinstance(value, dict):
        return next((kind for kind in ("mapping", "flow") if kind in value), None)
    return "mapping" if isinstance(value, MappingCaseModel) else "flow" if isinstance(value, FlowCaseModel) else None


Case = Annotated[
    Annotated[MappingCaseModel, Tag("mapping")] | Annotated[FlowCaseModel, Tag("flow")],
    Discriminator(case_kind),
]


class CasesModel(ConfigModel):
    """The tests of a flow or a system, beside it."""

    test: Name = Field(description="the flow or system they are about; the file is called like it")
    summary: Summary | None = None
    stubs: tuple[StubModel, ...] = Field(
        default=(), description="for all flow cases, after their own; not all need be used"
    )
    cases: tuple[Case, ...] = Field(min_length=1, description="the cases")

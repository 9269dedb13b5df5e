"""`flows/systems/NAME.sandbox.yaml`: the stand-in of one system, for `run --sandbox` and the tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from engine.config.models.base import ConfigModel, EventName, Summary
from engine.fields.json_schema import given, only_with, rules
from engine.fields.scalars import Duration, Expr, Flag, MappingRef, Name, Rate, Scalar, Template, Whole, bad_scalar

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, unless their answer says `state`."""

_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LITERAL_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")


@dataclass(frozen=True, slots=True)
class Route(Scalar):
    """A method and a path pattern: `POST /orders/{orderId}`; `{name}` takes one segment of the path."""

    noun: ClassVar[str] = "route"
    description: ClassVar[str] = "a method, a space and a path; `{name}` takes one segment"
    examples: ClassVar[tuple[str, ...]] = ("POST /orders", "GET /orders/{orderId}")

    method: str
    path: str

    @classmethod
    def parse(cls, value: object) -> Self:
        wanted = "a method and a path such as 'POST /orders' or 'GET /orders/{orderId}'"
        method, _, path = value.partition(" ") if isinstance(value, str) else ("", "", "")
        if method not in METHODS:
            hint = f"did you mean '{method.upper()} {path}'" if method.upper() in METHODS else ""
            raise bad_scalar("XD705", wanted, value, hint)
        names = _PARAMETER.findall(path)
        if not _LITERAL_PATH.fullmatch(_PARAMETER.sub("x", path)):
            raise bad_scalar("XD705", wanted, value)
        if len(names) != len(set(names)):
            raise bad_scalar("XD705", wanted, value, "name every parameter differently")
        return cls(str(method), str(path))

    @property
    def pattern_text(self) -> str:
        """The path as a regular expression with a named group for each parameter."""
        pieces = _PARAMETER.split(self.path)
        return "".join(f"(?P<{piece}>[^/]+)" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


FaultKind = Literal[
    "latency",
    "status",
    "apply-then-drop",
    "drop-before-apply",
    "hang",
    "truncate",
    "rate-limit",
    "down",
]

_NEEDS: dict[str, str] = {"latency": "delay", "status": "status", "rate-limit": "rate"}
_BELONGS = {"delay": ("latency",), "status": ("status",), "rate": ("rate-limit",), "apply": ("hang",)}
_RETRY_AFTER = ("status", "rate-limit")


class FaultModel(ConfigModel):
    """Something that goes wrong at the stand-in; the first fault of the list that applies to a request happens.

    It ends after `times` requests or when `for` has passed, whichever comes first; without either it stays.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            *({"if": {"properties": {"fault": {"const": kind}}}, "then": given(name)} for kind, name in _NEEDS.items()),
            *(only_with(name, "fault", *kinds) for name, kinds in _BELONGS.items()),
            only_with("retry_after", "fault", *_RETRY_AFTER),
        )
    )

    fault: FaultKind = Field(
        description="`latency`: the reply comes late; `status`: refused with this status, nothing is applied; "
        "`apply-then-drop`: applied, then the connection is closed without a reply; "
        "`drop-before-apply`: closed at once; "
        "`hang`: no reply, the connection stays open; `truncate`: applied, half of the reply's body is sent; "
        "`rate-limit`: more than `rate` are answered 429; `down`: connections are refused"
    )
    match: Name | None = Field(default=None, description="only requests of this answer; without it all")
    times: Whole | None = Field(default=None, ge=1, description="ends after it has happened so often")
    lasts: Duration | None = Field(default=None, alias="for", description="ends so long after it was set")
    skip: Whole = Field(default=0, ge=0, description="lets so many requests pass first")
    probability: Annotated[float, Field(ge=0, le=1)] = Field(
        default=1.0, description="the part of requests it happens to"
    )
    seed: Whole = Field(default=0, description="makes the chance of `probability` the same in every run")
    delay: Duration | None = Field(default=None, description="for `latency`: how late the reply comes")
    status: Whole | None = Field(default=None, ge=400, le=599, description="for `status`: what is answered")
    rate: Rate | None = Field(default=None, description="for `rate-limit`: so many pass")
    retry_after: Duration | None = Field(
        default=None, description="for `status` and `rate-limit`: a Retry-After header"
    )
    apply: Flag = Field(default=False, description="for `hang`: true when the request is applied before")

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        needed = _NEEDS.get(self.fault)
        if needed is not None and getattr(self, needed) is None:
            raise ValueError(f"expected '{needed}' beside 'fault: {self.fault}', found none")
        for name, kinds in _BELONGS.items():
            if getattr(self, name) not in (None, False) and self.fault not in kinds:
                raise ValueError(f"expected '{name}' only beside 'fault: {kinds[0]}', found it beside '{self.fault}'")
        if self.retry_after is not None and self.fault not in _RETRY_AFTER:
            raise ValueError(f"expected 'retry_after' only beside {' or '.join(_RETRY_AFTER)}, found '{self.fault}'")
        if self.fault == "down" and (self.match or self.times or self.skip or self.probability < 1):
            raise ValueError("expected only 'for' beside 'fault: down', found a choice of requests")
        return self


class EmitModel(ConfigModel):
    """An event that the stand-in tells the hub after an answer, signed as the system file's `verify` asks.

    It is stored with the effect and sent until the hub takes it, so it may arrive twice as a vendor's would.
    """

    event: EventName = Field(description="an event of this system")
    when: Expr | None = Field(default=None, description="only when this is true; scope: as the answer's `reply`")
    after: Duration = Field(default=Duration(0.0, text="0 s"), description="how long after the answer")
    path: Template | None = Field(default=None, description="the path at the hub, where the event's own has parameters")
    headers: dict[str, Template] = Field(
        default_factory=dict, description="headers; `$id` is the event's own id", examples=[{"X-Event-Id": "{$id}"}]
    )
    body: MappingRef = Field(description="the payload as the vendor sends it; scope: as the answer's `reply`, `$id`")


class AnswerModel(ConfigModel):
    """What the stand-in answers to one kind of request, and what that changes in its state.

    All expressions see `body` and the variables `$path`, `$query`, `$headers` (names in lower case), `$state` (before),
    `$sequence` (a number that no other effect has) and `$key`; all but `when` and `state` see `$after` too.
    """

    on: Route = Field(description="the method and path it is for; the first answer that matches is given")
    name: Name = Field(description="its name in the ledger and in faults")
    summary: Summary | None = None
    when: Expr | None = Field(default=None, description="only when this is true; else the next answer is tried")
    expects: str | None = Field(
        default=None, description="the schema of what it is sent, a file in the system's folder; else it answers 422"
    )
    idempotency_header: str | None = Field(
        default=None,
        description="the header with the sender's key: a repeat gets the first answer and has no second effect",
    )
    state: MappingRef | None = Field(
        default=None, description="a merge patch (RFC 7396) applied to the state; null deletes, a missing field stays"
    )
    status: Expr = Field(default=Expr("200"), description="the status; with 400 or more nothing is applied")
    headers: dict[str, Template] = Field(default_factory=dict, description="headers of the answer")
    content_type: str = Field(default="application/json", description="unless it is JSON a text is sent as it is")
    reply: MappingRef | None = Field(default=None, description="the body of the answer; without it there is none")
    latency: Duration = Field(default=Duration(0.0, text="0 s"), description="how long the answer takes")
    emits: tuple[EmitModel, ...] = Field(default=(), description="events that follow from it")


class SandboxModel(ConfigModel):
    """A stand-in: a real HTTP peer with a state of its own."""

    sandbox: Name = Field(description="the system it stands in for")
    summary: Summary | None = None
    state: dict[str, Any] = Field(default_factory=dict, description="the state it starts with")
    answers: tuple[AnswerModel, ...] = Field(
        min_length=1, description="what it answers; the first that matches is given"
    )
    token_lifetime: Duration = Field(default=Duration(3600.0, text="1 h"), description="how long an access token holds")
    faults: tuple[FaultModel, ...] = Field(default=(), description="what goes wrong from the start")

    @field_validator("answers")
    @classmethod
    def _names_differ(cls, value: tuple[AnswerModel, ...]) -> tuple[AnswerModel, ...]:
        seen: set[str] = set()
        for answer in value:
            if answer.name in seen:
                raise ValueError(f"expected every answer to have a name of its own, found '{answer.name}' twice")
            seen.add(answer.name)
        return value

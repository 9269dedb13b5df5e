"""Stubs in the place of systems: destinations whose answers come from a case. Nothing ever reaches the network.

The request really is built by its operation and the answer really is judged and mapped by it; only the wire is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.clock import Clock, moment
from engine.config.models.tests import StubModel, StubReplyModel
from engine.errors import CodecError, OutcomeUnknown, StepFailed
from engine.fields.nearest import nearest
from engine.flow.compiled import CompiledOperation, CompiledSystem, Revision
from engine.jsonata import EvaluationContext, ExpressionError
from engine.plugin import Reply, Request
from engine.runtime.gateway import Gateway
from engine.testing.compare import plain_document, shown
from engine.testing.documents import CaseFiles

UNANSWERED = "no-stub"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it left: `fields` are the connector's, with the decoded `body`. `confirm` says that it asked whether
    an earlier try was done."""

    operation: str
    key: str
    confirm: bool
    fields: Mapping[str, Any]

    def __str__(self) -> str:
        what = " ".join(str(self.fields[name]) for name in ("method", "path") if name in self.fields)
        asks = " (the question whether it was done)" if self.confirm else ""
        body = f" with {shown(self.fields['body'])}" if self.fields.get("body") is not None else ""
        return f"{self.operation}{asks}: {what}{body}".rstrip(": ")


@dataclass(slots=True)
class Stub:
    """A stub, and how often it has answered. `label` is where it stands; `own` says that the case itself has it."""

    model: StubModel
    label: str
    own: bool
    used: int = 0

    @property
    def spent(self) -> bool:
        """Whether its answers are used up."""
        return self.model.reply is None and self.used >= len(self.model.replies)

    def take(self) -> StubReplyModel:
        """Its next answer."""
        self.used += 1
        return self.model.reply if self.model.reply is not None else self.model.replies[self.used - 1]


@dataclass(slots=True)
class Switchboard:
    """Answers the requests of one case, and keeps them. `problems` are requests that no stub answers."""

    revision: Revision
    files: CaseFiles
    clock: Clock
    stubs: Sequence[Stub]
    sent: list[Sent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def gateway(self, system: CompiledSystem) -> StubGateway:
        """The system's gateway with stubs behind it. Its rate is not kept: a test does not wait for slots."""
        limits = system.model.limits.model_copy(update={"rate": None})
        unlimited = replace(system, model=system.model.model_copy(update={"limits": limits}))
        return StubGateway(unlimited, self, self.clock)

    def answers(self, operation: str) -> bool:
        """Whether a stub stands for the operation."""
        return any(stub.model.operation == operation for stub in self.stubs)

    def answer(self, operation: CompiledOperation, request: Request, confirm: bool) -> Reply:
        """What a stub answers. Raises StepFailed or OutcomeUnknown for a fault, or when there is none."""
        sent = Sent(operation.full_name, request.key, confirm, _fields(operation, request))
        self.sent.append(sent)
        for stub in self.stubs:
            if self._why_not(stub, sent) is None:
                return self._reply(operation, stub.take())
        self.problems.append(f"no stub answers {sent}; {self._nearest(sent)}")
        raise StepFailed(f"{sent.operation}: no stub answers it", error_class="permanent", reason=UNANSWERED)

    def unused(self) -> list[str]:
        """What is wrong with the case's own stubs that were not asked, or not as often as they have answers."""
        found = []
        for stub in self.stubs:
            if stub.own and not stub.used:
                found.append(f"{stub.label} for {stub.model.operation} was never asked")
            elif stub.own and stub.used < len(stub.model.replies):
                said = f"only {stub.used} of {len(stub.model.replies)} replies was asked for"
                found.append(f"{stub.label} for {stub.model.operation}: {said}")
        return found

    def _why_not(self, stub: Stub, sent: Sent) -> str | None:
        """Why a stub does not answer a request; None when it does."""
        model = stub.model
        if model.operation != sent.operation:
            return f"is for {model.operation}"
        if model.confirm != sent.confirm:
            return "answers only the question whether it was done" if model.confirm else "has no 'confirm: true'"
        if stub.spent:
            return f"has no reply left after {stub.used}"
        if model.when is None:
            return None
        now = moment(self.clock.now())
        context = EvaluationContext(now=now, limits=self.revision.limits, lookup=self.revision.table_lookup)
        condition = self.files.expression(model.when)
        try:
            value = condition.evaluate(sent.fields, {}, context)
        except ExpressionError as error:
            return f"has a 'when' that fails: {error}"
        return None if value is True else f"has a 'when' ({model.when}) that is not true of it"

    def _nearest(self, sent: Sent) -> str:
        """The stub that was most likely meant, and why it does not answer."""
        same = [stub for stub in self.stubs if stub.model.operation == sent.operation]
        same.sort(key=lambda stub: stub.model.confirm != sent.confirm)
        name = nearest(sent.operation, [stub.model.operation for stub in self.stubs])
        like = [stub for stub in self.stubs if stub.model.operation == name]
        for stub in (*same, *like, *self.stubs):
            return f"the nearest, {stub.label}, {self._why_not(stub, sent)}"
        return "the case has no stubs"

    def _reply(self, operation: CompiledOperation, model: StubReplyModel) -> Reply:
        name = operation.full_name
        if model.fault == "unreachable":
            raise StepFailed(f"{name}: no connection", error_class="transient", reason="unreachable")
        if model.fault is not None:
            reason = "timeout" if model.fault == "timeout" else "no-answer"
            raise OutcomeUnknown(f"{name}: no answer came", reason=reason)
        headers = {header.lower(): str(value) for header, value in model.headers.items()}
        return Reply(model.status, self._body(operation, model), headers, operation.codec.media_type)

    def _body(self, operation: CompiledOperation, model: StubReplyModel) -> bytes:
        if model.file is not None:
            return self.files.content(model.file)
        if model.body is None:
            return b""
        if isinstance(model.body, str):
            return model.body.encode()
        try:
            return operation.codec.encode(plain_document(model.body))
        except CodecError as error:
            self.problems.append(f"the stubbed reply of {operation.full_name} cannot be written: {error}")
            raise StepFailed(f"{operation.full_name}: {error}", error_class="permanent", reason=UNANSWERED) from error


class StubDestination:
    """Hands the requests of one system to the switchboard."""

    def __init__(self, system: CompiledSystem, switchboard: Switchboard) -> None:
        self._operations = system.operations
        self._switchboard = switchboard
        self.confirming: str | None = None

    async def send(self, request: Request) -> Reply:
        confirm, self.confirming = self.confirming == request.key, None
        return self._switchboard.answer(self._operations[request.operation], request, confirm)

    async def close(self) -> None:
        """There is no connection."""


class StubGateway(Gateway):
    """A gateway to stubs. An operation's `confirm` is sent under its own name: the engine asks `is_not_done` right
    before, by which the next request of that key is known to be the question."""

    def __init__(self, system: CompiledSystem, switchboard: Switchboard, clock: Clock) -> None:
        self._stubs = StubDestination(system, switchboard)
        super().__init__(system, self._stubs, clock)

    def is_not_done(self, key: str) -> bool:
        known = super().is_not_done(key)
        self._stubs.confirming = None if known else key
        return known


def _fields(operation: CompiledOperation, request: Request) -> dict[str, Any]:
    """What expectations and conditions see of a request."""
    body: Any = None
    if request.body is not None:
        try:
            body = operation.codec.decode(request.body)
        except CodecError:
            body = request.body.decode("utf-8", "replace")
    return {**request.settings, "body": body}

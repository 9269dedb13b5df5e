"""What stays done when a later step fails for good."""

from __future__ import annotations

from collections.abc import Sequence

from engine.config.models.flow import FlowModel
from engine.config.models.steps import (
    CallStep,
    Otherwise,
    ParkSettings,
    ParkStep,
    RaiseStep,
    RouteStep,
    SplitStep,
    StepFields,
    ValidateStep,
)
from engine.config.workspace import Loaded
from engine.fields.marks import Mark
from engine.lint.context import Context
from engine.lint.sites import Path
from engine.lint.walk_flows import inner_steps

_Pending = dict[Path, CallStep]


def check_undoing(context: Context) -> None:
    """XD610: a call that makes something, without `undo`, before a step that can fail for good."""
    makers = {
        operation.name
        for operation in context.operations()
        if not operation.model.idempotent
        and not (
            operation.model.safe
            if operation.model.safe is not None
            else operation.connector.changes_nothing(operation.model.request)
        )
    }
    for flow in context.flows.values():
        _Walk(context, flow, makers).sequence(flow.model.steps, ("steps",), {})


class _Walk:
    def __init__(self, context: Context, flow: Loaded[FlowModel], makers: set[str]) -> None:
        self._context = context
        self._flow = flow
        self._makers = makers
        self._told: set[Path] = set()

    def sequence(self, steps: Sequence[StepFields], path: Path, pending: _Pending) -> _Pending:
        """Walk steps with the calls that could not be taken back so far; returns those after them."""
        for index, step in enumerate(steps):
            at = (*path, index)
            if pending and _may_fail(step):
                self._tell(pending, self._flow.places.value(*at))
            if isinstance(step, CallStep) and step.undo is None and step.call in self._makers:
                pending = {**pending, at: step}
            elif isinstance(step, RouteStep):
                each = [self.sequence(below, (*at, *inner), pending) for inner, below in inner_steps(step)]
                pending = {call: found for one in each for call, found in one.items()}
            elif isinstance(step, SplitStep):
                once = self.sequence(step.steps, (*at, "steps"), pending)
                pending = self.sequence(step.steps, (*at, "steps"), once)  # the second group fails after the first
        return pending

    def _tell(self, pending: _Pending, failing: Mark) -> None:
        for path, step in pending.items():
            if path not in self._told:
                self._told.add(path)
                self._context.findings.add(
                    "XD610",
                    self._flow.places.value(*path, "call"),
                    expected=f"'undo' beside '{step.call}'",
                    found=f"none, and line {failing.line} can fail for good",
                    hint="name the operation that takes it back, make the call the last, "
                    "or say 'idempotent: true' of an operation that may stand",
                )


def _may_fail(step: StepFields) -> bool:
    """Whether the step can end the exchange in failure, for a reason other than its own expressions."""
    otherwise = getattr(step, "otherwise", None)
    if isinstance(step, CallStep | RaiseStep | ValidateStep):
        return True
    if isinstance(step, ParkStep) and isinstance(step.park, ParkSettings):
        return step.park.due is not None and step.park.on_due == "dead"
    return isinstance(otherwise, Otherwise) and otherwise.raise_ is not None

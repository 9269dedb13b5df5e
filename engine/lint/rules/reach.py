"""Steps that never run."""

from __future__ import annotations

from collections.abc import Sequence

from engine.config.models.flow import FlowModel
from engine.config.models.steps import DiscardStep, RaiseStep, RouteStep, StepFields
from engine.config.workspace import Loaded
from engine.lint.context import Context
from engine.lint.sites import Path
from engine.lint.walk_flows import inner_steps

_ALWAYS = "true"


def check_reach(context: Context) -> None:
    """XD603: a step after one that always ends the exchange, an arm after one that is always taken."""
    for flow in context.flows.values():
        _sequence(context, flow, flow.model.steps, ("steps",))


def _sequence(context: Context, flow: Loaded[FlowModel], steps: Sequence[StepFields], path: Path) -> None:
    for index, step in enumerate(steps):
        at = (*path, index)
        for inner, below in inner_steps(step):
            _sequence(context, flow, below, (*at, *inner))
        if isinstance(step, RouteStep):
            _arms(context, flow, step, at)
        if _ends(step) and index + 1 < len(steps):
            line = flow.places.value(*at).line
            context.findings.add(
                "XD603",
                flow.places.value(*path, index + 1),
                expected="a step that can be reached",
                found=f"one after line {line}, which always ends the exchange",
            )
            return


def _arms(context: Context, flow: Loaded[FlowModel], step: RouteStep, path: Path) -> None:
    taken = next((index for index, arm in enumerate(step.route) if arm.when.text.strip() == _ALWAYS), None)
    if taken is None:
        return
    after = ("route", taken + 1) if taken + 1 < len(step.route) else ("otherwise",) if step.otherwise else None
    if after is not None:
        context.findings.add(
            "XD603",
            flow.places.value(*path, *after),
            expected="an arm that can be reached",
            found="one after an arm that is always taken",
        )


def _ends(step: StepFields) -> bool:
    """Whether the exchange always ends with this step."""
    if step.when is not None and step.when.text.strip() != _ALWAYS:
        return False
    if isinstance(step, DiscardStep | RaiseStep):
        return True
    return isinstance(step, RouteStep) and all(any(_ends(inner) for inner in below) for _, below in inner_steps(step))

"""The three layers of flows (ARC-2): system flows wrap one application, process flows coordinate, experience flows
serve a channel and leave the systems to the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.config.models.flow import FlowModel
from engine.config.models.steps import CallStep, SendStep, StepFields
from engine.config.workspace import Loaded
from engine.lint.context import Context
from engine.lint.sites import Path
from engine.lint.walk_flows import inner_steps


def check_layers(context: Context) -> None:
    """XD902 for experience flows, XD903 for system flows."""
    for flow in context.flows.values():
        if flow.model.layer == "experience":
            _check_experience(context, flow)
        elif flow.model.layer == "system":
            _check_system(context, flow)


def _asked(steps: Sequence[StepFields], path: Path) -> Iterator[tuple[Path, str | None]]:
    """The operations that steps ask; None for a system that an expression names."""
    for index, step in enumerate(steps):
        at = (*path, index)
        if isinstance(step, CallStep):
            yield (*at, "call"), step.call
        elif isinstance(step, SendStep):
            yield (*at, "send"), step.send if isinstance(step.send, str) else None
        for inner, below in inner_steps(step):
            yield from _asked(below, (*at, *inner))


def _check_experience(context: Context, flow: Loaded[FlowModel]) -> None:
    processes = sorted(
        name for name, other in context.flows.items() if other.model.layer == "process" and other.model.source.called
    )
    listed = f"; there are {', '.join(processes[:12])}" if processes else ""
    for path, name in _asked(flow.model.steps, ("steps",)):
        context.findings.add(
            "XD902",
            flow.places.value(*path),
            expected="'run' with a process flow, or 'publish', for an experience flow asks no system",
            found=f"'{path[-1]}: {name}'" if name is not None else f"'{path[-1]}' to a system",
            hint=f"move the step into a process flow with 'source: {{called: true}}'{listed}",
        )


def _check_system(context: Context, flow: Loaded[FlowModel]) -> None:
    known = dict.fromkeys(name.partition(".")[0] for name in flow.model.source.events)
    for path, name in _asked(flow.model.steps, ("steps",)):
        if name is None:
            found = "one that an expression names"
        else:
            known[name.partition(".")[0]] = None
            found = f"{' and '.join(map(repr, known))}"
        if name is None or len(known) > 1:
            context.findings.add(
                "XD903",
                flow.places.value(*path),
                expected="one system, for a system flow wraps one application",
                found=found,
                hint="say 'layer: process', or publish to a topic that another flow subscribes to",
            )
            return

"""What a workspace uses by name: entities, events, operations and flows, each with the place of the use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.config.models.flow import FlowModel
from engine.config.models.steps import CallStep, RunStep, SendStep, StepFields, TransformStep, ValidateStep
from engine.config.workspace import Loaded
from engine.fields.marks import Mark
from engine.lint.context import Context
from engine.lint.sites import Path
from engine.lint.walk_flows import inner_steps

Kind = Literal["entity", "event", "operation", "flow"]


@dataclass(frozen=True, slots=True)
class Use:
    """One name where it is used; an entity with its version."""

    kind: Kind
    name: str
    mark: Mark


def uses_of(context: Context) -> Iterator[Use]:
    """Every use, in the order of the files."""
    for event in context.events():
        if event.model.map is not None:
            mark = event.system.places.value("events", event.key, "map", "to")
            yield Use("entity", event.model.map.to, mark)
    for operation in context.operations():
        at = ("operations", operation.key)
        if operation.model.accepts is not None:
            yield Use("entity", operation.model.accepts, operation.system.places.value(*at, "accepts"))
        returns = operation.model.returns
        if returns is not None and returns.to is not None:
            yield Use("entity", returns.to, operation.system.places.value(*at, "returns", "to"))
    for flow in context.flows.values():
        yield from _of_flow(flow)


def _of_flow(flow: Loaded[FlowModel]) -> Iterator[Use]:
    source = flow.model.source
    for index, name in enumerate(source.events):
        yield Use("event", name, flow.places.value("source", "events", index))
    if source.accepts is not None:
        yield Use("entity", source.accepts, flow.places.value("source", "accepts"))
    yield from _of_steps(flow, flow.model.steps, ("steps",))


def _of_steps(flow: Loaded[FlowModel], steps: Sequence[StepFields], path: Path) -> Iterator[Use]:
    place = flow.places.value
    for index, step in enumerate(steps):
        at = (*path, index)
        if isinstance(step, CallStep):
            yield Use("operation", step.call, place(*at, "call"))
            if step.undo is not None:
                yield Use("operation", step.undo, place(*at, "undo"))
        elif isinstance(step, SendStep) and isinstance(step.send, str):
            yield Use("operation", step.send, place(*at, "send"))
        elif isinstance(step, RunStep):
            yield Use("flow", step.run, place(*at, "run"))
        elif isinstance(step, TransformStep) and step.transform.to is not None:
            yield Use("entity", step.transform.to, place(*at, "transform", "to"))
        elif isinstance(step, ValidateStep):
            yield Use("entity", str(step.validate_), place(*at, "validate_"))
        for inner, below in inner_steps(step):
            yield from _of_steps(flow, below, (*at, *inner))

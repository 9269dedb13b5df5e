"""What each flow has to do with whom: the events, topics, operations and flows that it names, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.config.models.flow import FlowModel
from engine.config.models.steps import (
    CallStep,
    ParkSettings,
    ParkStep,
    PublishStep,
    RunStep,
    SendStep,
    SendTarget,
    StepFields,
    WireTapStep,
)
from engine.flow.compiled import Revision
from engine.lint.walk_flows import inner_steps

UseKind = Literal["event", "topic", "schedule", "call", "undo", "send", "publish", "wire tap", "wait", "run"]
TAKES: frozenset[UseKind] = frozenset({"event", "topic", "schedule"})
ASKS: frozenset[UseKind] = frozenset({"call", "undo", "send"})
TELLS: frozenset[UseKind] = frozenset({"publish", "wire tap"})


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that a flow uses. `target` is an event, an operation, a topic or a flow; `chosen`: the system of the
    operation is one of several, by an expression."""

    flow: str
    kind: UseKind
    target: str
    chosen: bool = False

    @property
    def system(self) -> str:
        """The system of an event or an operation."""
        return self.target.partition(".")[0] if self.kind == "event" or self.kind in ASKS else ""


def uses_of(revision: Revision) -> tuple[Use, ...]:
    """The uses of all flows, each once, in the order of the files."""
    return tuple(dict.fromkeys(use for flow in revision.flows.values() for use in uses_of_flow(flow.model, revision)))


def uses_of_flow(flow: FlowModel, revision: Revision) -> Iterator[Use]:
    """The uses of one flow, in order."""
    source = flow.source
    yield from (Use(flow.flow, "event", name) for name in source.events)
    yield from (Use(flow.flow, "topic", name) for name in source.topics)
    if source.schedule is not None:
        yield Use(flow.flow, "schedule", str(source.schedule.cron or f"every {source.schedule.every}"))
    yield from _of_steps(flow.flow, flow.steps, revision)


def every_step(steps: Sequence[StepFields]) -> Iterator[StepFields]:
    """Each step and those in it, from top to bottom."""
    for step in steps:
        yield step
        for _, inner in inner_steps(step):
            yield from every_step(inner)


def _of_steps(flow: str, steps: Sequence[StepFields], revision: Revision) -> Iterator[Use]:
    for step in every_step(steps):
        if isinstance(step, CallStep):
            yield Use(flow, "call", step.call)
            if step.undo is not None:
                yield Use(flow, "undo", step.undo)
        elif isinstance(step, SendStep):
            yield from _sent(flow, step.send, revision)
        elif isinstance(step, PublishStep):
            yield Use(flow, "publish", step.publish)
        elif isinstance(step, WireTapStep):
            yield Use(flow, "wire tap", step.wire_tap)
        elif isinstance(step, RunStep):
            yield Use(flow, "run", step.run)
        elif isinstance(step, ParkStep) and isinstance(step.park, ParkSettings) and step.park.release_on is not None:
            yield Use(flow, "wait", step.park.release_on.topic)


def _sent(flow: str, target: str | SendTarget, revision: Revision) -> Iterator[Use]:
    if not isinstance(target, SendTarget):
        yield Use(flow, "send", target)
        return
    for system in revision.systems.values():
        if target.operation in system.operations:
            yield Use(flow, "send", f"{system.name}.{target.operation}", chosen=True)

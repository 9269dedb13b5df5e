"""Watching what a case reaches: the same revision, with an onlooker at each step, arm, error rule and mapping.

Every part still does its own work; the onlookers only note that it was done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, cast

from engine.flow.compiled import (
    CompiledErrorRule,
    CompiledEvent,
    CompiledFlow,
    CompiledOperation,
    CompiledSystem,
    PipelineStep,
    Revision,
    Target,
)
from engine.flow.exchange import Exchange
from engine.flow.mapping import Mapping
from engine.flow.steps.call import Call, Undo
from engine.flow.steps.filter import Filter
from engine.flow.steps.lookup import Lookup
from engine.flow.steps.park import Park
from engine.flow.steps.route import Route
from engine.flow.steps.run import Run
from engine.flow.steps.send import Send
from engine.flow.steps.split import Split
from engine.flow.steps.step import Result, Step
from engine.jsonata import EvaluationContext, Expression
from engine.outcome import Discarded, Parked
from engine.testing.points import Point, flow_owner, system_owner
from engine.testing.target_fields import WatchedMapping, target_fields

Note = Callable[[Point], None]
_MAPPINGS = ("payload", "body", "mapping")


class Observer:
    """Holds the watched `revision`, all of its `points`, and what was reached since the last `take`."""

    def __init__(self, revision: Revision) -> None:
        self.points: dict[Point, None] = {}
        self._reached: set[Point] = set()
        self._operations: dict[str, CompiledOperation] = {}
        systems = {name: self._system(system) for name, system in revision.systems.items()}
        flows = {name: self._flow(flow) for name, flow in revision.flows.items()}
        self.revision = replace(revision, systems=systems, flows=flows)

    def take(self) -> frozenset[Point]:
        """What was reached since the last time."""
        reached = frozenset(self._reached)
        self._reached.clear()
        return reached

    def _point(self, kind: Any, owner: str, part: str, name: str) -> Point:
        point = Point(kind, owner, part, name)
        self.points.setdefault(point)
        return point

    def _mapping(self, mapping: Mapping | None, owner: str, part: str) -> Mapping | None:
        """A mapping whose target fields are points; as it is when nothing is known of them."""
        if mapping is None:
            return None
        points = {path: self._point("fields", owner, part, ".".join(path)) for path in target_fields(mapping)}
        return WatchedMapping(mapping, points, self._reached.add) if points else mapping

    # -- systems

    def _system(self, system: CompiledSystem) -> CompiledSystem:
        rules = self._rules(system)
        operations = {name: self._operation(one, rules) for name, one in system.operations.items()}
        self._operations.update({one.full_name: one for one in operations.values()})
        return replace(
            system, events={name: self._event(one) for name, one in system.events.items()}, operations=operations
        )

    def _event(self, event: CompiledEvent) -> CompiledEvent:
        return replace(event, target=self._target(event.target, system_owner(event.system), event.name))

    def _target(self, target: Target, owner: str, part: str) -> Target:
        return replace(target, mapping=self._mapping(target.mapping, owner, part))

    def _operation(self, operation: CompiledOperation, rules: tuple[CompiledErrorRule, ...]) -> CompiledOperation:
        owner, name = system_owner(operation.system), operation.full_name
        confirm = operation.confirm
        return replace(
            operation,
            body=self._mapping(operation.body, owner, name),
            returns=self._target(operation.returns, owner, f"{name}:reply"),
            confirm=replace(confirm, returns=self._target(confirm.returns, owner, f"{name}:confirm"))
            if confirm is not None
            else None,
            errors=rules,
        )

    def _rules(self, system: CompiledSystem) -> tuple[CompiledErrorRule, ...]:
        """The rules for replies that are no success, which a system's operations share."""
        operation = next(iter(system.operations.values()), None)
        watched = []
        for rule in operation.errors if operation is not None else ():
            said = f"{rule.error_class} ({rule.reason})" if rule.reason else rule.error_class
            point = self._point(
                "errors", system_owner(system.name), "", f"{said} when {' '.join(rule.when.source.split())}"
            )
            when = cast(Expression, WatchedCondition(rule.when, point, self._reached.add))
            watched.append(replace(rule, when=when))
        return tuple(watched)

    # -- flows

    def _flow(self, flow: CompiledFlow) -> CompiledFlow:
        by_id: dict[str, PipelineStep] = {}
        steps = self._steps(cast(Sequence[Step], flow.steps), flow_owner(flow.name), "", by_id)
        return replace(flow, steps=steps, by_id=by_id)

    def _steps(
        self, steps: Sequence[Step], owner: str, prefix: str, by_id: dict[str, PipelineStep]
    ) -> tuple[Step, ...]:
        return tuple(self._step(step, owner, prefix, by_id) for step in steps)

    def _step(self, step: Step, owner: str, prefix: str, by_id: dict[str, PipelineStep]) -> Step:
        """A step with an onlooker; `prefix` is of the ids of a flow's steps that runs inside another flow."""
        name = step.id.removeprefix(prefix)
        point = self._point("steps", owner, "", name)
        ends = _ends(step)
        arm = self._point("arms", owner, name, ends) if ends is not None else None
        inner = by_id[step.id] = self._inner(step, owner, name, prefix, by_id)
        return Watched(step.id, step.when, inner, point, arm, self._reached.add)

    def _inner(self, step: Step, owner: str, name: str, prefix: str, by_id: dict[str, PipelineStep]) -> Step:
        """The step over watched operations, mappings and steps."""
        changes: dict[str, Any] = {
            field.name: self._mapping(getattr(step, field.name), owner, name)
            for field in fields(step)
            if field.name in _MAPPINGS
        }
        if isinstance(step, Call):
            changes["operation"] = self._operations[step.operation.full_name]
            if step.undo is not None:
                changes["undo"] = Undo(self._operations[step.undo.operation.full_name], step.undo.payload)
        elif isinstance(step, Send):
            changes["targets"] = {system: self._operations[one.full_name] for system, one in step.targets.items()}
        elif isinstance(step, Route):
            arms = [
                (condition, self._arm(inner, owner, name, f"arm {number} ({_short(condition.source)})", prefix, by_id))
                for number, (condition, inner) in enumerate(step.arms, start=1)
            ]
            changes["arms"] = tuple(arms)
            changes["otherwise"] = self._arm(step.otherwise, owner, name, "otherwise", prefix, by_id)
        elif isinstance(step, Split):
            changes["steps"] = self._steps(step.steps, owner, prefix, by_id)
        elif isinstance(step, Run):
            changes["steps"] = self._steps(step.steps, flow_owner(step.flow), f"{step.id}/", by_id)
        return replace(step, **changes)

    def _arm(
        self, steps: Sequence[Step], owner: str, part: str, name: str, prefix: str, by_id: dict[str, PipelineStep]
    ) -> tuple[Step, ...]:
        probe = Probe(f"{part}: {name}", None, self._point("arms", owner, part, name), self._reached.add)
        return (probe, *self._steps(steps, owner, prefix, by_id))


def _ends(step: Step) -> str | None:
    """What a step may do instead of going on."""
    if isinstance(step, Park):
        return "parks"
    if isinstance(step, Filter):
        return "discards"
    if isinstance(step, Send | Lookup) and step.fallback is not None and step.fallback.park is not None:
        return "finds nothing and parks"
    return None


def _short(source: str) -> str:
    text = " ".join(source.split())
    return text if len(text) <= 60 else f"{text[:59]}…"


@dataclass(frozen=True, slots=True, eq=False)
class Watched(Step):
    """Runs `inner`, and notes that it ran; `arm` is reached when it ended the exchange."""

    inner: Step
    point: Point
    arm: Point | None
    note: Note

    word: ClassVar[str] = "watched"

    def run(self, exchange: Exchange) -> Result | Awaitable[Result]:
        self.note(self.point)
        result = self.inner.run(exchange)
        if self.arm is not None and isinstance(result, Parked | Discarded):
            self.note(self.arm)
        return result

    def children(self) -> Sequence[Sequence[Step]]:
        return self.inner.children()


@dataclass(frozen=True, slots=True, eq=False)
class Probe(Step):
    """Stands first in an arm and notes that it was taken."""

    point: Point
    note: Note

    word: ClassVar[str] = "probe"

    def run(self, exchange: Exchange) -> Result:
        self.note(self.point)
        return None


@dataclass(frozen=True, slots=True, eq=False)
class WatchedCondition:
    """An error rule's condition, which notes when it is true."""

    inner: Expression
    point: Point
    note: Note

    @property
    def source(self) -> str:
        return self.inner.source

    def evaluate(self, data: Any, variables: Any, context: EvaluationContext) -> Any:
        value = self.inner.evaluate(data, variables, context)
        if value is True:
            self.note(self.point)
        return value

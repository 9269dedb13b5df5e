"""The business rules that flows hold (ARC-5): where messages go, what is let through, what is held, what is looked up.

A rule that a system or a named service holds is not here; what is here stands in a flow as configuration.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.catalogue.uses import TELLS, Use
from engine.config.models.flow import FlowModel
from engine.config.models.steps import (
    DiscardStep,
    FilterStep,
    LookupStep,
    ParkSettings,
    ParkStep,
    RaiseStep,
    RouteStep,
    SendStep,
    SendTarget,
    SetStep,
    SplitStep,
    StepFields,
    TransformStep,
    step_word,
)
from engine.fields.expressions import MappingRef

RuleKind = Literal["routing", "filter", "hold", "refusal", "enrichment", "condition", "order"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the flow that holds it and the team that answers for the flow, the step, and the rule as it is written.
    `within` are the conditions of the arms that it stands in, outermost first."""

    flow: str
    owner: str
    kind: RuleKind
    step: str
    text: str
    within: tuple[str, ...] = ()


def rules_of(flow: FlowModel) -> tuple[Rule, ...]:
    """The rules of one flow, from top to bottom."""
    return (*_identity(flow), *_of_steps(flow, flow.steps, ()))


def flows_after(event: str, uses: Sequence[Use]) -> tuple[str, ...]:
    """The flows that an event leads to: those that take it, those they run, and those that hear what these publish."""
    takers: dict[tuple[str, str], list[str]] = {}
    outgoing: dict[str, list[tuple[str, str]]] = {}
    for use in uses:
        if use.kind in ("event", "topic"):
            takers.setdefault((use.kind, use.target), []).append(use.flow)
        elif use.kind in TELLS:
            outgoing.setdefault(use.flow, []).append(("topic", use.target))
        elif use.kind == "run":
            outgoing.setdefault(use.flow, []).append(("flow", use.target))
    found: dict[str, None] = {}
    waiting = deque(takers.get(("event", event), ()))
    while waiting:
        flow = waiting.popleft()
        if flow in found:
            continue
        found[flow] = None
        for kind, target in outgoing.get(flow, ()):
            waiting.extend([target] if kind == "flow" else takers.get((kind, target), ()))
    return tuple(found)


def _identity(flow: FlowModel) -> Iterator[Rule]:
    identity = flow.identity
    if identity.lane is not None:
        yield Rule(flow.flow, flow.owner, "order", "lane", f"one after another by {identity.lane.key}")
    if identity.stale is not None:
        text = f"{identity.stale.then} what has an older {identity.stale.version}"
        yield Rule(flow.flow, flow.owner, "order", "stale", text)


def _of_steps(flow: FlowModel, steps: Sequence[StepFields], within: tuple[str, ...]) -> Iterator[Rule]:
    for step in steps:
        word = step_word(step) or ""
        name = step.id or word
        if step.when is not None:
            yield Rule(flow.flow, flow.owner, "condition", name, f"{word} only when {step.when}", within)
        for kind, text in _own(step):
            yield Rule(flow.flow, flow.owner, kind, name, text, within)
        if isinstance(step, RouteStep):
            for arm in step.route:
                yield Rule(flow.flow, flow.owner, "routing", name, f"when {arm.when}", within)
                yield from _of_steps(flow, arm.steps, (*within, str(arm.when)))
            yield from _of_steps(flow, step.otherwise, (*within, "otherwise"))
        elif isinstance(step, SplitStep):
            yield from _of_steps(flow, step.steps, within)


def _own(step: StepFields) -> Iterator[tuple[RuleKind, str]]:
    """What a step decides by itself."""
    if isinstance(step, FilterStep):
        yield "filter", f"only {step.filter}; else discarded as {step.reason}"
    elif isinstance(step, DiscardStep):
        yield "filter", f"discarded as {step.discard}"
    elif isinstance(step, RaiseStep):
        yield "refusal", f"refused as {step.raise_.reason}, class {step.raise_.error_class}"
    elif isinstance(step, ParkStep):
        yield "hold", _hold(step)
    elif isinstance(step, SendStep) and isinstance(step.send, SendTarget):
        yield "routing", f"{step.send.operation} of the system {step.send.system}"
    elif isinstance(step, SplitStep) and step.split.group_by is not None:
        yield "routing", f"{step.split.lines} grouped by {step.split.group_by}"
    elif isinstance(step, LookupStep):
        yield "enrichment", f"{step.save} from {step.lookup.table} by {step.lookup.key}"
    elif isinstance(step, SetStep):
        yield from (("enrichment", f"{name} is {expr}") for name, expr in step.set.items())
    elif isinstance(step, TransformStep):
        yield "enrichment", f"the payload becomes {_mapping(step.transform.mapping)}"


def _hold(step: ParkStep) -> str:
    settings = step.park
    if not isinstance(settings, ParkSettings):
        return f"held as {settings}"
    when = f" when {settings.when}" if settings.when is not None else ""
    due = f", for {settings.due} at most, then {settings.on_due}" if settings.due is not None else ""
    owner = f" by {settings.owner}" if settings.owner is not None else ""
    return f"held as {settings.reason}{owner}{when}{due}"


def _mapping(mapping: MappingRef) -> str:
    if mapping.fields is not None:
        return (
            f"the fields {', '.join(str(name) for name in mapping.fields)}"
            if isinstance(mapping.fields, dict)
            else "fields"
        )
    return str(mapping)

"""Flows that publish in a circle: an event that leads to itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.config.findings import Severity
from engine.config.models.steps import (
    DiscardStep,
    FilterStep,
    ParkStep,
    PublishStep,
    RaiseStep,
    RouteStep,
    StepFields,
    WireTapStep,
)
from engine.fields.marks import Mark
from engine.lint.context import Context
from engine.lint.sites import Path
from engine.lint.walk_flows import inner_steps


@dataclass(frozen=True, slots=True)
class _Edge:
    """An event that leads from one flow to another; `sure` when no condition can keep it from being published."""

    source: str
    target: str
    topic: str
    mark: Mark
    sure: bool


def check_circles(context: Context) -> None:
    """XD609: an error where the circle never ends, a warning where a condition may end it."""
    edges = list(_edges(context))
    told: set[str] = set()
    for severity, chosen in ((Severity.ERROR, [edge for edge in edges if edge.sure]), (None, edges)):
        outgoing: dict[str, list[_Edge]] = {}
        for edge in chosen:
            outgoing.setdefault(edge.source, []).append(edge)
        for group in _circles(outgoing):
            if told.isdisjoint(group):
                told.update(group)
                _tell(context, _shortest(min(group), group, outgoing), severity)


def _edges(context: Context) -> Iterator[_Edge]:
    subscribers: dict[str, list[str]] = {}
    for name, flow in context.flows.items():
        for topic in flow.model.source.topics if flow.model.active else ():
            subscribers.setdefault(topic, []).append(name)
    for name, flow in context.flows.items():
        if flow.model.active:
            for topic, path, sure in _published(flow.model.steps, ("steps",), True):
                for target in subscribers.get(topic, ()):
                    yield _Edge(name, target, topic, flow.places.value(*path), sure)


def _published(steps: Sequence[StepFields], path: Path, sure: bool) -> Iterator[tuple[str, Path, bool]]:
    """The topics that steps publish to, with the place, and whether they do so in any case."""
    for index, step in enumerate(steps):
        at = (*path, index)
        always = sure and step.when is None
        if isinstance(step, PublishStep):
            yield step.publish, (*at, "publish"), always
        elif isinstance(step, WireTapStep):
            yield step.wire_tap, (*at, "wire_tap"), always
        for inner, below in inner_steps(step):
            yield from _published(below, (*at, *inner), always and not isinstance(step, RouteStep))
        sure = sure and not _may_end(step)


def _may_end(step: StepFields) -> bool:
    """Whether the exchange may end or wait with this step, so that what follows is not sure to come."""
    return isinstance(step, FilterStep | DiscardStep | RaiseStep | ParkStep) or any(
        _may_end(inner) for _, below in inner_steps(step) for inner in below
    )


def _circles(outgoing: Mapping[str, Sequence[_Edge]]) -> Iterator[set[str]]:
    """The flows of each circle: the strongly connected parts of the graph (Tarjan, without recursion)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in outgoing:
        if root in number:
            continue
        work: list[tuple[str, Iterator[_Edge]]] = [(root, iter(outgoing[root]))]
        while work:
            node, rest = work[-1]
            if node not in number:
                number[node] = lowest[node] = len(number)
                stack.append(node)
                on_stack.add(node)
            following = next(
                (edge.target for edge in rest if edge.target not in number or edge.target in on_stack), None
            )
            if following is not None and following not in number:
                work.append((following, iter(outgoing.get(following, ()))))
                continue
            if following is not None:
                lowest[node] = min(lowest[node], number[following])
                continue
            work.pop()
            if work:
                lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[node])
            if lowest[node] == number[node]:
                part = _popped(stack, on_stack, node)
                if len(part) > 1 or any(edge.target == node for edge in outgoing.get(node, ())):
                    yield part


def _popped(stack: list[str], on_stack: set[str], node: str) -> set[str]:
    part: set[str] = set()
    while node not in part:
        part.add(stack.pop())
    on_stack -= part
    return part


def _shortest(start: str, group: set[str], outgoing: Mapping[str, Sequence[_Edge]]) -> list[_Edge]:
    """The shortest way from a flow back to itself."""
    ways: deque[tuple[str, list[_Edge]]] = deque([(start, [])])
    seen: set[str] = set()
    while ways:
        node, way = ways.popleft()
        for edge in outgoing.get(node, ()):
            if edge.target == start:
                return [*way, edge]
            if edge.target in group and edge.target not in seen:
                seen.add(edge.target)
                ways.append((edge.target, [*way, edge]))
    raise AssertionError("every flow of a circle leads back to itself")


def _tell(context: Context, way: Iterable[_Edge], severity: Severity | None) -> None:
    edges = list(way)
    chain = "".join(f"'{edge.source}' publishes '{edge.topic}' to " for edge in edges)
    context.findings.add(
        "XD609",
        edges[0].mark,
        expected="an event that does not lead to itself",
        found=f"a circle: {chain}'{edges[0].source}'",
        hint="" if severity is Severity.ERROR else "a condition on the way may end it; make sure that it does",
        severity=severity,
    )

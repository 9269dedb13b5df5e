"""Interfaces that exist twice (GOV-7)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from engine.config.models.flow import FlowModel
from engine.config.models.steps import CallStep
from engine.config.workspace import Loaded
from engine.fields.marks import Mark
from engine.lint.context import Context, EventOf, OperationOf


def check_duplicates(context: Context) -> None:
    """XD901: two flows that take one event or fetch the same on a schedule, two events or operations of a system that
    do the same."""
    seen: dict[Hashable, tuple[str, Mark]] = {}
    for key, name, mark, advice in _interfaces(context):
        first = seen.setdefault(key, (name, mark))
        if first[1] != mark:
            context.findings.add(
                "XD901",
                mark,
                expected="one interface for one capability",
                found=f"'{name}', which does what '{first[0]}' does ({first[1].file}:{first[1].line})",
                hint=advice,
            )


def _interfaces(context: Context) -> Iterator[tuple[Hashable, str, Mark, str]]:
    """Each interface with what it does, as a key that equals that of another one that does the same."""
    for flow in context.flows.values():
        if flow.model.active:
            yield from _of_flow(context, flow)
    for event in context.events():
        key = _of_event(event)
        if key is not None:
            yield key, event.name, event.system.places.key("events", event.key), "let flows take the one event"
    for operation in context.operations():
        mark = operation.system.places.key("operations", operation.key)
        yield _of_operation(operation), operation.name, mark, "let flows ask the one operation"


def _of_flow(context: Context, flow: Loaded[FlowModel]) -> Iterator[tuple[Hashable, str, Mark, str]]:
    """What a flow reads of systems: the events it takes, and what it fetches on a schedule without being asked."""
    source = flow.model.source
    for index, name in enumerate(source.events):
        mark = flow.places.value("source", "events", index)
        yield ("event", name), flow.model.flow, mark, f"let one flow take '{name}' and publish it to a topic"
    if source.schedule is None:
        return
    for index, step in enumerate(flow.model.steps):
        if isinstance(step, CallStep) and step.when is None and _reads(context, step.call):
            mark = flow.places.value("steps", index, "call")
            yield (
                ("fetch", step.call, repr(step.payload)),
                flow.model.flow,
                mark,
                f"let one flow fetch '{step.call}' and publish what it gets to a topic",
            )


def _reads(context: Context, name: str) -> bool:
    operation, system = context.operation(name), context.systems.get(name.partition(".")[0])
    if operation is None or system is None:
        return False
    return bool(
        operation.safe if operation.safe is not None else context.connector(system).changes_nothing(operation.request)
    )


def _of_event(event: EventOf) -> Hashable | None:
    """What an event brings: the same documents of the same kind, chosen and read in the same way."""
    model: Any = event.model
    if model.map is None:
        return None
    asked = model.poll.operation if model.poll is not None else repr(model.codec)
    chosen = (repr(model.when), repr(model.items), model.contract)
    return ("brings", event.system.model.system, model.map.to, repr(model.map.mapping), asked, chosen)


def _of_operation(operation: OperationOf) -> Hashable:
    model = operation.model
    return ("asks", operation.system.model.system, repr(model.request), model.accepts, repr(model.returns))

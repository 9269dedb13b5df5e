"""The rows of the site's tables, from the models: plain values that the templates only set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.catalogue.catalogue import Catalogue
from engine.catalogue.uses import ASKS, TELLS, every_step
from engine.config.models.flow import FlowModel
from engine.config.models.steps import RaiseStep
from engine.flow.compiled import CompiledEvent, CompiledOperation, CompiledSystem

Row = Mapping[str, Any]


# -- flows


def flow_row(catalogue: Catalogue, model: FlowModel) -> Row:
    """A flow as the inventory tells it: whose it is, and what may be counted on."""
    workspace = catalogue.revision.workspace
    level, usual = model.service_level, workspace.service_level
    return {
        "name": model.flow,
        "layer": model.layer,
        "summary": model.summary,
        "owner": model.owner,
        "stage": stage_of(model),
        "latency": str(level.latency or usual.latency or ""),
        "throughput": str(level.throughput or usual.throughput or ""),
        "retry": model.retry if isinstance(model.retry, str) else "its own",
        "retention": str(model.retention or workspace.retention.completed),
        "classes": ", ".join(error_classes_of(catalogue, model)),
    }


def stage_of(model: Any) -> str:
    """How far an interface has come; one that says nothing is active unless it is switched off."""
    if model.lifecycle is not None:
        return str(model.lifecycle.stage)
    return "active" if getattr(model, "active", True) else "inactive"


def error_classes_of(catalogue: Catalogue, model: FlowModel) -> list[str]:
    """The error classes that the systems a flow asks declare, and those it raises itself."""
    systems = {use.system for use in catalogue.uses_by(model.flow) if use.kind in ASKS}
    declared = {rule.error_class for name in systems for rule in catalogue.revision.systems[name].model.errors}
    raised = {step.raise_.error_class for step in every_step(model.steps) if isinstance(step, RaiseStep)}
    return sorted(declared | raised)


# -- interfaces


def event_rows(catalogue: Catalogue, system: CompiledSystem) -> Iterator[Row]:
    """What a system tells us."""
    for short, event in system.events.items():
        model = getattr(system.model, "events", {})[short]
        yield {
            "name": event.name,
            "system": system.name,
            "direction": "in",
            "summary": model.summary or "",
            "address": _address(system, event),
            "media": event.codec.media_type,
            "contract": event.contract.name if event.contract is not None else "",
            "entity": event.target.entity or "",
            "flows": [flow.name for flow in catalogue.revision.listeners.get(event.name, ())],
            "owner": system.model.owner or "",
            "stage": stage_of(model),
            "repeats": "known by the sender's id" if model.dedupe is not None else "",
        }


def _address(system: CompiledSystem, event: CompiledEvent) -> str:
    if event.poll is not None:
        poll = event.poll.model
        return f"asked by {event.poll.operation}, {f'every {poll.every}' if poll.every else f'cron {poll.cron}'}"
    return ", ".join(system.connector.addresses(event.settings))


def operation_rows(catalogue: Catalogue, system: CompiledSystem) -> Iterator[Row]:
    """What we ask of a system."""
    for short, operation in system.operations.items():
        model = getattr(system.model, "operations", {})[short]
        asked = (getattr(model.request, name, None) for name in ("method", "action", "path"))
        yield {
            "name": operation.full_name,
            "system": system.name,
            "direction": "out",
            "summary": model.summary or "",
            "address": " ".join(str(part) for part in asked if part is not None),
            "media": operation.codec.media_type,
            "contract": operation.request_contract.name if operation.request_contract is not None else "",
            "entity": operation.accepts.name if operation.accepts is not None else "",
            "returns": operation.returns.entity or "",
            "flows": sorted(
                {use.flow for use in catalogue.uses if use.kind in ASKS and use.target == operation.full_name}
            ),
            "owner": system.model.owner or "",
            "stage": "active",
            "repeats": _repeats(operation, model),
            "retry": model.retry or "the flow's",
        }


def _repeats(operation: CompiledOperation, model: Any) -> str:
    """How a second try is kept from having a second effect."""
    if operation.safe:
        return "changes nothing"
    if model.confirm is not None:
        return "asked before a second try"
    if model.idempotent:
        return "ignored by the system"
    return f"key in {operation.options['idempotency_header']}" if operation.options.get("idempotency_header") else ""


# -- topics


def topic_rows(catalogue: Catalogue) -> Iterator[Row]:
    """The topics with who publishes and who takes."""
    for topic, entities in sorted(catalogue.topics.items()):
        uses = catalogue.uses_of(topic)
        yield {
            "name": topic,
            "entities": sorted(entities or ()),
            "publishers": _flows(use.flow for use in uses if use.kind in TELLS),
            "subscribers": _flows(use.flow for use in uses if use.kind == "topic"),
            "waiting": _flows(use.flow for use in uses if use.kind == "wait"),
        }


def _flows(names: Iterable[str]) -> list[str]:
    return sorted(set(names))

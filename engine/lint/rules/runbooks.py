"""What people do about failures (GOV-8): every error class that somebody must repair has a runbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.config.findings import did_you_mean
from engine.config.models.steps import RaiseStep, StepFields
from engine.fields.marks import Mark
from engine.lint.context import Context
from engine.lint.sites import Path
from engine.lint.walk_flows import inner_steps
from engine.policy.error_classes import ERROR_CLASSES


def check_runbooks(context: Context) -> None:
    """XD910 for a class without a runbook, once, where it is used first; XD807 for a runbook of no class."""
    workspace = context.loaded.workspace
    if workspace is None:
        return
    covered: set[str] = set()
    for name, runbook in workspace.model.runbooks.items():
        covered.update(runbook.classes)
        for index, kind in enumerate(runbook.classes):
            if kind not in ERROR_CLASSES:
                context.findings.add(
                    "XD807",
                    workspace.places.value("runbooks", name, "classes", index),
                    expected=f"an error class ({', '.join(ERROR_CLASSES)})",
                    found=f"'{kind}'",
                    hint=did_you_mean(kind, ERROR_CLASSES),
                )
    if not workspace.model.runbooks and workspace.model.governance != "required":
        return
    told: set[str] = set()
    for kind, mark in _classes(context):
        if kind not in covered and kind not in told:
            told.add(kind)
            context.govern(
                "XD910",
                mark,
                expected=f"a runbook for the class '{kind}' under 'runbooks' of flows/workspace.yaml",
                found="none",
            )


def _classes(context: Context) -> Iterator[tuple[str, Mark]]:
    """The classes that end up with a person: of systems' error rules and of flows that raise."""
    for system in context.systems.values():
        for index, rule in enumerate(system.model.errors):
            if rule.error_class not in ("transient", "rate-limited"):
                yield rule.error_class, system.places.value("errors", index, "error_class")
    for flow in context.flows.values():
        for path, step in _raised(flow.model.steps, ("steps",)):
            yield step.raise_.error_class, flow.places.value(*path, "raise_")


def _raised(steps: Sequence[StepFields], path: Path) -> Iterator[tuple[Path, RaiseStep]]:
    for index, step in enumerate(steps):
        if isinstance(step, RaiseStep):
            yield (*path, index), step
        for inner, below in inner_steps(step):
            yield from _raised(below, (*path, index, *inner))

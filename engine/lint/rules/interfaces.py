"""Whether each interface says what those who rely on it may count on (GOV-5), and how it is tested (GOV-3)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.config.models.flow import FlowModel
from engine.config.models.system import SystemFields
from engine.config.models.workspace import WorkspaceModel
from engine.fields.marks import Mark
from engine.lint.context import Context


def check_interfaces(context: Context) -> None:
    """XD906: what a flow or a system does not declare, in one finding; XD911: a system without a stand-in."""
    if context.loaded.workspace is None:
        return
    workspace = context.loaded.workspace.model
    for flow in context.flows.values():
        _tell(
            context, flow.places.key("flow"), f"flow '{flow.model.flow}'", list(_missing_of_flow(flow.model, workspace))
        )
    for system in context.systems.values():
        if not getattr(system.model, "operations", {}):
            continue
        missing = list(_missing_of_system(system.model, workspace))
        _tell(context, system.places.key("system"), f"system '{system.model.system}'", missing)
        if system.model.sandbox is None:
            context.govern(
                "XD911",
                system.places.key("system"),
                expected=f"'sandbox' with the stand-in of '{system.model.system}'",
                found="none",
            )


def _missing_of_flow(flow: FlowModel, workspace: WorkspaceModel) -> Iterator[str]:
    level = flow.service_level
    if level.latency is None and workspace.service_level.latency is None:
        yield "service_level.latency"
    if level.throughput is None and workspace.service_level.throughput is None:
        yield "service_level.throughput"
    if "retry" not in flow.model_fields_set and "standard" not in workspace.retry:
        yield "retry"
    if flow.retention is None and "retention" not in workspace.model_fields_set:
        yield "retention"


def _missing_of_system(system: SystemFields, workspace: WorkspaceModel) -> Iterator[str]:
    level = system.service_level
    if system.owner is None:
        yield "owner"
    if level.latency is None and workspace.service_level.latency is None:
        yield "service_level.latency"
    if system.limits.rate is None and level.throughput is None and workspace.service_level.throughput is None:
        yield "limits.rate"
    if not system.errors:
        yield "errors"
    if "retention" not in workspace.model_fields_set:
        yield "retention"


def _tell(context: Context, mark: Mark, who: str, missing: list[str]) -> None:
    if missing:
        listed = ", ".join(f"'{name}'" for name in missing)
        shared = [word for word in ("retention", "service_level") if any(name.startswith(word) for name in missing)]
        names = " and ".join(f"'{word}'" for word in shared)
        verb = "hold" if len(shared) > 1 else "holds"
        hint = f"{names} of flows/workspace.yaml {verb} for all that declare none" if shared else ""
        context.govern("XD906", mark, expected=f"{who} to declare {listed}", found="none", hint=hint)

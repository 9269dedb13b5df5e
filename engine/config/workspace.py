"""A workspace as typed models with their places: every file read, filled in and parsed, with all findings at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from engine.config.environment import Environment, asks_for_values, fill_in
from engine.config.files import WORKSPACE_FILE, Bundle
from engine.config.findings import Findings, did_you_mean
from engine.config.models.flow import FlowModel
from engine.config.models.system import SystemFields, composed_system
from engine.config.models.workspace import WorkspaceModel
from engine.config.parse import parse_model
from engine.config.places import Places
from engine.config.progress import Progress, Stages
from engine.config.redactor import Redactor
from engine.config.tree import Node
from engine.config.yaml import load_yaml
from engine.fields.marks import Mark
from engine.fields.scalar import shown
from engine.jsonata import Trees
from engine.plugin import Registry

M = TypeVar("M", bound=BaseModel)
_SYSTEMS_SHARE, _FLOWS_SHARE = 5, 10


@dataclass(frozen=True, slots=True)
class Loaded(Generic[M]):
    """One parsed file."""

    file: str
    model: M
    places: Places

    def folder(self) -> str:
        """The folder of the file, relative to the workspace."""
        return str(PurePosixPath(self.file).parent)


@dataclass(slots=True)
class LoadedWorkspace:
    """All parsed files.

    `workspace` is None when its file cannot be used. Systems and flows that cannot be parsed are left out; their names
    stay known in `known_systems` and `known_flows`, so that references to them are not findings. `trees` are those of
    the expressions, for all who look at them; `stages` tells how far loading, compiling and checking have come.
    """

    bundle: Bundle
    registry: Registry
    findings: Findings
    redactor: Redactor
    workspace: Loaded[WorkspaceModel] | None = None
    systems: dict[str, Loaded[SystemFields]] = field(default_factory=dict)
    flows: dict[str, Loaded[FlowModel]] = field(default_factory=dict)
    known_systems: set[str] = field(default_factory=set)
    known_flows: set[str] = field(default_factory=set)
    trees: Trees = field(default_factory=Trees)
    stages: Stages = field(default_factory=Stages)


def load_workspace(
    bundle: Bundle,
    registry: Registry,
    environment: Environment,
    findings: Findings,
    progress: Progress | None = None,
) -> LoadedWorkspace:
    """Load every configuration file of a bundle. Whatever the input, it ends in findings and never in an exception."""
    loaded = LoadedWorkspace(bundle, registry, findings, Redactor(), stages=Stages(progress))
    reader = _Reader(loaded, environment)
    if WORKSPACE_FILE in bundle:
        loaded.workspace = reader.parsed(WORKSPACE_FILE, WorkspaceModel)
    elif not findings.on_line(Mark(WORKSPACE_FILE, 1, 1), "XD12"):
        findings.add("XD122", Mark(WORKSPACE_FILE, 1, 1), expected="the file of the workspace", found="none")
    for file in loaded.stages.through(bundle.systems, _SYSTEMS_SHARE):
        reader.system(file)
    for file in loaded.stages.through(bundle.flows, _FLOWS_SHARE):
        reader.flow(file)
    return loaded


class _Reader:
    def __init__(self, loaded: LoadedWorkspace, environment: Environment) -> None:
        self._loaded = loaded
        self._environment = environment

    def parsed(self, file: str, model: type[M]) -> Loaded[M] | None:
        node = self.node(file)
        return self._model(file, node, model) if node is not None else None

    def node(self, file: str) -> Node | None:
        loaded = self._loaded
        written = loaded.bundle.read(file)
        node = load_yaml(written, file, loaded.findings)
        if node is None or not asks_for_values(written):
            return node
        return fill_in(node, self._environment, loaded.redactor, loaded.findings)

    def _model(self, file: str, node: Node, model: type[M]) -> Loaded[M] | None:
        found = parse_model(model, node, self._loaded.findings)
        return Loaded(file, found, Places(found, node.marks)) if found is not None else None

    def system(self, file: str) -> None:
        loaded = self._loaded
        stem = PurePosixPath(file).stem
        loaded.known_systems.add(stem)
        node = self.node(file)
        if node is None:
            return
        connector = self._connector(node)
        if connector is None:
            return
        found = self._model(file, node, composed_system(connector))
        if found is not None:
            assert isinstance(found.model, SystemFields)
            self._check_name(file, stem, found.model.system, found.places.value("system"))
            loaded.systems[stem] = found  # type: ignore[assignment]

    def _connector(self, node: Node) -> Any:
        """The connector that a system file names; without one, the fields that all systems share are still checked."""
        loaded = self._loaded
        name = node.value.get("connector") if isinstance(node.value, dict) else None
        connector = loaded.registry.connectors.get(str(name)) if isinstance(name, str) else None
        if connector is None and name is not None:
            hint = did_you_mean(name, loaded.registry.connectors)
            listed = ", ".join(sorted(loaded.registry.connectors))
            loaded.findings.add(
                "XD702",
                node.marks.value(("connector",)),
                expected=f"a connector ({listed})",
                found=shown(name),
                hint=hint,
            )
        elif connector is None:
            parse_model(SystemFields, node, loaded.findings)
        return connector

    def flow(self, file: str) -> None:
        loaded = self._loaded
        stem = PurePosixPath(file).stem
        found = self.parsed(file, FlowModel)
        if stem in loaded.known_flows:
            other = next((flow.file for name, flow in loaded.flows.items() if name == stem), "another folder")
            loaded.findings.add(
                "XD203", Mark(file, 1, 1), expected="one flow of a name", found=f"'{stem}' in {other} too"
            )
        loaded.known_flows.add(stem)
        if found is not None:
            self._check_name(file, stem, found.model.flow, found.places.value("flow"))
            loaded.flows[stem] = found

    def _check_name(self, file: str, stem: str, name: str, mark: Mark) -> None:
        if name != stem:
            folder = PurePosixPath(file).parent
            self._loaded.findings.add(
                "XD202",
                mark,
                expected=f"the name '{stem}', as the file is called",
                found=shown(name),
                hint=f"rename the file to '{folder}/{name}.yaml', or the name to '{stem}'",
            )

"""What every rule is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from engine.config.files import Bundle
from engine.config.findings import Findings, Severity
from engine.config.models.flow import FlowModel
from engine.config.models.system import SystemFields
from engine.config.tree import Node, plain
from engine.config.workspace import Loaded, LoadedWorkspace
from engine.config.yaml import load_yaml
from engine.contracts.codes import CodeTables
from engine.contracts.registry import ContractRegistry, UnknownContract
from engine.fields.marks import Mark
from engine.lint.facts import Entities, Facts
from engine.lint.shapes import Shape, Shapes, joined, shape_of
from engine.lint.typing import Told, Typing
from engine.plugin import Connector


class Context:
    """A loaded workspace with what was found by walking it."""

    def __init__(
        self,
        loaded: LoadedWorkspace,
        contracts: ContractRegistry,
        codes: CodeTables,
        findings: Findings,
        today: date | None = None,
        published: Bundle | None = None,
    ) -> None:
        self.loaded = loaded
        self.today = today
        self.published = published
        self.findings = findings
        self.contracts = contracts
        self.codes = codes
        self.shapes = Shapes(contracts.resolve)
        self.facts = Facts()
        self._nodes: dict[str, Node | None] = {}
        self._entities: dict[str, Shape] = {}
        self._joined: dict[frozenset[str], Shape | None] = {}
        self.typing = Typing(contracts.resolve, codes)
        self._told: tuple[Told, ...] | None = None
        self._vendors: dict[str, Shape | None] = {}

    @property
    def systems(self) -> dict[str, Loaded[SystemFields]]:
        return self.loaded.systems

    @property
    def flows(self) -> dict[str, Loaded[FlowModel]]:
        return self.loaded.flows

    @cached_property
    def complete(self) -> bool:
        """Whether every system and flow could be read: only then can it be said that nothing uses a thing."""
        loaded = self.loaded
        return loaded.known_systems == set(loaded.systems) and loaded.known_flows == set(loaded.flows)

    def govern(self, code: str, mark: Mark, *, expected: str, found: str, hint: str = "") -> None:
        """A finding of the governance rules: an error where the workspace requires what they ask for."""
        workspace = self.loaded.workspace
        required = workspace is not None and workspace.model.governance == "required"
        severity = Severity.ERROR if required else None
        self.findings.add(code, mark, expected=expected, found=found, hint=hint, severity=severity)

    def place(self, file: str, *path: str | int, key: bool = False) -> Mark:
        """A place in a file of the workspace, by its keys and indexes; `key` asks for that of the key itself."""
        if file not in self._nodes:
            self._nodes[file] = load_yaml(self.loaded.bundle.read(file), file, Findings())
        node = self._nodes[file]
        if node is None:
            return Mark(file, 1, 1)
        return node.marks.key(path) if key else node.marks.value(path)

    @property
    def told(self) -> tuple[Told, ...]:
        """What in the expressions cannot be right."""
        if self._told is None:
            self._told = tuple(self.typing.problems(self.facts.sites, self.facts.made, self.loaded.stages))
        return self._told

    def vendor(self, path: str) -> Shape | None:
        """The shape that a vendor's schema of the workspace describes; None for a file that cannot be read."""
        if path not in self._vendors:
            node = load_yaml(self.loaded.bundle.read(path), path, Findings())
            broken = any(finding.file == path and finding.is_error for finding in self.findings)
            readable = node is not None and isinstance(node.value, dict) and not broken
            self._vendors[path] = shape_of(plain(node.value)) if node is not None and readable else None
        return self._vendors[path]

    def events(self) -> Iterator[EventOf]:
        """Every event of every system."""
        for system in self.systems.values():
            for name, model in getattr(system.model, "events", {}).items():
                yield EventOf(system, self.connector(system), name, model)

    def operations(self) -> Iterator[OperationOf]:
        """Every operation of every system."""
        for system in self.systems.values():
            for name, model in getattr(system.model, "operations", {}).items():
                yield OperationOf(system, self.connector(system), name, model)

    def event(self, name: str) -> Any:
        """An event's model by its full name, or None."""
        system, _, event = name.partition(".")
        found = self.systems.get(system)
        return getattr(found.model, "events", {}).get(event) if found is not None else None

    def operation(self, name: str) -> Any:
        """An operation's model by its full name, or None."""
        system, _, operation = name.partition(".")
        found = self.systems.get(system)
        return getattr(found.model, "operations", {}).get(operation) if found is not None else None

    def connector(self, system: Loaded[SystemFields]) -> Connector:
        return self.loaded.registry.connectors[system.model.connector]

    def entity(self, name: str | None) -> Shape | None:
        """The shape of a canonical entity."""
        if name is None:
            return None
        if name not in self._entities:
            try:
                self._entities[name] = shape_of(self.contracts.get(name).schema.document)
            except UnknownContract:
                return None
        return self._entities[name]

    def named(self, entity: str | None) -> Entities:
        """A document of one entity; nothing is known of one that does not exist."""
        return frozenset({entity}) if entity is not None and entity in self.contracts else None

    def shape(self, entities: Entities) -> Shape | None:
        """The shape of a document that is one of several entities."""
        if entities is None:
            return None
        if entities not in self._joined:
            self._joined[entities] = joined([self.entity(name) for name in sorted(entities)])
        return self._joined[entities]


@dataclass(frozen=True, slots=True)
class EventOf:
    """A system's event."""

    system: Loaded[SystemFields]
    connector: Connector
    key: str
    model: Any

    @property
    def name(self) -> str:
        return f"{self.system.model.system}.{self.key}"


@dataclass(frozen=True, slots=True)
class OperationOf:
    """A system's operation."""

    system: Loaded[SystemFields]
    connector: Connector
    key: str
    model: Any

    @property
    def name(self) -> str:
        return f"{self.system.model.system}.{self.key}"

"""What every rule is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.config.findings import Findings, Severity
from engine.config.models.flow import FlowModel
from engine.config.models.system import SystemFields
from engine.config.workspace import Loaded, LoadedWorkspace
from engine.contracts.codes import CodeTables
from engine.contracts.registry import ContractRegistry, UnknownContract
from engine.fields.marks import Mark
from engine.lint.facts import Entities, Facts
from engine.lint.reads import Read, reads_of
from engine.lint.shapes import Shape, Shapes, joined, shape_of
from engine.lint.sites import Site
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
    ) -> None:
        self.loaded = loaded
        self.today = today
        self.findings = findings
        self.contracts = contracts
        self.codes = codes
        self.shapes = Shapes(contracts.resolve)
        self.facts = Facts()
        self._reads: list[tuple[Site, Read]] | None = None

    @property
    def systems(self) -> dict[str, Loaded[SystemFields]]:
        return self.loaded.systems

    @property
    def flows(self) -> dict[str, Loaded[FlowModel]]:
        return self.loaded.flows

    @property
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

    @property
    def reads(self) -> list[tuple[Site, Read]]:
        """What the expressions read, each with its expression."""
        if self._reads is None:
            self._reads = [
                (site, read) for site in self.facts.sites for read in reads_of(site.tree, site.scope, self.shapes)
            ]
        return self._reads

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
        try:
            return shape_of(self.contracts.get(name).schema.document)
        except UnknownContract:
            return None

    def named(self, entity: str | None) -> Entities:
        """A document of one entity; nothing is known of one that does not exist."""
        return frozenset({entity}) if entity is not None and entity in self.contracts else None

    def shape(self, entities: Entities) -> Shape | None:
        """The shape of a document that is one of several entities."""
        return joined([self.entity(name) for name in sorted(entities)]) if entities is not None else None


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

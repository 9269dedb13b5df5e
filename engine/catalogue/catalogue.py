"""What pictures, site and descriptions of APIs are made from: a compiled workspace and what its flows do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from engine.catalogue.uses import ASKS, Use, uses_of
from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.workspace import load_workspace
from engine.contracts.codes import CodeTables
from engine.contracts.registry import ContractRegistry
from engine.flow.compile import compile_or_refuse
from engine.flow.compiled import Revision
from engine.lint.context import Context
from engine.lint.facts import Entities
from engine.lint.sites import SiteReader
from engine.lint.walk_flows import walk_flows
from engine.plugin import Registry


@dataclass(frozen=True, eq=False)
class Catalogue:
    """A workspace to be told of. `topics` are the entities that each topic carries, `entering` those of each flow; None
    where that is not known. `files` are the files of flows and systems by `flow:NAME` and `system:NAME`."""

    bundle: Bundle
    registry: Registry
    revision: Revision
    contracts: ContractRegistry
    codes: CodeTables
    uses: tuple[Use, ...]
    topics: Mapping[str, Entities]
    entering: Mapping[str, Entities]
    files: Mapping[str, str]

    @property
    def flow_teams(self) -> dict[str, str]:
        """The team of each flow."""
        return {name: flow.model.owner for name, flow in self.revision.flows.items()}

    @property
    def system_teams(self) -> dict[str, str]:
        """The team of each system that has one."""
        systems = self.revision.systems.items()
        return {name: system.model.owner for name, system in systems if system.model.owner is not None}

    def uses_by(self, flow: str) -> tuple[Use, ...]:
        """What one flow uses."""
        return self._by_flow.get(flow, ())

    def uses_of(self, target: str) -> tuple[Use, ...]:
        """Who uses an event, an operation, a topic or a flow."""
        return self._by_target.get(target, ())

    def askers(self, operation: str) -> list[str]:
        """The flows that ask an operation."""
        return sorted({use.flow for use in self.uses_of(operation) if use.kind in ASKS})

    @cached_property
    def _by_flow(self) -> Mapping[str, tuple[Use, ...]]:
        return _grouped(self.uses, lambda use: use.flow)

    @cached_property
    def _by_target(self) -> Mapping[str, tuple[Use, ...]]:
        return _grouped(self.uses, lambda use: use.target)


def _grouped(uses: Iterable[Use], key: Callable[[Use], str]) -> dict[str, tuple[Use, ...]]:
    groups: dict[str, list[Use]] = {}
    for use in uses:
        groups.setdefault(key(use), []).append(use)
    return {name: tuple(group) for name, group in groups.items()}


def catalogue_of(bundle: Bundle, registry: Registry, environment: Environment, findings: Findings) -> Catalogue:
    """The catalogue of a workspace that is right. Raises ConfigurationError with every finding."""
    revision = compile_or_refuse(bundle, registry, environment, findings)
    contracts, _ = ContractRegistry.survey(bundle.files)
    codes, _ = CodeTables.survey(bundle.files)
    context = Context(load_workspace(bundle, registry, environment, Findings()), contracts, codes, Findings())
    walk_flows(context, SiteReader(bundle, context.loaded.trees))
    uses = uses_of(revision)
    files = {f"flow:{PurePosixPath(file).stem}": file for file in bundle.flows}
    files |= {f"system:{PurePosixPath(file).stem}": file for file in bundle.systems}
    entering = dict(context.facts.entering)
    return Catalogue(bundle, registry, revision, contracts, codes, uses, _topics(context, uses), entering, files)


def _topics(context: Context, uses: tuple[Use, ...]) -> dict[str, Entities]:
    """What each topic carries: what is published, else what its subscribers accept."""
    carried: dict[str, Entities] = {}
    for use in uses:
        if use.kind in ("topic", "wait", "publish", "wire tap"):
            carried.setdefault(use.target, None)
    for topic in carried:
        each = [published.entities for published in context.facts.published if published.topic == topic]
        known = [entities for entities in each if entities is not None]
        accepted = [
            frozenset({flow.model.source.accepts})
            for flow in context.flows.values()
            if topic in flow.model.source.topics and flow.model.source.accepts is not None
        ]
        found = frozenset().union(*known) if known and len(known) == len(each) else frozenset().union(*known, *accepted)
        carried[topic] = found or None
    return carried

"""Compiling a workspace: from a bundle of files to a revision, or to findings. What compiles starts; `lint` is this."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from engine.config.codes import CODES
from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings, did_you_mean
from engine.config.models.flow import FlowModel
from engine.config.models.workspace import WorkspaceModel
from engine.config.progress import Progress
from engine.config.workspace import Loaded, LoadedWorkspace, load_workspace
from engine.contracts.codes import CodeTables
from engine.contracts.ownership import Writer
from engine.contracts.registry import ContractRegistry
from engine.errors import ConfigurationError
from engine.fields.scalar import shown
from engine.flow.build import Build
from engine.flow.build_steps import StepsBuilder
from engine.flow.build_systems import SystemBuilder
from engine.flow.canonical import load_codes, load_contracts
from engine.flow.compiled import CompiledFlow, CompiledIdentity, ReleaseSelector, Revision
from engine.flow.steps.owners import OWNERS_STEP, Owners
from engine.jsonata import Limits
from engine.lint.ignores import take_out_ignored
from engine.lint.rules import run_rules
from engine.plugin import Registry

_SYSTEMS_SHARE, _FLOWS_SHARE = 25, 10

Check = Callable[[Bundle, Environment, ContractRegistry, Findings], None]
"""A further check of a workspace's files, of things that a revision does not hold (the stand-ins of systems)."""


def compile_workspace(
    bundle: Bundle,
    registry: Registry,
    environment: Environment,
    findings: Findings | None = None,
    checks: Sequence[Check] = (),
    *,
    lazy: bool = False,
    today: date | None = None,
    published: Bundle | None = None,
    progress: Progress | None = None,
    lenient: bool = False,
) -> tuple[Revision | None, Findings]:
    """Load, check and compile a workspace. The revision is None when there are errors; all findings come at once.

    `findings` may hold what reading the files found already. `lazy` is for those who only check: the same findings, and
    expressions whose programs are made when they are first evaluated. `today` and `published`, the files to compare
    contracts with, are for those who check too: what runs must compile again on any day. `lenient` gives a revision
    in spite of errors that are a judgement on what would run: to try a mapping, and for what has run already.
    """
    findings = findings if findings is not None else Findings()
    loaded = load_workspace(bundle, registry, environment, findings, progress)
    contracts = load_contracts(bundle, findings)
    codes = load_codes(bundle, findings)
    if loaded.workspace is None:
        return None, findings
    revision = _Compiler(loaded, loaded.workspace.model, contracts, codes, lazy=lazy).revision()
    run_rules(loaded, contracts, codes, findings, today, published)
    for check in checks:
        check(bundle, environment, contracts, findings)
    take_out_ignored(bundle, findings)
    return (None if _refused(findings, lenient) else revision), findings


def _refused(findings: Findings, lenient: bool) -> bool:
    """Whether there is an error that keeps the workspace from running."""
    if not lenient or findings.omitted:
        return findings.has_errors
    return any(not CODES[finding.code].may_be_ignored for finding in findings.errors)


@contextmanager
def no_garbage() -> Iterator[None]:
    """Whatever is made inside is kept: to search it for garbage would take as long as to make it."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def compile_or_refuse(
    bundle: Bundle,
    registry: Registry,
    environment: Environment,
    findings: Findings | None = None,
    checks: Sequence[Check] = (),
    *,
    lenient: bool = False,
) -> Revision:
    """The revision. Raises ConfigurationError with every finding."""
    revision, found = compile_workspace(bundle, registry, environment, findings, checks, lenient=lenient)
    if revision is None:
        raise ConfigurationError(found.errors)
    return revision


class _Compiler:
    def __init__(
        self,
        loaded: LoadedWorkspace,
        workspace: WorkspaceModel,
        contracts: ContractRegistry,
        codes: CodeTables,
        *,
        lazy: bool,
    ) -> None:
        self._loaded = loaded
        self._workspace = workspace
        self._build = Build(loaded, workspace, contracts, codes, lazy=lazy)
        self._selectors: dict[str, dict[str, ReleaseSelector]] = defaultdict(dict)

    def revision(self) -> Revision:
        build = self._build
        stages = self._loaded.stages
        for name, system in stages.through(self._loaded.systems.items(), _SYSTEMS_SHARE):
            build.systems[name] = SystemBuilder(build, system).system()
        flows = {name: self._flow(flow) for name, flow in stages.through(self._loaded.flows.items(), _FLOWS_SHARE)}
        return Revision(
            id=self._loaded.bundle.revision,
            workspace=self._workspace,
            systems=build.systems,
            flows=flows,
            codes=build.codes,
            calendars=build.calendars,
            policies=build.policies,
            listeners=_by_source(flows.values(), lambda flow: flow.model.source.events),
            subscribers=_by_source(flows.values(), lambda flow: flow.model.source.topics),
            selectors={topic: tuple(found.values()) for topic, found in self._selectors.items()},
            limits=Limits(seconds=self._workspace.limits.expression.seconds),
            mentioned=frozenset(
                name
                for name in ("message", "transaction")
                if any(f"${name}".encode() in content for content in self._loaded.bundle.files.values())
            ),
            redact=self._loaded.redactor.text,
        )

    def _flow(self, loaded: Loaded[FlowModel]) -> CompiledFlow:
        model = loaded.model
        place = loaded.places.value
        build = self._build
        self._check_sources(loaded)
        build.team(model.owner, place("owner"))
        steps = StepsBuilder(build, loaded)
        guard = self._owners(model)
        pipeline = (*guard, *steps.build())
        for selector in steps.selectors:
            self._selectors[selector.topic][selector.text] = selector
        if isinstance(model.retry, str):
            policy = build.policy(model.retry, place("retry"))
        else:
            own = build.retry_policy(model.flow, model.retry, loaded.places, "retry")
            policy = own if own is not None else build.policies["standard"]
        limit = model.payload or self._workspace.limits.payload
        within = model.source.reply_within
        identity = self._identity(loaded)
        return CompiledFlow(
            name=model.flow,
            model=model,
            identity=identity,
            steps=pipeline,
            by_id={**{step.id: step for step in guard}, **steps.by_id},
            retry=policy,
            reply_within=within.seconds if within is not None else None,
            payload_limit=limit.bytes,
            immediate=identity.version is None and not any(step.waits for step in steps.by_id.values()),
        )

    def _owners(self, model: FlowModel) -> tuple[Owners, ...]:
        """What stands before the steps, where some event's system may not write every field of its entity."""
        writers: dict[str, Writer] = {}
        for name in model.source.events:
            system, _, event = name.partition(".")
            found = self._build.systems[system].events.get(event) if system in self._build.systems else None
            if found is not None and found.writer is not None and found.writer.fates & {"park", "propose"}:
                writers[name] = found.writer
        return (Owners(OWNERS_STEP, None, writers),) if writers else ()

    def _identity(self, loaded: Loaded[FlowModel]) -> CompiledIdentity:
        identity = loaded.model.identity
        place = loaded.places.value
        expressions = self._build.expressions
        keys = tuple(
            (name, expressions.expression(expr, place("identity", "business_keys", name)))
            for name, expr in identity.business_keys.items()
        )
        idempotency, lane, stale = identity.idempotency, identity.lane, identity.stale
        if stale is not None and lane is None:
            mark = place("identity", "stale")
            self._build.findings.add("XD107", mark, expected="'lane' beside 'stale'", found="none")
        return CompiledIdentity(
            business_keys=keys,
            idempotency=expressions.optional(
                idempotency.key if idempotency is not None else None, place("identity", "idempotency", "key")
            ),
            window=idempotency.window.seconds if idempotency is not None else 0.0,
            lane_name=(lane.name if lane is not None else None) or loaded.model.flow,
            lane=expressions.optional(lane.key if lane is not None else None, place("identity", "lane", "key")),
            version=expressions.optional(
                stale.version if stale is not None else None, place("identity", "stale", "version")
            ),
            stale_then=stale.then if stale is not None else "discard",
        )

    def _check_sources(self, loaded: Loaded[FlowModel]) -> None:
        """Every event a flow names must exist."""
        build = self._build
        known = [event.name for system in build.systems.values() for event in system.events.values()]
        for index, name in enumerate(loaded.model.source.events):
            system = name.partition(".")[0]
            unparsed = system in self._loaded.known_systems and system not in build.systems
            if name not in known and not unparsed:
                build.findings.add(
                    "XD201",
                    loaded.places.value("source", "events", index),
                    expected="an event of a system",
                    found=shown(name),
                    hint=did_you_mean(name, known) or f"there are {', '.join(sorted(known)[:12])}",
                )
        accepts = loaded.model.source.accepts
        build.entity(accepts, loaded.places.value("source", "accepts"))


def _by_source(
    flows: Iterable[CompiledFlow], names: Callable[[CompiledFlow], Iterable[str]]
) -> dict[str, tuple[CompiledFlow, ...]]:
    """The active flows of each event or topic."""
    found: dict[str, tuple[CompiledFlow, ...]] = {}
    for flow in flows:
        if flow.model.active:
            for name in names(flow):
                found[name] = (*found.get(name, ()), flow)
    return found

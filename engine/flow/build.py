"""What building systems, flows and steps share: lookups by name, each with its finding when there is no such thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.config.findings import Findings, did_you_mean
from engine.config.models.base import RetryModel, RetryRuleModel
from engine.config.models.flow import FlowModel
from engine.config.models.workspace import CalendarModel, WorkspaceModel
from engine.config.places import Places
from engine.config.tree import Marks, plain
from engine.config.workspace import Loaded, LoadedWorkspace
from engine.config.yaml import load_yaml
from engine.contracts.checking import BadSchema
from engine.contracts.codes import CodeTables
from engine.contracts.registry import ContractRegistry, UnknownContract
from engine.contracts.schema import CompiledSchema
from engine.fields.marks import Mark
from engine.fields.scalar import shown
from engine.fields.scalars import Duration
from engine.flow.compiled import CompiledOperation, CompiledSystem
from engine.flow.expressions import Expressions
from engine.plugin import Registry
from engine.policy.calendar import BusinessCalendar, add_business, add_business_days, parse_calendar
from engine.policy.error_classes import ERROR_CLASSES
from engine.policy.retry import BUILT_IN, RetryPolicy, RetryRule

DAY = 86400.0
_SCHEMA_CODES = {"schema-reference": "XD402"}


class Build:
    """A workspace while it is being compiled."""

    def __init__(
        self,
        loaded: LoadedWorkspace,
        workspace: WorkspaceModel,
        contracts: ContractRegistry,
        codes: CodeTables,
        *,
        lazy: bool = False,
    ) -> None:
        self.loaded = loaded
        self.workspace = workspace
        self.contracts = contracts
        self.codes = codes
        self.findings: Findings = loaded.findings
        self.registry: Registry = loaded.registry
        self.expressions = Expressions(loaded.bundle, loaded.findings, loaded.trees, lazy=lazy)
        self.systems: dict[str, CompiledSystem] = {}
        self._schemas: dict[str, CompiledSchema | None] = {}
        self.policies: dict[str, RetryPolicy] = dict(BUILT_IN)
        self.calendars: dict[str, BusinessCalendar] = {}
        self._load_policies()
        self._load_calendars()

    # -- references

    def entity(self, name: str | None, mark: Mark) -> CompiledSchema | None:
        """A canonical entity's schema."""
        if name is None:
            return None
        try:
            return self.contracts.get(name).schema
        except UnknownContract as error:
            if name in self.contracts.broken:
                return None  # its file has findings of its own
            hint = f"did you mean '{error.nearest}'" if error.nearest else ""
            self.findings.add("XD403", mark, expected="a canonical entity and version", found=shown(name), hint=hint)
            return None

    def team(self, name: str, mark: Mark) -> str:
        """A team of the workspace."""
        self._known(name, self.workspace.teams, "a team of the workspace", mark)
        return name

    def policy(self, name: str, mark: Mark) -> RetryPolicy:
        """A retry policy of the workspace, or a built-in one."""
        self._known(name, {**self.policies, **self.workspace.retry}, "a retry policy", mark)
        return self.policies.get(name, self.policies["standard"])

    def operation(self, name: str, mark: Mark) -> CompiledOperation | None:
        """An operation by its full name."""
        system, _, operation = name.partition(".")
        found = self.systems.get(system)
        if found is None:
            if system not in self.loaded.known_systems:
                self._known(system, self.loaded.known_systems, "a system", mark)
            return None
        self._known(operation, found.operations, f"an operation of system '{system}'", mark)
        return found.operations.get(operation)

    def called_flow(self, name: str, mark: Mark) -> Loaded[FlowModel] | None:
        """A flow that others may run."""
        flows = self.loaded.flows
        self._known(name, self.loaded.known_flows, "a flow", mark)
        found = flows.get(name)
        if found is not None and not found.model.source.called:
            others = [other for other, flow in flows.items() if flow.model.source.called]
            self.findings.add(
                "XD107",
                mark,
                expected="a flow with 'source: {called: true}'",
                found=f"'{name}', which takes messages of its own only",
                hint=did_you_mean(name, others),
            )
            return None
        return found

    def table(self, name: str, column: str | None, mark: Mark) -> None:
        """A code table and, when one is named, its column."""
        try:
            self.codes.table(name).index(column)
        except LookupError as error:
            self.findings.add("XD201", mark, expected="a code table of canonical/codes", found=str(error))

    def _known(self, name: str, names: Iterable[str], what: str, mark: Mark) -> None:
        known = sorted(names)
        if name in known:
            return
        hint = did_you_mean(name, known) or (f"there are {', '.join(known[:12])}" if known else "there are none")
        self.findings.add("XD201", mark, expected=what, found=shown(name), hint=hint)

    def schema_file(self, folder: str, name: str | None, mark: Mark) -> CompiledSchema | None:
        """A vendor's schema: a file of the folder."""
        if name is None:
            return None
        try:
            path = self.loaded.bundle.beside(f"{folder}/x", name)
        except ValueError as error:
            self.findings.add("XD201", mark, expected="a schema file of the workspace", found=str(error))
            return None
        if path in self._schemas:
            return self._schemas[path]
        self._schemas[path] = None
        if path not in self.loaded.bundle:
            near = self.loaded.bundle.nearest(path)
            hint = f"did you mean '{near}'" if near else ""
            self.findings.add("XD201", mark, expected="a schema file", found=f"no '{path}'", hint=hint)
            return None
        node = load_yaml(self.loaded.bundle.read(path), path, self.findings)
        if node is None:
            return None
        try:
            self._schemas[path] = self.contracts.compile(plain(node.value), name=name.split(".")[0])
        except BadSchema as error:
            for problem in error.findings:
                hint = f"did you mean '{problem.hint}'" if problem.hint else ""
                where = node.marks.value(_pointer(problem.pointer, node.marks))
                code = _SCHEMA_CODES.get(problem.code, "XD401")
                self.findings.add(code, where, expected=problem.expected, found=problem.found, hint=hint)
        return self._schemas[path]

    # -- time

    def due(self, duration: Duration, mark: Mark) -> Callable[[float], float]:
        """From the moment of parking to the due time; business durations count the working hours of `default`."""
        if not duration.business:
            return lambda now: now + duration.seconds
        calendar = self.calendars.get("default")
        if calendar is None and "default" in self.workspace.calendars:
            return lambda now: now + duration.seconds  # it has a finding of its own
        if calendar is None:
            self.findings.add(
                "XD806",
                mark,
                expected="a calendar named 'default' in flows/workspace.yaml for a business duration",
                found="none",
            )
            return lambda now: now + duration.seconds
        if duration.unit == "business days":
            return lambda now: add_business_days(calendar, now, int(duration.amount))
        return lambda now: add_business(calendar, now, duration.seconds)

    def _load_policies(self) -> None:
        for name, model in self.workspace.retry.items():
            assert self.loaded.workspace is not None
            policy = self.retry_policy(name, model, self.loaded.workspace.places, "retry", name)
            if policy is not None:
                self.policies[name] = policy

    def retry_policy(self, name: str, model: RetryModel, places: Places, *at: str) -> RetryPolicy | None:
        """A policy from its model, which stands at a place of a file."""
        rules = []
        for index, rule in enumerate(model.rules):
            where: tuple[str | int, ...] = (*at, "rules", index)
            unknown = [number for number, kind in enumerate(rule.classes) if kind not in ERROR_CLASSES]
            for number in unknown:
                self.findings.add(
                    "XD807",
                    places.value(*where, "classes", number),
                    expected=f"an error class ({', '.join(ERROR_CLASSES)})",
                    found=shown(rule.classes[number]),
                    hint=did_you_mean(rule.classes[number], ERROR_CLASSES),
                )
            if unknown:
                continue
            try:
                rules.append(_retry_rule(rule))
            except ValueError as error:
                self.findings.add("XD807", places.value(*where), str(error))
        return RetryPolicy(name, tuple(rules)) if len(rules) == len(model.rules) else None

    def _load_calendars(self) -> None:
        for name, model in self.workspace.calendars.items():
            try:
                self.calendars[name] = _calendar(name, model)
            except ValueError as error:
                self.findings.add("XD806", self._place("calendars", name), f"'{name}': {error}")

    def _place(self, *path: str | int) -> Mark:
        assert self.loaded.workspace is not None
        return self.loaded.workspace.places.value(*path)


def _retry_rule(rule: RetryRuleModel) -> RetryRule:
    return RetryRule(
        frozenset(rule.classes),
        max_attempts=rule.attempts,
        max_age=rule.max_age.seconds if rule.max_age is not None else 7 * DAY,
        first=rule.first.seconds,
        factor=rule.factor,
        ceiling=max(rule.ceiling.seconds, rule.first.seconds),
        jitter=rule.jitter,
    )


def _calendar(name: str, model: CalendarModel) -> BusinessCalendar:
    hours = [f"{','.join(day.capitalize() for day in model.days)} {model.hours}"]
    return parse_calendar(name, hours, model.zone, model.holidays)


def _pointer(pointer: str, marks: Marks) -> tuple[str | int, ...]:
    """A JSON Pointer as the keys and indexes that the file has."""
    path: list[str | int] = []
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        path.append(int(key) if key.isdecimal() and marks.has((*path, int(key))) else key)
    return tuple(path)

"""From the models of steps to a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.config.findings import Severity, did_you_mean
from engine.config.models.flow import FlowModel
from engine.config.models.steps import Otherwise, ParkSettings, ReleaseOn, SendTarget, StepFields, step_word
from engine.config.workspace import Loaded
from engine.fields.expressions import MappingRef
from engine.fields.marks import Mark
from engine.fields.scalar import shown
from engine.flow.build import Build
from engine.flow.compiled import CompiledOperation, ReleaseSelector
from engine.flow.mapping import Mapping as CompiledMapping
from engine.flow.steps.call import Call, Undo
from engine.flow.steps.discard import Discard
from engine.flow.steps.fallback import Fallback
from engine.flow.steps.filter import Filter
from engine.flow.steps.lookup import Lookup
from engine.flow.steps.milestone import Milestone
from engine.flow.steps.park import Park
from engine.flow.steps.publish import Publish
from engine.flow.steps.raise_ import Raise
from engine.flow.steps.reply import Reply
from engine.flow.steps.route import Route
from engine.flow.steps.run import Run
from engine.flow.steps.send import Send
from engine.flow.steps.set import Set
from engine.flow.steps.split import Split
from engine.flow.steps.step import Step
from engine.flow.steps.transform import Transform
from engine.flow.steps.validate import Validate
from engine.flow.steps.wire_tap import WireTap
from engine.jsonata import Expression

Path = tuple[str | int, ...]
_EFFECTS = frozenset({"call", "run", "send", "publish", "wire_tap", "park", "lookup"})


class StepsBuilder:
    """Builds the steps of one flow. `by_id` and `selectors` are complete when `build` has returned."""

    def __init__(self, build: Build, loaded: Loaded[FlowModel], within: tuple[str, ...] = (), prefix: str = "") -> None:
        self._build = build
        self._loaded = loaded
        self._within = (*within, loaded.model.flow)
        self._prefix = prefix
        self._owner = loaded.model.owner
        self._folder = loaded.folder()
        self.by_id: dict[str, Step] = {}
        self.selectors: list[ReleaseSelector] = []
        self._ids: dict[str, Mark] = {}

    def build(self) -> tuple[Step, ...]:
        """The pipeline."""
        return self._sequence(self._loaded.model.steps, ("steps",))

    def _sequence(self, models: Sequence[StepFields], path: Path) -> tuple[Step, ...]:
        return tuple(self._step(model, (*path, index)) for index, model in enumerate(models))

    def _step(self, model: StepFields, path: Path) -> Step:
        word = step_word(model) or ""
        step_id = self._id(model, word, path)
        when = self._optional(model.when, *path, "when")
        build: Callable[[str, Expression | None, Any, Path], Step] = getattr(self, f"_{word}")
        step = build(step_id, when, model, path)
        self.by_id[step_id] = step
        return step

    # -- ids

    def _id(self, model: StepFields, word: str, path: Path) -> str:
        """The step's id: its own, or word and target. Two steps with effects may not share one."""
        mark = self._loaded.places.key(*path)
        step_id = model.id or _default_id(model, word)
        if step_id in self._ids:
            if word in _EFFECTS or model.id is not None:
                first = self._ids[step_id]
                self._build.findings.add(
                    "XD601",
                    mark,
                    expected="steps with different ids",
                    found=f"'{step_id}' again (first at line {first.line})",
                    hint="give one of them an 'id'",
                )
            number = 2
            while f"{step_id}-{number}" in self._ids:
                number += 1
            step_id = f"{step_id}-{number}"
        self._ids[step_id] = mark
        return self._prefix + step_id

    # -- shared lookups

    def _place(self, *path: str | int) -> Mark:
        return self._loaded.places.value(*path)

    def _expression(self, expr: Any, *path: str | int) -> Expression:
        return self._build.expressions.expression(expr, self._place(*path))

    def _optional(self, expr: Any, *path: str | int) -> Expression | None:
        return self._build.expressions.optional(expr, self._place(*path))

    def _mapping(self, ref: MappingRef | None, *path: str | int) -> CompiledMapping | None:
        if ref is None:
            return None
        return self._build.expressions.mapping(ref, self._folder, self._place(*path))

    def _team(self, name: str | None, *path: str | int) -> str:
        return self._build.team(name, self._place(*path)) if name is not None else self._owner

    def _fallback(self, model: Otherwise | None, path: Path) -> Fallback | None:
        if model is None:
            return None
        if sum((model.park is not None, model.raise_ is not None, model.skip)) != 1:
            self._build.findings.add(
                "XD107",
                self._place(*path),
                expected="exactly one of 'park', 'raise' and 'skip'",
                found="another number",
            )
        return Fallback(model.park, model.raise_, self._team(model.owner, *path, "owner"))

    # -- one method a word

    def _transform(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        mapping = self._mapping(model.transform.mapping, *path, "transform", "mapping")
        assert mapping is not None
        schema = self._build.entity(model.transform.to, self._place(*path, "transform", "to"))
        return Transform(step_id, when, mapping, schema)

    def _validate(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        mark = self._place(*path, "validate_")
        name = str(model.validate_)
        if name.endswith((".yaml", ".json")):
            schema = self._build.schema_file(self._folder, name, mark)
        else:
            schema = self._build.entity(name, mark)
        return Validate(step_id, when, schema) if schema is not None else Discard(step_id, when, "invalid-step")

    def _filter(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        return Filter(step_id, when, self._expression(model.filter, *path, "filter"), model.reason)

    def _route(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        arms = tuple(
            (
                self._expression(arm.when, *path, "route", index, "when"),
                self._sequence(arm.steps, (*path, "route", index, "steps")),
            )
            for index, arm in enumerate(model.route)
        )
        return Route(step_id, when, arms, self._sequence(model.otherwise, (*path, "otherwise")))

    def _split(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        group_by = self._optional(model.split.group_by, *path, "split", "group_by")
        return Split(step_id, when, model.split.lines, group_by, self._sequence(model.steps, (*path, "steps")))

    def _call(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        operation = self._build.operation(model.call, self._place(*path, "call"))
        payload = self._mapping(model.payload, *path, "payload")
        undo = None
        if model.undo is not None:
            undoing = self._build.operation(model.undo, self._place(*path, "undo"))
            if undoing is not None:
                undo = Undo(undoing, self._mapping(model.undo_with, *path, "undo_with"))
        elif model.undo_with is not None:
            self._build.findings.add(
                "XD107", self._place(*path, "undo_with"), expected="'undo' beside 'undo_with'", found="none"
            )
        if operation is None:
            return Discard(step_id, when, "invalid-step")
        return Call(step_id, when, operation, payload, model.save, undo)

    def _run(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        payload = self._mapping(model.payload, *path, "payload")
        mark = self._place(*path, "run")
        called = self._build.called_flow(model.run, mark)
        if called is not None and model.run in self._within:
            way = " runs ".join(f"'{name}'" for name in (*self._within, model.run))
            self._build.findings.add(
                "XD609", mark, expected="a flow that does not run itself", found=way, severity=Severity.ERROR
            )
            called = None
        if called is None:
            return Discard(step_id, when, "invalid-step")
        inner = StepsBuilder(self._build, called, self._within, f"{step_id}/")
        steps = inner.build()
        self.by_id.update(inner.by_id)
        self.selectors += inner.selectors
        return Run(step_id, when, model.run, payload, model.save, steps)

    def _send(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        payload = self._mapping(model.payload, *path, "payload")
        fallback = self._fallback(model.otherwise, (*path, "otherwise"))
        if isinstance(model.send, SendTarget):
            targets = self._targets(model.send, path)
            system = self._expression(model.send.system, *path, "send", "system")
            return Send(step_id, when, targets, system, payload, fallback)
        operation = self._build.operation(model.send, self._place(*path, "send"))
        if fallback is not None:
            self._build.findings.add(
                "XD107",
                self._place(*path, "otherwise"),
                expected="'otherwise' only where 'system' is an expression",
                found=f"the fixed target '{model.send}'",
            )
        if operation is None:
            return Discard(step_id, when, "invalid-step")
        return Send(step_id, when, {operation.system: operation}, None, payload, None)

    def _targets(self, target: SendTarget, path: Path) -> Mapping[str, CompiledOperation]:
        """The operation of that name in every system that has one; a system that did not load may have it, too."""
        found = {
            name: system.operations[target.operation]
            for name, system in self._build.systems.items()
            if target.operation in system.operations
        }
        if not found and self._build.systems.keys() >= set(self._build.loaded.known_systems):
            names = {operation for system in self._build.systems.values() for operation in system.operations}
            self._build.findings.add(
                "XD201",
                self._place(*path, "send", "operation"),
                expected="an operation that some system has",
                found=shown(target.operation),
                hint=did_you_mean(target.operation, names),
            )
        return found

    def _publish(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        return Publish(step_id, when, model.publish, self._mapping(model.payload, *path, "payload"))

    def _wire_tap(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        return WireTap(step_id, when, model.wire_tap, self._mapping(model.payload, *path, "payload"))

    def _lookup(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        settings = model.lookup
        self._build.table(settings.table, settings.column, self._place(*path, "lookup", "table"))
        fallback = self._fallback(model.otherwise, (*path, "otherwise"))
        key = self._expression(settings.key, *path, "lookup", "key")
        return Lookup(step_id, when, settings.table, key, settings.column, model.save, fallback)

    def _set(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        values = tuple((name, self._expression(expr, *path, "set", name)) for name, expr in model.set.items())
        return Set(step_id, when, values)

    def _park(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        settings = model.park
        if not isinstance(settings, ParkSettings):
            settings = ParkSettings(reason=settings, owner=model.owner)
        at = (*path, "park")
        release = settings.release_on
        if release is not None:
            self._selector(release, at)
        return Park(
            step_id,
            when,
            self._optional(settings.when, *at, "when"),
            settings.reason,
            self._team(settings.owner, *at, "owner"),
            self._build.due(settings.due, self._place(*at, "due")) if settings.due is not None else None,
            release.topic if release is not None else None,
            release.event.text if release is not None else None,
            self._expression(release.equals, *at, "release_on", "equals") if release is not None else None,
            settings.on_due,
            settings.lane == "free",
        )

    def _selector(self, release: ReleaseOn, at: Path) -> None:
        expression = self._expression(release.event, *at, "release_on", "event")
        self.selectors.append(ReleaseSelector(release.topic, release.event.text, expression))

    def _raise(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        settings = model.raise_
        message = None
        if settings.message is not None:
            message = self._build.expressions.template(settings.message, self._place(*path, "raise_", "message"))
        owner = self._team(settings.owner, *path, "raise_", "owner")
        return Raise(step_id, when, settings.error_class, settings.reason, owner, message)

    def _milestone(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        note = self._build.expressions.template(model.note, self._place(*path, "note")) if model.note else None
        return Milestone(step_id, when, model.milestone, note)

    def _reply(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        return Reply(step_id, when, model.reply.status, self._mapping(model.reply.body, *path, "reply", "body"))

    def _discard(self, step_id: str, when: Expression | None, model: Any, path: Path) -> Step:
        return Discard(step_id, when, model.discard)


def _default_id(model: Any, word: str) -> str:
    """Word and target, such as `call:erp.create-order`."""
    target = getattr(model, {"raise": "raise_", "validate": "validate_"}.get(word, word), None)
    if isinstance(target, str):
        return f"{word}:{target}"
    for name in ("operation", "reason", "lines", "table", "to"):
        value = getattr(target, name, None)
        if isinstance(value, str):
            return f"{word}:{value}"
    return word

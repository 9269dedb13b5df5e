"""The expressions of flows, each with its scope, and what the flows hand on; step by step, as they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.config.models.flow import FlowModel
from engine.config.models.steps import (
    CallStep,
    LookupStep,
    MilestoneStep,
    Otherwise,
    ParkSettings,
    ParkStep,
    PublishStep,
    RouteStep,
    RunStep,
    SendStep,
    SendTarget,
    SetStep,
    SplitStep,
    StepFields,
    TransformStep,
    ValidateStep,
    WireTapStep,
)
from engine.config.workspace import Loaded
from engine.lint.context import Context
from engine.lint.facts import Cut, Entities, Handed, Published
from engine.lint.scope import Scope
from engine.lint.shapes import Shape
from engine.lint.sites import Path, Site, SiteReader, leaves
from engine.lint.typing import made_of

IDENTITY_VARIABLES = frozenset({"headers", "message"})
FLOW_VARIABLES = frozenset({"headers", "message", "saved", "transaction"})
DELIVERY_VARIABLES = FLOW_VARIABLES - {"saved"}
"""A delivery is made after its exchange: what that saved is gone."""

_SPLIT = frozenset({"group", "parent"})


@dataclass(slots=True)
class _State:
    """What is known at one point of a flow: what the document may be, and what was saved so far."""

    entities: Entities
    saved: dict[str, Shape | None] = field(default_factory=dict)
    variables: frozenset[str] = FLOW_VARIABLES
    parent: Shape | None = None

    def branch(self) -> _State:
        return replace(self, saved=dict(self.saved))

    def merge(self, branches: Sequence[_State]) -> None:
        """Go on after one of several branches ran."""
        for branch in branches:
            self.saved.update(branch.saved)
        each = [branch.entities for branch in branches]
        self.entities = _together(each)


def walk_flows(context: Context, reader: SiteReader) -> None:
    """Add what the flows do to the facts; flows that publish come before those that subscribe, where they can."""
    waiting = dict(context.flows)
    while waiting:
        expected = {topic for flow in waiting.values() for topic in _topics_of(flow.model.steps)}
        ready = [name for name, flow in waiting.items() if not expected & set(flow.model.source.topics)]
        for name in ready or list(waiting):
            _FlowWalk(context, reader, waiting.pop(name)).walk()


def _topics_of(steps: Sequence[StepFields]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, PublishStep):
            yield step.publish
        elif isinstance(step, WireTapStep):
            yield step.wire_tap
        for inner in inner_steps(step):
            yield from _topics_of(inner[1])


def inner_steps(step: StepFields) -> Iterator[tuple[Path, Sequence[StepFields]]]:
    """The sequences of steps in a step, with their paths below it."""
    if isinstance(step, RouteStep):
        for index, arm in enumerate(step.route):
            yield ("route", index, "steps"), arm.steps
        yield ("otherwise",), step.otherwise
    elif isinstance(step, SplitStep):
        yield ("steps",), step.steps


class _FlowWalk:
    def __init__(self, context: Context, reader: SiteReader, loaded: Loaded[FlowModel]) -> None:
        self._context = context
        self._reader = reader
        self._loaded = loaded
        self._facts = context.facts

    def walk(self) -> None:
        model = self._loaded.model
        entities = self._entering()
        self._facts.entering[model.flow] = entities
        variables = IDENTITY_VARIABLES
        if not model.source.topics and model.source.schedule is None:
            variables |= {"attributes"}
        identity = model.identity
        document = self._context.shape(entities)
        self._sites(identity.business_keys, Scope(variables, document), ("identity", "business_keys"))
        self._sites(identity.idempotency, Scope(variables, document), ("identity", "idempotency"))
        self._sites(identity.lane, Scope(variables, document), ("identity", "lane"))
        self._sites(identity.stale, Scope(IDENTITY_VARIABLES, document), ("identity", "stale"))
        self._sequence(model.steps, ("steps",), _State(entities))

    def _entering(self) -> Entities:
        """What may enter the flow."""
        source = self._loaded.model.source
        if source.accepts is not None:
            return self._context.named(source.accepts)
        if source.schedule is not None or source.called:
            return None
        found: list[Entities] = []
        for name in source.events:
            event = self._context.event(name)
            declared = event.map if event is not None else None
            found.append(self._context.named(declared.to) if declared is not None else None)
        for topic in source.topics if self._context.complete else ():
            found.append(_together([each.entities for each in self._facts.published if each.topic == topic]))
        return _together(found) if self._context.complete or not source.topics else None

    def _sites(self, value: Any, scope: Scope, path: Path) -> list[Site]:
        sites = list(self._reader.sites(value, scope, self._loaded.places, path, self._loaded.folder()))
        self._facts.sites.extend(sites)
        return sites

    def _makes(self, value: Any, sites: Sequence[tuple[Path, Site]], path: Path, target: Shape | None) -> None:
        """That a mapping at a path must yield what a schema describes."""
        self._facts.made.extend(made_of(value, sites, path, target, self._loaded.places.key))

    # -- steps

    def _sequence(self, steps: Sequence[StepFields], path: Path, state: _State) -> None:
        for index, step in enumerate(steps):
            self._step(step, (*path, index), state)

    def _step(self, step: StepFields, path: Path, state: _State) -> None:
        self._own_expressions(step, path, state)
        if isinstance(step, RouteStep):
            self._route(step, path, state)
        elif isinstance(step, SplitStep):
            self._split(step, path, state)
        elif isinstance(step, TransformStep):
            made = self._context.named(step.transform.to)
            state.entities = made if step.when is None else _together([state.entities, made])
        elif isinstance(step, ValidateStep):
            if step.when is None:
                state.entities = self._context.named(str(step.validate_)) or state.entities
        elif isinstance(step, CallStep):
            self._call(step, path, state)
        elif isinstance(step, RunStep):
            given = state.entities if step.payload is None else None
            self._facts.ran.append(Handed(step.run, given, self._loaded.places.value(*path, "run")))
        elif isinstance(step, SendStep):
            self._send(step, path, state)
        elif isinstance(step, PublishStep | WireTapStep):
            self._publish(step, path, state)
        elif isinstance(step, MilestoneStep):
            self._facts.milestones.add(step.milestone)
        self._save(step, path, state)

    def _own_expressions(self, step: StepFields, path: Path, state: _State) -> None:
        """The expressions of a step itself, each in the scope that its field has."""
        document = self._context.shape(state.entities)
        shapes: Mapping[str, Shape | None] = {"parent": state.parent} if state.parent is not None else {}
        own = dict.fromkeys(step.set) if isinstance(step, SetStep) else {}
        usual = Scope(state.variables, document, {**state.saved, **own}, shapes)
        found: list[tuple[Path, Site]] = []
        for inner, leaf in leaves(step, path):
            below = inner[len(path) :]
            scope = usual
            if below[:2] == ("split", "group_by"):
                assert isinstance(step, SplitStep)
                line = self._context.shapes.field(document, step.split.lines) if document is not None else None
                scope = replace(usual, document=line if line is not None and line.alternatives else None)
            elif below[:1] == ("undo_with",):
                given = document if isinstance(step, CallStep) and step.payload is None else None
                scope = Scope(state.variables | {"reply"}, given)
            elif below[:3] == ("park", "release_on", "event"):
                scope = Scope(frozenset())
            found += [(inner, site) for site in self._sites(leaf, scope, inner)]
        self._mappings(step, path, found)

    def _mappings(self, step: StepFields, path: Path, sites: Sequence[tuple[Path, Site]]) -> None:
        """The mappings of a step, with what each must yield."""
        entity = self._context.entity
        if isinstance(step, TransformStep):
            made = step.transform
            self._makes(made.mapping, sites, (*path, "transform", "mapping"), entity(made.to))
        elif isinstance(step, CallStep):
            self._makes(step.payload, sites, (*path, "payload"), self._accepted(step.call))
            if step.undo is not None:
                self._makes(step.undo_with, sites, (*path, "undo_with"), self._accepted(step.undo))
        elif isinstance(step, SendStep):
            names = [step.send] if isinstance(step.send, str) else list(self._targets(step.send))
            for name in names[:1]:
                self._makes(step.payload, sites, (*path, "payload"), self._accepted(name))

    def _accepted(self, operation: str) -> Shape | None:
        """What an operation takes."""
        found = self._context.operation(operation)
        return self._context.entity(found.accepts) if found is not None else None

    def _route(self, step: RouteStep, path: Path, state: _State) -> None:
        branches = []
        for inner, steps in inner_steps(step):
            branch = state.branch()
            self._sequence(steps, (*path, *inner), branch)
            branches.append(branch)
        state.merge(branches if step.when is None else [*branches, state.branch()])

    def _split(self, step: SplitStep, path: Path, state: _State) -> None:
        mark = self._loaded.places.value(*path, "split", "lines")
        self._facts.cuts.append(Cut(step.split.lines, state.entities, mark))
        inner = state.branch()
        inner.variables = state.variables | _SPLIT
        inner.parent = self._context.shape(state.entities)
        self._sequence(step.steps, (*path, "steps"), inner)
        state.saved.update(inner.saved)

    def _call(self, step: CallStep, path: Path, state: _State) -> None:
        given = state.entities if step.payload is None else None
        for name in filter(None, (step.call, step.undo)):
            self._asked(name, state.variables)
        self._facts.handed.append(Handed(step.call, given, self._loaded.places.value(*path, "call")))
        if step.undo is not None and step.undo_with is None:
            self._facts.handed.append(Handed(step.undo, given, self._loaded.places.value(*path, "undo")))

    def _send(self, step: SendStep, path: Path, state: _State) -> None:
        mark = self._loaded.places.value(*path, "send")
        for name in [step.send] if isinstance(step.send, str) else list(self._targets(step.send)):
            self._asked(name, DELIVERY_VARIABLES)
            self._facts.handed.append(Handed(name, state.entities if step.payload is None else None, mark))

    def _asked(self, operation: str, variables: frozenset[str]) -> None:
        """The mappings of an operation may use what is there wherever the operation is asked."""
        self._facts.asked[operation] = self._facts.asked.get(operation, variables) & variables

    def _targets(self, target: SendTarget) -> Iterator[str]:
        for operation in self._context.operations():
            if operation.key == target.operation:
                yield operation.name

    def _publish(self, step: PublishStep | WireTapStep, path: Path, state: _State) -> None:
        tap = isinstance(step, WireTapStep)
        topic = step.wire_tap if isinstance(step, WireTapStep) else step.publish
        mark = self._loaded.places.value(*path, "wire_tap" if tap else "publish")
        entities = state.entities if step.payload is None else None
        self._facts.published.append(Published(topic, entities, mark, tap))

    def _save(self, step: StepFields, path: Path, state: _State) -> None:
        """What `$saved` holds after the step."""
        otherwise = getattr(step, "otherwise", None)
        if isinstance(step, ParkStep) or (isinstance(otherwise, Otherwise) and otherwise.park is not None):
            state.saved["release"] = None
        if isinstance(step, ParkStep) and isinstance(step.park, ParkSettings) and step.park.release_on is not None:
            mark = self._loaded.places.value(*path, "park", "release_on", "topic")
            self._facts.waited.setdefault(step.park.release_on.topic, mark)
        if isinstance(step, CallStep) and step.save is not None:
            operation = self._context.operation(step.call)
            returns = operation.returns if operation is not None else None
            state.saved[step.save] = self._context.entity(returns.to) if returns is not None else None
        elif isinstance(step, LookupStep | RunStep) and step.save is not None:
            state.saved[step.save] = None
        elif isinstance(step, SetStep):
            state.saved.update(dict.fromkeys(step.set))


def _together(each: Sequence[Entities]) -> Entities:
    """One of several; unknown as soon as one of them is."""
    found: frozenset[str] = frozenset()
    for entities in each:
        if entities is None:
            return None
        found |= entities
    return found or None

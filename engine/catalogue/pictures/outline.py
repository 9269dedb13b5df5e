"""What a flow does, as an outline that every kind of picture is drawn from: steps, branches, groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from engine.config.models.flow import FlowModel, SourceModel
from engine.config.models.steps import ParkSettings, RouteStep, SendTarget, SplitStep, StepFields, step_word
from engine.fields.expressions import MappingRef

Tone = Literal["plain", "ask", "tell", "wait", "mark", "end"]


@dataclass(frozen=True, slots=True)
class Act:
    """One step: its word, what it is about, and further lines; after one that `ends`, nothing follows."""

    word: str
    about: str
    notes: tuple[str, ...] = ()
    tone: Tone = "plain"
    ends: bool = False

    @property
    def title(self) -> str:
        """The word and what it is about."""
        return f"{self.word} {self.about}".strip()


@dataclass(frozen=True, slots=True)
class Branch:
    """A content-based router: its arms with their conditions; the last one is what happens otherwise."""

    arms: tuple[tuple[str, tuple[Part, ...]], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that run once for each part of what a splitter cuts."""

    title: str
    parts: tuple[Part, ...]


Part = Act | Branch | Group


def outline(flow: FlowModel) -> tuple[Part, ...]:
    """The steps of a flow, from top to bottom, between where its messages come from and its end."""
    return (
        Act("", "", sources(flow.source), "mark"),
        *_parts(flow.steps),
        Act("completed", "", tone="mark", ends=True),
    )


def sources(source: SourceModel) -> tuple[str, ...]:
    """Where the messages of a flow come from, a line each."""
    lines = [f"event {name}" for name in source.events] + [f"topic {name}" for name in source.topics]
    if source.schedule is not None:
        when = f"cron {source.schedule.cron}" if source.schedule.cron is not None else f"every {source.schedule.every}"
        lines.append(f"schedule {when}")
    if source.called:
        lines.append("run by other flows")
    return tuple(lines)


def _parts(steps: Sequence[StepFields]) -> tuple[Part, ...]:
    return tuple(part for step in steps for part in _part(step))


def _part(step: StepFields) -> tuple[Part, ...]:
    condition = f"only when {step.when}" if step.when is not None else ""
    if isinstance(step, RouteStep):
        arms = [(f"when {arm.when}", _parts(arm.steps)) for arm in step.route]
        branch = Branch((*arms, ("otherwise", _parts(step.otherwise))))
        return (Group(condition, (branch,)),) if condition else (branch,)
    if isinstance(step, SplitStep):
        by = f" by {step.split.group_by}" if step.split.group_by is not None else ""
        return (Group(" ".join(filter(None, (f"for each of {step.split.lines}{by}", condition))), _parts(step.steps)),)
    word = step_word(step) or ""
    act = _ACTS[word](step)
    notes = (condition, *act.notes) if condition else act.notes
    return (Act(word.replace("_", " "), act.about, notes, act.tone, act.ends),)


def _asked(step: Any) -> Act:
    notes = [f"kept as $saved.{step.save}"] if step.save else []
    notes += [f"taken back by {step.undo}"] if getattr(step, "undo", None) else []
    return Act("", step.call, tuple(notes), "ask")


def _sent(step: Any) -> Act:
    if not isinstance(step.send, SendTarget):
        return Act("", step.send, (), "ask")
    notes = [f"system {step.send.system}", *_fallback(step.otherwise)]
    return Act("", step.send.operation, tuple(notes), "ask")


def _looked_up(step: Any) -> Act:
    notes = [f"key {step.lookup.key}", f"kept as $saved.{step.save}", *_fallback(step.otherwise)]
    return Act("", step.lookup.table, tuple(notes))


def _fallback(otherwise: Any) -> list[str]:
    if otherwise is None:
        return []
    chosen = f"park {otherwise.park}" if otherwise.park else f"raise {otherwise.raise_}" if otherwise.raise_ else "skip"
    return [f"otherwise {chosen}"]


def _parked(step: Any) -> Act:
    settings = step.park
    if not isinstance(settings, ParkSettings):
        return Act("", settings, tuple([f"owner {step.owner}"] if step.owner else []), "wait")
    notes = [f"when {settings.when}"] if settings.when is not None else []
    notes += [f"owner {settings.owner}"] if settings.owner else []
    notes += [f"due in {settings.due}, then {settings.on_due}"] if settings.due is not None else []
    notes += [f"released by topic {settings.release_on.topic}"] if settings.release_on is not None else []
    return Act("", settings.reason, tuple(notes), "wait")


def _transformed(step: Any) -> Act:
    to = f"to {step.transform.to}" if step.transform.to else ""
    return Act("", to, _with(step.transform.mapping))


def _run(step: Any) -> Act:
    return Act("", step.run, (f"kept as $saved.{step.save}",) if step.save else (), "ask")


def _with(mapping: MappingRef | None) -> tuple[str, ...]:
    return (f"with {mapping}",) if mapping is not None else ()


_ACTS: Mapping[str, Callable[[Any], Act]] = MappingProxyType(
    {
        "call": _asked,
        "run": _run,
        "send": _sent,
        "publish": lambda step: Act("", step.publish, _with(step.payload), "tell"),
        "wire_tap": lambda step: Act("", step.wire_tap, _with(step.payload), "tell"),
        "park": _parked,
        "transform": _transformed,
        "validate": lambda step: Act("", str(step.validate_)),
        "filter": lambda step: Act("", str(step.filter), (f"others: {step.reason}",)),
        "lookup": _looked_up,
        "set": lambda step: Act("", ", ".join(f"$saved.{name}" for name in step.set)),
        "raise": lambda step: Act("", step.raise_.reason, (f"class {step.raise_.error_class}",), "end", ends=True),
        "milestone": lambda step: Act("", step.milestone, (), "mark"),
        "reply": lambda step: Act("", str(step.reply.status), _with(step.reply.body)),
        "discard": lambda step: Act("", step.discard, (), "end", ends=True),
    }
)

"""What waits: parked messages that nothing releases, and milestones that nobody passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.config.findings import did_you_mean
from engine.config.models.flow import ExpectModel, FlowModel
from engine.config.models.steps import ParkSettings, ParkStep, StepFields
from engine.config.workspace import Loaded
from engine.fields.scalar import shown
from engine.lint.context import Context
from engine.lint.sites import Path
from engine.lint.walk_flows import inner_steps


def check_waiting(context: Context) -> None:
    """XD607, XD107 and, for milestones, XD201."""
    for flow in context.flows.values():
        for step, path in _parks(flow.model.steps, ("steps",)):
            _check_park(context, flow, step, path)
        if context.complete:
            _check_expected(context, flow)


def _parks(steps: Sequence[StepFields], path: Path) -> Iterator[tuple[ParkStep, Path]]:
    for index, step in enumerate(steps):
        if isinstance(step, ParkStep):
            yield step, (*path, index)
        for inner, below in inner_steps(step):
            yield from _parks(below, (*path, index, *inner))


def _check_park(context: Context, flow: Loaded[FlowModel], step: ParkStep, path: Path) -> None:
    settings = step.park
    if isinstance(settings, ParkSettings) and settings.due is None and "on_due" in settings.model_fields_set:
        mark = flow.places.value(*path, "park", "on_due")
        context.findings.add("XD107", mark, expected="'due' beside 'on_due'", found="none")
    elif not isinstance(settings, ParkSettings) or (settings.due is None and settings.release_on is None):
        context.findings.add(
            "XD607", flow.places.value(*path, "park"), expected="'due' or 'release_on'", found="neither"
        )


def _check_expected(context: Context, flow: Loaded[FlowModel]) -> None:
    """A milestone that is expected must be passed by some step."""
    expect = flow.model.expect
    expected: list[tuple[Path, ExpectModel]] = (
        [(("expect", "milestone"), expect)]
        if isinstance(expect, ExpectModel)
        else [(("expect", index, "milestone"), each) for index, each in enumerate(expect)]
    )
    for path, each in expected:
        if each.milestone not in context.facts.milestones:
            context.findings.add(
                "XD201",
                flow.places.value(*path),
                expected="a milestone that some step passes",
                found=shown(each.milestone),
                hint=did_you_mean(each.milestone, context.facts.milestones),
            )

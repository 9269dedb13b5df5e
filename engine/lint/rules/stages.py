"""How far flows, contracts and interfaces have come (GOV-1), who uses what is on its way out, and what ends soon
(GOV-6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Protocol

from engine.config.findings import did_you_mean
from engine.config.models.governance import ApiModel
from engine.fields.marks import Mark
from engine.lint.context import Context
from engine.lint.uses import Kind, uses_of

_NOTICE = timedelta(days=90)
_OUT = ("deprecated", "retired")
_CLOSED = ("draft", "reviewed", "retired")


class Staged(Protocol):
    """What a file says of how far something has come."""

    @property
    def stage(self) -> str: ...
    @property
    def approved_by(self) -> str | None: ...
    @property
    def approved(self) -> date | None: ...
    @property
    def ends(self) -> date | None: ...
    @property
    def successor(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class _Declared:
    """One declaration: of what, where, and whether it takes messages in now."""

    kind: Kind
    name: str
    staged: Staged
    place: Callable[[str], Mark]
    takes: bool


def check_stages(context: Context) -> None:
    """XD907, XD908 and, where the day is known, XD909."""
    declared = {(each.kind, each.name): each for each in _declarations(context)}
    for each in declared.values():
        _check_stage(context, each)
        if context.today is not None and each.staged.ends is not None and each.staged.stage != "retired":
            what = f"{each.kind} '{each.name}'"
            _check_end(context, context.today, each.place("ends"), what, each.staged.ends, _NOTICE, "")
    for use in uses_of(context):
        found = declared.get((use.kind, use.name))
        if found is not None and found.staged.stage in _OUT:
            until = f", served until {found.staged.ends}" if found.staged.ends is not None else ""
            successor = _successor(found)
            context.findings.add(
                "XD908",
                use.mark,
                expected=f"{use.kind} that stays",
                found=f"'{use.name}', which is {found.staged.stage}{until}",
                hint=f"use '{successor}'" if successor else "",
            )
    _check_vendors(context)


def _declarations(context: Context) -> Iterator[_Declared]:
    for name, flow in context.flows.items():
        if flow.model.lifecycle is not None:
            place = partial(flow.places.value, "lifecycle")
            yield _Declared("flow", name, flow.model.lifecycle, place, flow.model.active)
    for event in context.events():
        if event.model.lifecycle is not None:
            place = partial(event.system.places.value, "events", event.key, "lifecycle")
            yield _Declared("event", event.name, event.model.lifecycle, place, False)
    for operation in context.operations():
        if operation.model.lifecycle is not None:
            place = partial(operation.system.places.value, "operations", operation.key, "lifecycle")
            yield _Declared("operation", operation.name, operation.model.lifecycle, place, False)
    for entity in context.contracts.entities:
        lifecycle = context.contracts.lifecycle(entity)
        for version, staged in lifecycle.versions.items() if lifecycle is not None else ():
            place = partial(context.place, f"canonical/{entity}/lifecycle.yaml", "versions", version)
            yield _Declared("entity", f"{entity}/{version}", staged, place, False)


def _successor(declared: _Declared) -> str | None:
    successor = declared.staged.successor
    if successor is None or declared.kind != "entity":
        return successor
    return f"{declared.name.partition('/')[0]}/{successor}"


def _check_stage(context: Context, each: _Declared) -> None:
    staged = each.staged
    if each.takes and staged.stage in _CLOSED:
        context.govern(
            "XD907",
            each.place("stage"),
            expected=f"'active: false' of a flow that is {staged.stage}",
            found=f"'{each.name}', which takes messages in",
            hint="say 'stage: active' with 'approved_by' and 'approved' once it is approved",
        )
    elif staged.stage in ("active", "deprecated"):
        missing = [name for name in ("approved_by", "approved") if getattr(staged, name) is None]
        if staged.stage == "deprecated" and staged.ends is None:
            missing.append("ends")
        if missing:
            listed = " and ".join(f"'{name}'" for name in missing)
            what = f"{listed} of {each.kind} '{each.name}', which is {staged.stage}"
            context.govern("XD907", each.place("stage"), expected=what, found="none")
    if each.kind == "entity":
        _check_version(context, each)
    _check_team(context, each)


def _check_team(context: Context, each: _Declared) -> None:
    workspace = context.loaded.workspace
    teams = sorted(workspace.model.teams) if workspace is not None else []
    team = each.staged.approved_by
    if team is not None and team not in teams:
        hint = did_you_mean(team, teams) or (f"there are {', '.join(teams[:12])}" if teams else "there are none")
        mark = each.place("approved_by")
        context.findings.add("XD201", mark, expected="a team of the workspace", found=f"'{team}'", hint=hint)


def _check_version(context: Context, each: _Declared) -> None:
    for name, field in ((each.name, ""), (_successor(each), "successor")):
        if name is not None and name not in context.contracts and name not in context.contracts.broken:
            nearest = context.contracts.nearest(name)
            context.findings.add(
                "XD403",
                each.place(field) if field else each.place("stage"),
                expected="a canonical entity and version",
                found=f"'{name}'",
                hint=f"did you mean '{nearest}'" if nearest else "",
            )


# -- days


def _check_vendors(context: Context) -> None:
    """The vendor's interface that a system speaks: when it ends, and whether the step to the next was taken."""
    if context.today is None:
        return
    for system in context.systems.values():
        api = system.model.api
        if api is None:
            continue
        place = system.places.value
        what = f"'{system.model.system}' {api.version}"
        notice = timedelta(seconds=api.warn.seconds)
        plan = _plan(api)
        if api.upgrade is not None and api.upgrade.ends < context.today:
            context.findings.add(
                "XD909",
                place("api", "upgrade", "ends"),
                expected=f"version {api.upgrade.to} of '{system.model.system}' since {api.upgrade.ends}",
                found=api.version,
                hint="write the new version, or a new time for the step",
            )
        elif api.ends is not None:
            _check_end(context, context.today, place("api", "ends"), what, api.ends, notice, plan)
        if api.deprecated is not None and api.upgrade is None and api.deprecated <= context.today:
            context.findings.add(
                "XD909",
                place("api", "deprecated"),
                expected=f"'upgrade' of {what}, which its vendor advises against since {api.deprecated}",
                found="none",
            )


def _plan(api: ApiModel) -> str:
    upgrade = api.upgrade
    if upgrade is None:
        return "plan the step to the next version under 'upgrade'"
    return f"the step to {upgrade.to} is planned from {upgrade.begins} to {upgrade.ends}"


def _check_end(context: Context, today: date, mark: Mark, what: str, ends: date, notice: timedelta, hint: str) -> None:
    left = ends - today
    if left > notice:
        return
    found = f"the end on {ends}, in {left.days} days" if left.days > 0 else f"the end on {ends}, which has come"
    context.findings.add("XD909", mark, expected=f"{what} to last", found=found, hint=hint)

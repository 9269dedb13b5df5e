"""`crossdock plan`."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from engine.app.checks import check, check_files
from engine.cli.office import order
from engine.cli.options import json_option, workspace_option
from engine.cli.output import Output, busy, note, print_json, progress_bar
from engine.cli.places import Place
from engine.cli.stops import OK, REFUSED, NotRunning, Stop, Unusable, counted
from engine.clock import SystemClock, moment
from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.git import bundle_at
from engine.errors import ConfigurationError
from engine.planning.parts import PartChange, by_how
from engine.planning.plan import Plan, Side, plan_change
from engine.planning.rerun import KINDS

RUNNING = "running"
_SHOWN_GROUPS = 4
_SHOWN_LINES = 8


@click.command(
    epilog="Exit codes: 0 nobody breaks and every message fares as before, 1 somebody breaks or messages fare "
    "otherwise, 2 one of the two workspaces has errors."
)
@click.option(
    "--against",
    default=RUNNING,
    show_default=True,
    metavar="REF",
    help="A commit, tag or branch; or 'running': what runs, else what ran last.",
)
@click.option(
    "--last", type=click.IntRange(0, 100_000), default=500, show_default=True, help="How many messages to run."
)
@workspace_option
@json_option
@click.pass_context
def plan(ctx: click.Context, against: str, last: int, place: Place, as_json: bool) -> None:
    """Show what a change of the workspace does, before it is deployed.

    Compares the files as they are with another state of them: flows, systems and contracts that are added, changed or
    removed, and whom a changed contract breaks. Then the newest stored messages of every flow that is touched run
    through both, without side effects: the replies that systems gave then stand in. What they become, which way they
    take and how they end is compared.

    \b
    Example:
      crossdock plan
      crossdock plan --against origin/main --last 2000
    """
    with busy("loading"):
        new = _here(place.folder)
        old = (
            _running(place)
            if against == RUNNING
            else _compiled(place.folder, bundle_at(place.folder, against), against)
        )
    with progress_bar("running messages") as progress:
        made = plan_change(old, new, place.folder, lambda flow: _records(place, flow, last), last, progress)
    if as_json:
        print_json(made.as_json())
    else:
        _show(Output(), made, against)
    ctx.exit(OK if made.harmless else REFUSED)


# -- the two sides


def _here(folder: Path) -> Side:
    revision, findings = check(folder, complete=False, sandbox=True)
    if revision is None:
        raise ConfigurationError(findings.errors)
    return Side(Bundle.from_directory(folder, Findings()), revision)


def _running(place: Place) -> Side:
    deployed = order(place, "deployed", {})
    if deployed is None:
        raise Stop(
            "no message has run yet, so there is nothing to compare with", advice="name a state with --against REF"
        )
    return _compiled(place.folder, Bundle.from_bytes(b64decode(deployed["bundle"])), f"revision {deployed['revision']}")


def _compiled(folder: Path, bundle: Bundle, name: str) -> Side:
    findings = Findings()
    today = moment(SystemClock().now()).date()
    environment = Environment(dict(os.environ), complete=False, sandbox=True)
    revision, _ = check_files(folder, bundle, environment, findings, today=today)
    if revision is None:
        first = next(iter(findings.errors), "it has no workspace")
        raise Unusable(f"'{name}' does not compile, so it cannot be compared with: {first}")
    return Side(bundle, revision)


def _records(place: Place, flow: str, last: int) -> Sequence[dict[str, Any]]:
    """The newest records of a flow; none where nothing has run yet."""
    try:
        found: Sequence[dict[str, Any]] = order(place, "records", {"flow": flow, "last": last}) if last else ()
    except NotRunning:
        return ()
    return found


# -- what is told


def _show(output: Output, made: Plan, against: str) -> None:
    output.say(f"from {made.before} ({against}) to {made.after}")
    if not made.parts:
        output.say("nothing has changed", style="green")
        return
    for how, parts in by_how(made.parts).items():
        for part in parts:
            files = ", ".join(part.files[:3]) + (f" and {len(part.files) - 3} more" if len(part.files) > 3 else "")
            output.say(f"  {how:8} {part}  ({files})")
    for part in made.parts:
        if part.breaks or (part.kind in ("contract", "vendor-contract") and part.how == "changed"):
            _show_contract(output, part)
    _show_messages(output, made)


def _show_contract(output: Output, part: PartChange) -> None:
    """Whom it breaks, and its differences: first those that break somebody."""
    if part.breaks:
        output.say(f"{part} breaks {', '.join(part.for_whom) or 'whoever uses it'}", style="red")
    else:
        output.say(f"{part} breaks nobody", style="green")
    lines = sorted(part.changes, key=lambda line: line not in part.breaks)
    for line in lines[:_SHOWN_LINES]:
        output.say(f"  {line}")
    if len(lines) > _SHOWN_LINES:
        output.say(f"  and {counted(len(lines) - _SHOWN_LINES, 'further change')}; --json has all", style="dim")


def _show_messages(output: Output, made: Plan) -> None:
    whole = sum(made.ran.values())
    output.say()
    if not whole:
        output.say("no stored message was run: none has come to rest in a flow that has changed")
        return
    differ = f"{len(made.differences)} of {counted(whole, 'message')} fare otherwise"
    if made.differences:
        output.say(differ, style="yellow")
        rows = [
            (flow, f"{made.ran[flow]:,}", *(str(number) for number in made.counts(flow).values()))
            for flow in made.flows
            if made.ran.get(flow)
        ]
        output.table([("flow", "left"), ("messages", "right"), *((kind, "right") for kind in KINDS)], rows, indent=2)
        _show_differences(output, made)
    else:
        output.say(f"all {counted(whole, 'message')} fare as before", style="green")
    for why in dict.fromkeys(made.left_out):
        note(f"not run: {why}")


def _show_differences(output: Output, made: Plan) -> None:
    """The differences of each flow, those that many messages share told once."""
    for flow in made.flows:
        groups: dict[tuple[str, ...], list[str]] = {}
        for one in made.differences:
            if one.flow == flow:
                groups.setdefault(one.lines, []).append(one.message)
        largest = sorted(groups.items(), key=lambda group: -len(group[1]))
        for lines, messages in largest[:_SHOWN_GROUPS]:
            output.say(f"  {flow}: {counted(len(messages), 'message')}, such as {messages[-1]}", style="bold")
            for line in lines[:_SHOWN_LINES]:
                output.say(f"    {line}")
            if len(lines) > _SHOWN_LINES:
                output.say(f"    and {counted(len(lines) - _SHOWN_LINES, 'further difference')}")
        if len(largest) > _SHOWN_GROUPS:
            more = sum(len(messages) for _, messages in largest[_SHOWN_GROUPS:])
            output.say(f"  {flow}: {counted(more, 'more message')} in other ways; --json has all", style="dim")

"""`crossdock status`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from operator import itemgetter
from typing import Any

import click

from engine.cli.control_client import NobodyThere, ask
from engine.cli.office import no_progress, order
from engine.cli.options import json_option, workspace_option
from engine.cli.output import Output, print_json
from engine.cli.places import Place
from engine.cli.plain import lasted, seconds_of
from engine.cli.proposals import proposed
from engine.cli.stops import NOT_RUNNING, OK, REFUSED, counted
from engine.clock import SystemClock

_STATES = ("ready", "waiting", "running", "parked", "completed", "discarded", "dead")


@click.command(epilog="Exit codes: 0 it runs and takes messages in, 1 it runs and refuses them, 3 no process runs.")
@workspace_option
@json_option
@click.pass_context
def status(ctx: click.Context, place: Place, as_json: bool) -> None:
    """Show health, systems, and what lies in which channel.

    With no process running it shows what the store holds.

    \b
    Example:
      crossdock status
      crossdock status --json | jq '.channels[] | select(.state == "dead")'
    """
    found = _found(place)
    if as_json:
        print_json(found)
    else:
        _print(Output(), found, place)
    ctx.exit(NOT_RUNNING if not found["up"] else OK if found["accepting"] else REFUSED)


def _found(place: Place) -> dict[str, Any]:
    with suppress(NobodyThere):
        return {"up": True, **ask(place.control(), "status", {}, no_progress)}
    return {"up": False, **order(place, "counts", {})}


def _print(output: Output, found: Mapping[str, Any], place: Place) -> None:
    now = SystemClock().now()
    if found["up"]:
        _print_process(output, found, now)
    else:
        output.say("no process runs; this is what the store holds", style="yellow")
    _print_channels(output, found["channels"], now)
    if len(found["revisions"]) > 1:
        output.say()
        output.say("revisions that are stored")
        rows = [
            (one["revision"], lasted(now - seconds_of(one["storedAt"])), str(one["unfinished"]))
            for one in found["revisions"]
        ]
        output.table([("REVISION", "left"), ("AGE", "right"), ("UNFINISHED", "right")], rows)
    _print_next(output, found["channels"], place)


def _print_process(output: Output, found: Mapping[str, Any], now: float) -> None:
    where = ", ".join(found["addresses"]) or "no address"
    output.say(f"{found['workspace']} runs revision {found['revision']} on {where}")
    if found["accepting"]:
        output.say(f"it takes messages in; {counted(found['running'], 'message')} in progress", style="green")
    else:
        output.say(f"it refuses messages: {found['refusal']}", style="red")
    output.say()
    rows = []
    for system in sorted(found["systems"], key=itemgetter("system")):
        paused = (
            f"{system['why']}, for {lasted(seconds_of(system['pausedUntil']) - now)} more"
            if system["pausedUntil"]
            else ""
        )
        rows.append((system["system"], system["breaker"], paused))
    output.table([("SYSTEM", "left"), ("BREAKER", "left"), ("PAUSED", "left")], rows)


def _print_channels(output: Output, counts: list[dict[str, Any]], now: float) -> None:
    """One row a channel, one column a state, and the age of the oldest message that has not ended."""
    output.say()
    if not counts:
        output.say("nothing waits, is held or has failed")
        return
    states = [state for state in _STATES if any(count["state"] == state for count in counts)]
    table: dict[str, dict[str, int]] = {}
    oldest: dict[str, float] = {}
    for count in counts:
        channel, state = count["channel"], count["state"]
        table.setdefault(channel, {})[state] = count["count"]
        if state not in ("completed", "discarded"):
            oldest[channel] = min(seconds_of(count["oldestAt"]), oldest.get(channel, now))
    columns = [("CHANNEL", "left"), *((state.upper(), "right") for state in states), ("OLDEST OPEN", "right")]
    rows = []
    for channel in sorted(table):
        age = lasted(now - oldest[channel]) if channel in oldest else ""
        rows.append((channel, *(f"{table[channel].get(state, 0):,}" for state in states), age))
    output.table(columns, rows)


def _print_next(output: Output, counts: list[dict[str, Any]], place: Place) -> None:
    lying = {state: sum(count["count"] for count in counts if count["state"] == state) for state in ("dead", "parked")}
    if any(lying.values()):
        output.say()
    if lying["dead"]:
        listed = proposed("crossdock dead-letters list", place)
        output.say(f"next: {listed}  # {counted(lying['dead'], 'dead letter')}")
    if lying["parked"]:
        listed = proposed("crossdock parked list", place)
        output.say(f"next: {listed}  # {counted(lying['parked'], 'message')} held")

"""`crossdock parked`."""

from __future__ import annotations

from typing import Any

import click

from engine.cli.listing import limit_option, print_rest
from engine.cli.office import order
from engine.cli.options import json_option, selected, selection_options, workspace_option
from engine.cli.output import Output, print_json
from engine.cli.places import Place
from engine.cli.plain import lasted, local, seconds_of
from engine.cli.proposals import proposed
from engine.clock import SystemClock


@click.group()
def parked() -> None:
    """List what is held for a business reason.

    \b
    Example:
      crossdock parked list --flow orders
    """


@parked.command("list")
@selection_options
@click.option("--reason", "why", metavar="REASON", help="Held for this reason, such as credit-hold.")
@limit_option
@workspace_option
@json_option
def list_parked(place: Place, as_json: bool, limit: int, **chosen: Any) -> None:
    """List what is held, oldest first.

    \b
    Example:
      crossdock parked list --reason credit-hold
    """
    given = selected(states=["parked"], limit=limit, **chosen)
    found = order(place, "list", given)
    if as_json:
        print_json(found)
        return
    output = Output()
    if not found["messages"]:
        output.say("nothing is parked" + (" of that kind" if len(given) > 2 else ""))
        return
    now = SystemClock().now()
    columns = [("MESSAGE", "left"), ("CHANNEL", "left"), ("HELD FOR", "left"), ("DECIDES", "left"), ("AGE", "right")]
    columns += [("DUE", "left"), ("RELEASED BY", "fold")]
    output.table(columns, [_row(message, now) for message in found["messages"]])
    print_rest(output, len(found["messages"]), found["count"])
    oldest = found["messages"][0]["id"]
    command = f"crossdock release {oldest} --reason '…'"
    output.say(f"next: {proposed(command, place)}")


def _row(message: dict[str, Any], now: float) -> tuple[str, ...]:
    held = message.get("parked") or {}
    due = f"{local(held['due'])}, then {held.get('onDue')}" if held.get("due") else ""
    return (
        message["id"],
        message["channel"],
        held.get("reason", ""),
        held.get("owner", ""),
        lasted(now - seconds_of(message["receivedAt"])),
        due,
        held.get("releasedBy", "a person"),
    )

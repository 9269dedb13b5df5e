"""`crossdock reload`."""

from __future__ import annotations

import click

from engine.cli.office import order_running
from engine.cli.options import json_option, workspace_option
from engine.cli.output import Output, print_json
from engine.cli.places import Place


@click.command()
@workspace_option
@json_option
def reload(place: Place, as_json: bool) -> None:
    """Make the running process load its workspace again.

    Work in progress ends on the revision that began it. A workspace with errors is refused, and the old revision runs
    on.

    \b
    Example:
      crossdock lint && crossdock reload
    """
    told = order_running(place, "reload", {})
    if as_json:
        print_json(told)
    elif told["changed"]:
        Output().say(f"revision {told['revision']} runs now, in place of {told['before']}")
    else:
        Output().say(f"nothing has changed; revision {told['revision']} runs on")

"""`crossdock reload`."""

from __future__ import annotations

import click

from engine.cli.announcement import say_reloaded
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
    on. Stand-ins are loaded again too: they keep their addresses, states and ledgers.

    \b
    Example:
      crossdock lint && crossdock reload
    """
    told = order_running(place, "reload", {})
    if as_json:
        print_json(told)
    else:
        say_reloaded(Output(), told)

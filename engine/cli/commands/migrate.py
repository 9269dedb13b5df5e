"""`crossdock migrate`."""

from __future__ import annotations

import asyncio

import click

from engine.app.stores import migrate_store
from engine.cli.options import json_option, workspace_option
from engine.cli.output import Output, print_json
from engine.cli.places import Place
from engine.cli.stops import counted


@click.command()
@workspace_option
@json_option
def migrate(place: Place, as_json: bool) -> None:
    """Bring the message store to this program's version.

    Stop the process and make a copy of the store first; a store that was moved forward cannot go back.

    \b
    Example:
      crossdock drain && crossdock migrate
    """
    added = asyncio.run(migrate_store(place.folder, store=place.store))
    if as_json:
        print_json({"added": list(added)})
    elif added:
        Output().say(f"{counted(len(added), 'step')} made; the store is at version {added[-1]}")
    else:
        Output().say("nothing to do; the store is at this program's version")

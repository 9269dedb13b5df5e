"""`crossdock trace`."""

from __future__ import annotations

import click

from engine.cli.office import order
from engine.cli.options import json_option, workspace_option
from engine.cli.output import Output, print_json
from engine.cli.places import Place
from engine.cli.timeline import print_message, print_transaction


@click.command()
@click.argument("key", metavar="MESSAGE|KEY")
@click.option("--kind", metavar="KIND", help="The kind of key, such as sales-order, where several kinds share a value.")
@click.option("--full", is_flag=True, help="Show payloads, requests and replies whole.")
@workspace_option
@json_option
def trace(key: str, kind: str | None, full: bool, place: Place, as_json: bool) -> None:
    """Show the story of a message, or of a whole business transaction.

    A message id tells one message: its steps, requests and replies, attempts and milestones. A business key (an order
    number, say) or a correlation id tells everything that belongs to it. Both end with what must happen next.

    \b
    Example:
      crossdock trace 1001
      crossdock trace 01jz7h2k8m0q4 --full
    """
    found = order(place, "trace", {"key": key, "kind": kind})
    if as_json:
        print_json(found)
    elif found["kind"] == "message":
        print_message(Output(), found, full=full)
    else:
        print_transaction(Output(), found)

"""`crossdock release`."""

from __future__ import annotations

import click

from engine.cli.batch import order_each
from engine.cli.options import json_option, person_options, workspace_option
from engine.cli.places import Place


@click.command()
@click.argument("ids", metavar="MESSAGE...", nargs=-1, required=True)
@person_options(reason="required")
@workspace_option
@json_option
@click.pass_context
def release(ctx: click.Context, ids: tuple[str, ...], who: str, reason: str, place: Place, as_json: bool) -> None:
    """Let parked messages go on where they stopped.

    \b
    Example:
      crossdock release 01jz7h2k8m0q4 --reason 'credit granted by phone'
    """
    ctx.exit(order_each(place, "release", ids, {"who": who, "reason": reason}, as_json=as_json))

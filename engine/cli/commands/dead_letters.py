"""`crossdock dead-letters`."""

from __future__ import annotations

from typing import Any

import click

from engine.cli.batch import order_each
from engine.cli.listing import limit_option, print_rest
from engine.cli.office import order
from engine.cli.options import (
    again_options,
    json_option,
    person_options,
    selected,
    selection_options,
    workspace_option,
)
from engine.cli.output import Output, print_json
from engine.cli.places import Place
from engine.cli.plain import local, one_line
from engine.cli.proposals import proposed
from engine.cli.stops import Stop
from engine.cli.timeline import print_message
from engine.message import INVALID_CHANNEL
from engine.policy.error_classes import ERROR_CLASSES

ids_argument = click.argument("ids", metavar="MESSAGE...", nargs=-1, required=True)


@click.group()
def dead_letters() -> None:
    """List, show, try again or end what has failed.

    A dead letter is a message that failed for good, or input that could not be read (channel 'invalid').

    \b
    Example:
      crossdock dead-letters list --system erp --since '2 h'
      crossdock dead-letters show 01jz7h2k8m0q4
      crossdock dead-letters reprocess 01jz7h2k8m0q4 --reason 'price list mended'
    """


@dead_letters.command("list")
@selection_options
@click.option("--invalid", is_flag=True, help="Only input that could not be read, or whose sender was not verified.")
@click.option("--reason", "why", metavar="REASON", help="Failed for this reason, such as broken-contract.")
@click.option("--class", "error_class", type=click.Choice(list(ERROR_CLASSES)), help="Failed with this error class.")
@limit_option
@workspace_option
@json_option
def list_(place: Place, as_json: bool, limit: int, invalid: bool, error_class: str | None, **chosen: Any) -> None:
    """List what has failed, oldest first.

    \b
    Example:
      crossdock dead-letters list --flow orders --class data
    """
    given = selected(states=["dead"], limit=limit, errorClass=error_class, **chosen)
    if invalid and "channel" in given:
        raise click.UsageError("--invalid goes without --flow and --system: unread input belongs to no flow yet")
    found = order(place, "list", {**given, "channel": INVALID_CHANNEL} if invalid else given)
    if as_json:
        print_json(found)
        return
    output = Output()
    if not found["messages"]:
        output.say("there are no dead letters" + (" of that kind" if len(given) > 2 or invalid else ""))
        return
    columns = [("MESSAGE", "left"), ("CHANNEL", "left"), ("RECEIVED", "left"), ("CLASS", "left"), ("REASON", "left")]
    output.table([*columns, ("WHAT HAPPENED", "fold")], [_row(message) for message in found["messages"]])
    print_rest(output, len(found["messages"]), found["count"])
    oldest = found["messages"][0]["id"]
    output.say(f"next: {proposed(f'crossdock dead-letters show {oldest}', place)}")


def _row(message: dict[str, Any]) -> tuple[str, ...]:
    failure = message.get("failure") or {}
    return (
        message["id"],
        message["channel"],
        local(message["receivedAt"]),
        failure.get("errorClass", ""),
        failure.get("reason", ""),
        one_line(failure.get("detail", ""), 200),
    )


@dead_letters.command("show")
@click.argument("message_id", metavar="MESSAGE")
@click.option("--full", is_flag=True, help="Show payloads, requests and replies whole.")
@workspace_option
@json_option
def show(message_id: str, full: bool, place: Place, as_json: bool) -> None:
    """Show why a message failed, and what to do.

    \b
    Example:
      crossdock dead-letters show 01jz7h2k8m0q4 --full
    """
    found = order(place, "show", {"id": message_id})
    if found is None:
        raise Stop(f"there is no message '{message_id}'", advice="'crossdock dead-letters list' shows what failed")
    if as_json:
        print_json(found)
    else:
        print_message(Output(), found, full=full)


@dead_letters.command("resend")
@ids_argument
@person_options()
@workspace_option
@json_option
@click.pass_context
def resend(ctx: click.Context, ids: tuple[str, ...], who: str, reason: str | None, place: Place, as_json: bool) -> None:
    """Try deliveries again: the same bytes under the same key.

    Where the system can be asked, it is asked first whether the delivery was carried out before.

    \b
    Example:
      crossdock dead-letters resend 01jz7h2k8m0q4 --reason 'the ERP is up again'
    """
    ctx.exit(order_each(place, "resend", ids, {"who": who, "reason": reason}, as_json=as_json))


@dead_letters.command("reprocess")
@ids_argument
@again_options
@click.option("--revision", metavar="REVISION", help="Run in this revision; by default in the present one.")
@person_options()
@workspace_option
@json_option
@click.pass_context
def reprocess(
    ctx: click.Context, /, ids: tuple[str, ...], who: str, reason: str | None, place: Place, as_json: bool, **how: Any
) -> None:
    """Run the flow of messages again, from the stored originals.

    Steps that were completed stay done, unless --again names them. Invalid input is read once more; that needs a
    running process.

    \b
    Example:
      crossdock dead-letters reprocess 01jz7h2k8m0q4 --reason 'the mapping is mended'
    """
    ctx.exit(order_each(place, "reprocess", ids, {"who": who, "reason": reason, **how}, as_json=as_json))


@dead_letters.command("discard")
@ids_argument
@person_options(reason="required")
@workspace_option
@json_option
@click.pass_context
def discard(
    ctx: click.Context, ids: tuple[str, ...], who: str, reason: str | None, place: Place, as_json: bool
) -> None:
    """End messages without further effect.

    \b
    Example:
      crossdock dead-letters discard 01jz7h2k8m0q4 --reason 'a test order'
    """
    ctx.exit(order_each(place, "discard", ids, {"who": who, "reason": reason}, as_json=as_json))

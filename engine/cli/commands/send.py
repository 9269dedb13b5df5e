"""`crossdock send`."""

from __future__ import annotations

from typing import Any

import click

from engine.cli.completion import event_names
from engine.cli.office import order_running
from engine.cli.options import header_option, header_pairs, json_option, workspace_option
from engine.cli.output import Output, print_json
from engine.cli.places import Place
from engine.cli.proposals import proposed
from engine.cli.stops import Unusable


@click.command()
@click.argument("event", metavar="EVENT", shell_complete=event_names)
@click.argument("file", metavar="FILE|-", type=click.File("rb"))
@header_option
@click.option("--key", metavar="KEY", help="An idempotency key: a second send with the same key is a repeat.")
@workspace_option
@json_option
def send(event: str, file: Any, headers: tuple[str, ...], key: str | None, place: Place, as_json: bool) -> None:
    """Hand a file to the running process as if a system had sent it.

    EVENT is a system's event, such as shop.order-created. The file goes the way of a real arrival, but for the check
    of its signature: it is read, mapped, validated, stored, and only then acknowledged.

    \b
    Example:
      crossdock send shop.order-created examples/shop.order-created.json
      curl -s https://shop.example/orders/1001 | crossdock send shop.order-created -
    """
    given = {"event": event, "body": _text(file), "headers": header_pairs(headers), "key": key}
    receipt = order_running(place, "send", given)
    if as_json:
        print_json(receipt)
        return
    output = Output()
    what = "came before; the first message stands" if receipt["repeat"] else "stored"
    for message in receipt["messages"]:
        output.say(f"{message}  {what}")
    if receipt["outcome"] != "accepted":
        output.say(f"outcome: {receipt['outcome']}" + (f", {receipt['detail']}" if receipt["detail"] else ""))
    if receipt["answer"] is not None:
        output.say(f"answer: {receipt['answer']}")
    first = receipt["messages"][0]
    output.say(f"next: {proposed(f'crossdock trace {first}', place)}")


def _text(file: Any) -> str:
    """The payload; it goes as text over the socket."""
    raw: bytes = file.read()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unusable(
            f"'{file.name}' is not UTF-8 at byte {error.start}",
            advice="post it to the event's own address instead, byte for byte, with 'curl --data-binary @FILE'",
        ) from error

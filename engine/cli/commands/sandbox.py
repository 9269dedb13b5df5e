"""`crossdock sandbox`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import click

from engine import exact_json
from engine.cli.listing import print_rest
from engine.cli.office import order_running
from engine.cli.options import header_option, header_pairs, json_option, workspace_option
from engine.cli.output import Output, print_json
from engine.cli.places import Place
from engine.cli.plain import local, one_line
from engine.cli.stops import NotRunning, Unusable, counted
from engine.clock import iso
from engine.config.models.sandbox import FaultModel
from engine.sandbox.client import SandboxControl

FAULTS = tuple(FaultModel.model_json_schema()["properties"]["fault"]["enum"])


@click.group()
def sandbox() -> None:
    """Look at the stand-ins and make them fail on purpose.

    These commands need a process that was started with 'crossdock run --sandbox'.

    \b
    Example:
      crossdock sandbox fail erp apply-then-drop --match create-order --times 2
      crossdock sandbox ledger erp
      crossdock sandbox heal erp
    """


def _control(place: Place) -> SandboxControl:
    """The stand-ins of the running process."""
    address = order_running(place, "status", {})["sandboxControl"]
    if address is None:
        raise NotRunning("the process runs without stand-ins", advice="start it with 'crossdock run --sandbox'")
    return SandboxControl(address)


@sandbox.command("list")
@workspace_option
@json_option
def list_(place: Place, as_json: bool) -> None:
    """List the stand-ins, and what each answers.

    \b
    Example:
      crossdock sandbox list
    """
    found = _control(place).overview()
    if as_json:
        print_json(found)
        return
    output = Output()
    for name, system in found["systems"].items():
        output.say(f"{name}  {system['url']}", style="bold")
        for answer in system["answers"]:
            output.say(f"  {answer}")


@sandbox.command("fail")
@click.argument("system", metavar="SYSTEM")
@click.argument("fault", metavar="FAULT", type=click.Choice(FAULTS))
@click.option("--match", metavar="ANSWER", help="Only requests of this answer; 'crossdock sandbox list' names them.")
@click.option("--times", type=click.IntRange(min=1), help="End after so many requests.")
@click.option("--for", "for", metavar="TIME", help="End after this time, such as '20 s'.")
@click.option("--skip", type=click.IntRange(min=0), help="Let so many requests pass first.")
@click.option("--probability", type=click.FloatRange(0, 1), help="Happen to this part of the requests only.")
@click.option("--delay", metavar="TIME", help="For latency: how late the reply comes, such as '2 s'.")
@click.option("--status", type=click.IntRange(400, 599), help="For status: what is answered.")
@click.option("--rate", metavar="RATE", help="For rate-limit: so many pass, such as '10 per s'.")
@click.option("--retry-after", "retry_after", metavar="TIME", help="For status and rate-limit: a Retry-After header.")
@workspace_option
@json_option
def fail(system: str, place: Place, as_json: bool, **fault: Any) -> None:
    """Make a stand-in fail on purpose.

    FAULT is one of latency, status, apply-then-drop, drop-before-apply, hang, truncate, rate-limit and down.

    \b
    Example:
      crossdock sandbox fail warehouse down --for '20 s'
      crossdock sandbox fail erp status --status 503 --retry-after '5 s' --times 3
    """
    given = {name: value for name, value in fault.items() if value is not None}
    _print_faults(system, _control(place).add_fault(system, given), as_json=as_json)


@sandbox.command("faults")
@click.argument("system", metavar="SYSTEM")
@workspace_option
@json_option
def faults(system: str, place: Place, as_json: bool) -> None:
    """List the faults of a stand-in that have not ended.

    \b
    Example:
      crossdock sandbox faults erp
    """
    _print_faults(system, _control(place).faults(system), as_json=as_json)


@sandbox.command("heal")
@click.argument("system", metavar="SYSTEM")
@workspace_option
@json_option
def heal(system: str, place: Place, as_json: bool) -> None:
    """End all faults of a stand-in.

    \b
    Example:
      crossdock sandbox heal erp
    """
    _print_faults(system, _control(place).set_faults(system), as_json=as_json)


@sandbox.command("ledger")
@click.argument("system", metavar="SYSTEM")
@click.option("--operation", metavar="ANSWER", help="Only requests of this answer.")
@click.option("--key", metavar="KEY", help="Only requests with this idempotency key.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Show at most so many.")
@workspace_option
@json_option
def ledger(system: str, place: Place, as_json: bool, **selection: Any) -> None:
    """List what a stand-in was asked, oldest first, and which requests had their effect.

    \b
    Example:
      crossdock sandbox ledger erp --operation create-order --limit 1000
    """
    chosen = {name: value for name, value in selection.items() if value is not None}
    found = _control(place).counted_ledger(system, **chosen)
    if as_json:
        print_json(found)
        return
    output, entries = Output(), found["entries"]
    if not entries:
        kind = " of that kind" if {"operation", "key"} & chosen.keys() else ""
        output.say(f"the stand-in of {system} was asked nothing{kind}")
        return
    columns = [("TIME", "left"), ("REQUEST", "left"), ("KEY", "left"), ("STATUS", "right"), ("EFFECT", "left")]
    output.table([*columns, ("FAULT", "left"), ("NOTE", "fold")], [_row(entry) for entry in entries])
    print_rest(output, len(entries), found["count"], "request")
    output.say(f"{found['effects']:,} of {found['count']:,} had an effect")


@sandbox.command("emit")
@click.argument("event", metavar="EVENT")
@click.argument("file", metavar="FILE|-", type=click.File("rb"))
@header_option
@workspace_option
@json_option
def emit(event: str, file: IO[bytes], headers: tuple[str, ...], place: Place, as_json: bool) -> None:
    """Let a stand-in send an event now, signed as the system would sign it.

    \b
    Example:
      crossdock sandbox emit shop.order-created examples/shop.order-created.json -H 'X-Event-Id: 77'
    """
    system = event.partition(".")[0]
    try:
        body = file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unusable(f"'{file.name}' is not UTF-8 at byte {error.start}") from error
    told = _control(place).emit(system, event, _document(body), headers=header_pairs(headers))
    if as_json:
        print_json(told)
    else:
        Output().say(f"{told['outcome']}, the hub answered {told['status']}: {told['body']}")


def _document(body: str) -> Any:
    """The payload: JSON where it is JSON, else the text."""
    try:
        return exact_json.decode(body.encode())
    except ValueError:
        return body


def _print_faults(system: str, found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"faults": found})
        return
    output = Output()
    if not found:
        output.say(f"{system} has no faults")
    for fault in found:
        settings = {name: value for name, value in fault.items() if name not in ("fault", "happened")}
        told = "".join(f", {name} {value}" for name, value in settings.items())
        output.say(f"{system}: {fault['fault']}{told}; happened {counted(fault['happened'], 'time')}")


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    effect = "again" if entry["repeat"] else "yes" if entry["applied"] else "no"
    key = one_line(entry["key"] or "", 16)
    return (
        local(iso(float(entry["at"]))),
        entry["operation"],
        key,
        str(entry["status"]),
        effect,
        entry["fault"] or "",
        entry["note"] or "",
    )

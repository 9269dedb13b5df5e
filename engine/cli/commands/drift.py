"""`crossdock drift`."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click

from engine.catalogue.catalogue import Catalogue
from engine.cli.completion import event_names
from engine.cli.described import described
from engine.cli.office import order
from engine.cli.options import Moment, json_option, workspace_option
from engine.cli.output import Output, busy, note, print_json
from engine.cli.places import Place
from engine.cli.stops import OK, REFUSED, Stop, counted
from engine.errors import CodecError
from engine.fields.nearest import did_you_mean
from engine.flow.compiled import CompiledEvent
from engine.lint.drift import Drift, drift_of
from engine.lint.shapes import Shapes, shape_of

LIMIT = 500


@dataclass(frozen=True, slots=True)
class Samples:
    """Payloads of an event. `received` is what else is known of those from the store; None for files."""

    documents: Sequence[Any]
    received: dict[str, Any] | None = field(default=None)


@click.command(epilog="Exit codes: 0 as the contract has it, 1 something drifts, 2 the workspace has errors.")
@click.argument("event", metavar="EVENT", shell_complete=event_names)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--since", type=Moment(), help="Only what was received since: a time, a day, or '2 h' (ago).")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), help=f"How many of what was received, the newest. [default: {LIMIT}]"
)
@workspace_option
@json_option
@click.pass_context
def drift(
    ctx: click.Context,
    event: str,
    files: Sequence[Path],
    since: float | None,
    limit: int | None,
    place: Place,
    as_json: bool,
) -> None:
    """Compare what a system really sends with its contract.

    FILEs are payloads as the system sent them; without any, what was received and is in the store is compared, what
    was refused included. A field is new when the contract does not name it, retyped when it has a type that the
    contract does not take, and missing when no payload has it; optional fields that are missing are shown and are no
    drift. Only names and types of fields are shown, never a value.

    \b
    Example:
      crossdock drift shop.order-created
      crossdock drift shop.order-created --since '2 days' --limit 2000
      crossdock drift shop.order-created samples/*.json --json
    """
    if files and (since is not None or limit is not None):
        raise click.UsageError("--since and --limit are for what was received, not for FILEs")
    with busy("loading"):
        catalogue = described(place.folder)
        declared = _event(catalogue, event)
        samples = _from_files(declared, files) if files else _from_store(place, declared, since, limit or LIMIT)
        found = _drift(catalogue, declared, samples.documents)
    drifts = [each for each in found if each.kind != "missing" or each.required]
    if as_json:
        about = {"received": samples.received} if samples.received is not None else {}
        told = [asdict(each) for each in found]
        print_json({"event": event, "documents": len(samples.documents), **about, "drift": told})
    else:
        _print(found, drifts, event, samples)
    ctx.exit(REFUSED if drifts else OK)


def _event(catalogue: Catalogue, name: str) -> CompiledEvent:
    event = catalogue.revision.event(name)
    if event is None:
        known = [each.name for system in catalogue.revision.systems.values() for each in system.events.values()]
        raise Stop(f"there is no event '{name}'", advice=did_you_mean(name, known))
    if event.contract is None:
        raise Stop(f"'{name}' has no contract to compare with", advice="name the vendor's schema under 'contract'")
    return event


def _drift(catalogue: Catalogue, event: CompiledEvent, documents: Sequence[Any]) -> tuple[Drift, ...]:
    assert event.contract is not None
    return drift_of(shape_of(event.contract.document), documents, Shapes(catalogue.contracts.resolve))


# -- what is compared


def _from_files(event: CompiledEvent, files: Sequence[Path]) -> Samples:
    documents = []
    for file in files:
        try:
            documents.append(event.codec.decode(file.read_bytes()))
        except CodecError as error:
            raise Stop(f"{file}: {error}") from error
    return Samples(documents)


def _from_store(place: Place, event: CompiledEvent, since: float | None, limit: int) -> Samples:
    """What was received. What cannot be read is counted and not told: its text may be anybody's."""
    answer = order(place, "originals", {"event": event.name, "since": since, "last": limit})
    originals = answer["originals"]
    documents = []
    for original in originals:
        try:
            documents.append(event.codec.decode(b64decode(original["body"])))
        except CodecError:
            continue
    times = [original["receivedAt"] for original in originals]
    received = {
        "first": min(times, default=None),
        "last": max(times, default=None),
        "refused": sum(original["refused"] for original in originals),
        "unreadable": len(originals) - len(documents),
        "erased": answer["erased"],
        "leftOut": answer["leftOut"],
    }
    return Samples(documents, received)


# -- what is told


def _print(found: Sequence[Drift], drifts: Sequence[Drift], event: str, samples: Samples) -> None:
    output = Output()
    if samples.received is not None:
        _print_received(output, samples)
    if not samples.documents:
        output.say(f"{event}: nothing to compare")
        return
    if found:
        rows = [(each.kind, each.path, f"{each.seen} of {each.documents}", _said(each)) for each in found]
        output.table([("", ""), ("FIELD", ""), ("SEEN IN", "right"), ("", "fold")], rows)
    if drifts:
        output.say(f"{event}: {counted(len(drifts), 'field')} not as the contract has it")
    else:
        output.say(f"{event}: as the contract has it")


def _print_received(output: Output, samples: Samples) -> None:
    received = samples.received or {}
    if samples.documents:
        when = f"received from {received['first']} to {received['last']}"
        output.say(f"{counted(len(samples.documents), 'payload')}, {when}")
    told = {
        "refused": "refused when it came",
        "unreadable": "not readable, and not compared",
        "erased": "erased since",
        "leftOut": "too much to compare at once",
    }
    if parts := [f"{received[name]:,} {words}" for name, words in told.items() if received[name]]:
        note("; ".join(parts))


def _said(each: Drift) -> str:
    if each.kind == "retyped":
        return f"{each.found}; the contract takes {each.expected}"
    if each.kind == "new":
        return "the contract does not name it"
    return "the contract asks for it" if each.required else "optional"

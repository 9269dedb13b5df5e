"""`crossdock drift`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from engine.catalogue.catalogue import Catalogue
from engine.cli.completion import event_names
from engine.cli.described import described
from engine.cli.options import json_option, workspace_folder_option
from engine.cli.output import Output, busy, print_json
from engine.cli.stops import OK, REFUSED, Stop, counted
from engine.errors import CodecError
from engine.fields.nearest import did_you_mean
from engine.flow.compiled import CompiledEvent
from engine.lint.drift import Drift, drift_of
from engine.lint.shapes import Shapes, shape_of


@click.command(epilog="Exit codes: 0 as the contract has it, 1 something drifts, 2 the workspace has errors.")
@click.argument("event", metavar="EVENT", shell_complete=event_names)
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@workspace_folder_option
@json_option
@click.pass_context
def drift(ctx: click.Context, event: str, files: Sequence[Path], folder: Path, as_json: bool) -> None:
    """Compare what a system really sends with its contract.

    FILEs are payloads as the system sent them. A field is new when the contract does not name it, retyped when it has
    a type that the contract does not take, and missing when no payload has it; optional fields that are missing are
    shown and are no drift.

    \b
    Example:
      crossdock drift shop.order-created examples/shop.order-created.json
      crossdock drift shop.order-created samples/*.json --json
    """
    with busy("loading"):
        catalogue = described(folder)
        found = _drift(catalogue, _event(catalogue, event), files)
    drifts = [each for each in found if each.kind != "missing" or each.required]
    if as_json:
        print_json({"event": event, "documents": len(files), "drift": [asdict(each) for each in found]})
    else:
        _print(found, drifts, event)
    ctx.exit(REFUSED if drifts else OK)


def _event(catalogue: Catalogue, name: str) -> CompiledEvent:
    event = catalogue.revision.event(name)
    if event is None:
        known = [each.name for system in catalogue.revision.systems.values() for each in system.events.values()]
        raise Stop(f"there is no event '{name}'", advice=did_you_mean(name, known))
    if event.contract is None:
        raise Stop(f"'{name}' has no contract to compare with", advice="name the vendor's schema under 'contract'")
    return event


def _drift(catalogue: Catalogue, event: CompiledEvent, files: Sequence[Path]) -> tuple[Drift, ...]:
    documents = []
    for file in files:
        try:
            documents.append(event.codec.decode(file.read_bytes()))
        except CodecError as error:
            raise Stop(f"{file}: {error}") from error
    assert event.contract is not None
    return drift_of(shape_of(event.contract.document), documents, Shapes(catalogue.contracts.resolve))


def _print(found: Sequence[Drift], drifts: Sequence[Drift], event: str) -> None:
    output = Output()
    if found:
        rows = [(each.kind, each.path, f"{each.seen} of {each.documents}", _said(each)) for each in found]
        output.table([("", ""), ("FIELD", ""), ("SEEN IN", "right"), ("", "fold")], rows)
    if drifts:
        output.say(f"{event}: {counted(len(drifts), 'field')} not as the contract has it")
    else:
        output.say(f"{event}: as the contract has it")


def _said(each: Drift) -> str:
    if each.kind == "retyped":
        return f"{each.found}; the contract takes {each.expected}"
    if each.kind == "new":
        return "the contract does not name it"
    return "the contract asks for it" if each.required else "optional"

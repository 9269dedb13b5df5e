"""`crossdock graph`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from engine.catalogue.catalogue import Catalogue
from engine.catalogue.pictures.flow_svg import flow_svg
from engine.catalogue.pictures.graph import Graph, around, flows_graph, systems_graph, teams_graph
from engine.catalogue.pictures.graph_svg import graph_svg
from engine.catalogue.pictures.mermaid import flow_mermaid, graph_mermaid
from engine.catalogue.pictures.outline import outline
from engine.cli.completion import flow_names, node_names
from engine.cli.described import described
from engine.cli.options import json_option, workspace_argument
from engine.cli.output import busy, note, print_json
from engine.cli.stops import Stop, Unusable
from engine.fields.nearest import nearest

_TITLES = {"flow": "Who calls whom", "system": "Which system leads to which", "team": "Which team relies on which"}


@click.command(epilog="Exit codes: 0 drawn, 1 there is no such flow or system, 2 the workspace has errors.")
@workspace_argument
@click.option("--flow", metavar="NAME", shell_complete=flow_names, help="The steps of this flow.")
@click.option("--around", "near", metavar="NAME", shell_complete=node_names, help="What is next to a system or flow.")
@click.option(
    "--by",
    type=click.Choice(["flow", "system", "team"]),
    default="flow",
    show_default=True,
    help="What the boxes are: every flow with its systems and topics, systems only, or teams only.",
)
@click.option("--mermaid", is_flag=True, help="Print Mermaid text instead of SVG.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@json_option
def graph(
    folder: Path, flow: str | None, near: str | None, by: str, mermaid: bool, out: Path | None, as_json: bool
) -> None:
    """Draw who calls whom, or what one flow does.

    The picture is SVG, in light or dark as the reader prefers, or Mermaid text. Dashed arrows are chosen by an
    expression, wait for an event, or take something back.

    \b
    Example:
      crossdock graph --out calls.svg
      crossdock graph --flow order-to-erp --out order-to-erp.svg
      crossdock graph --around erp --mermaid
    """
    if flow is not None and (near is not None or by != "flow"):
        raise click.UsageError("--flow draws one flow's steps; leave out --around and --by")
    with busy("loading"):
        catalogue = described(folder)
    if flow is not None:
        _known(flow, catalogue.revision.flows, "flow")
        model = catalogue.revision.flows[flow].model
        text = flow_mermaid(model) if mermaid else flow_svg(model)
        document: object = {"flow": flow, "parts": [asdict(part) for part in outline(model)]}
    else:
        drawn = _graph(catalogue, by, near)
        text = graph_mermaid(drawn) if mermaid else graph_svg(drawn)
        document = asdict(drawn)
    if as_json:
        print_json(document)
    elif out is None:
        click.echo(text, nl=False)
    else:
        _write(out, text)


def _graph(catalogue: Catalogue, by: str, near: str | None) -> Graph:
    uses, title = catalogue.uses, _TITLES[by]
    if near is not None:
        names = [*catalogue.revision.systems, *catalogue.revision.flows]
        _known(near, names, "system or flow")
        keys = [f"from:{near}", f"to:{near}", f"flow:{near}"]
        whole = flows_graph(uses, title) if by == "flow" else systems_graph(uses, title)
        return around(whole, keys, f"Around {near}")
    if by == "team":
        return teams_graph(uses, catalogue.flow_teams, catalogue.system_teams, title)
    return systems_graph(uses, title) if by == "system" else flows_graph(uses, title)


def _known(name: str, names: Iterable[str], what: str) -> None:
    listed = list(names)
    if name not in listed:
        near = nearest(name, listed)
        raise Stop(f"there is no {what} '{name}'" + (f"; did you mean '{near}'" if near else ""))


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unusable(f"'{out}' cannot be written: {(error.strerror or 'an error').lower()}") from error
    note(f"wrote {out}")

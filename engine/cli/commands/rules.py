"""`crossdock rules`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from engine.catalogue.rules import Rule, flows_after, rules_of
from engine.cli.completion import event_names, flow_names
from engine.cli.described import described
from engine.cli.options import json_option, workspace_argument
from engine.cli.output import Output, busy, print_json
from engine.cli.stops import Stop, counted
from engine.fields.nearest import did_you_mean


@click.command(epilog="Exit codes: 0 listed, 1 there is no such flow or event, 2 the workspace has errors.")
@workspace_argument
@click.option("--flow", metavar="NAME", shell_complete=flow_names, help="Those of this flow only.")
@click.option(
    "--event",
    metavar="SYSTEM.EVENT",
    shell_complete=event_names,
    help="Those that run for this event: of the flows that take it, run for it or hear of it.",
)
@json_option
def rules(folder: Path, flow: str | None, event: str | None, as_json: bool) -> None:
    """List the business rules that flows hold.

    Where messages go, what is let through, what is held and for whom, what is looked up and what becomes of the
    payload, as the flows have it. What a system decides is asked of the system and not listed.

    \b
    Example:
      crossdock rules --event shop.order-created
      crossdock rules --flow order-to-erp --json
    """
    with busy("loading"):
        catalogue = described(folder)
    flows = {name: compiled.model for name, compiled in catalogue.revision.flows.items()}
    chosen = list(flows)
    if event is not None:
        if catalogue.revision.event(event) is None:
            known = [each.name for system in catalogue.revision.systems.values() for each in system.events.values()]
            raise Stop(f"there is no event '{event}'", advice=did_you_mean(event, known))
        chosen = list(flows_after(event, catalogue.uses))
    if flow is not None:
        if flow not in flows:
            raise Stop(f"there is no flow '{flow}'", advice=did_you_mean(flow, flows))
        chosen = [name for name in chosen if name == flow]
    found = [rule for name in chosen for rule in rules_of(flows[name])]
    if as_json:
        print_json([asdict(rule) for rule in found])
    else:
        _print(found, chosen)


def _print(found: Sequence[Rule], chosen: Sequence[str]) -> None:
    output = Output()
    for name in chosen:
        own = [rule for rule in found if rule.flow == name]
        if own:
            output.say(f"{name} ({own[0].owner})", style="bold")
            output.table(
                [("STEP", ""), ("KIND", ""), ("RULE", "fold")],
                [(rule.step, rule.kind, "  " * len(rule.within) + rule.text) for rule in own],
                indent=2,
            )
            output.say()
    output.say(f"{counted(len(found), 'rule')} in {counted(len({rule.flow for rule in found}), 'flow')}")

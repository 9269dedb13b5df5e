"""`crossdock replay`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from engine.cli.office import order
from engine.cli.options import (
    again_options,
    json_option,
    person_options,
    selected,
    selection_options,
    workspace_option,
)
from engine.cli.output import Output, note, print_json, progress_bar
from engine.cli.places import Place
from engine.cli.plain import lasted
from engine.cli.stops import Stop, Unusable, counted
from engine.message import State


@click.command()
@selection_options
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value for state in State]),
    multiple=True,
    help="Only messages in this state. Repeatable.",
)
@again_options
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_default=True,
    help="Messages a second, so that the systems behind are not flooded.",
)
@click.option("--dry-run", is_flag=True, help="Count the range, and stop there.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@person_options()
@workspace_option
@json_option
def replay(
    dry_run: bool,
    yes: bool,
    rate: float,
    again: tuple[str, ...],
    force: bool,
    who: str,
    reason: str | None,
    place: Place,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Run a range of messages again, after counting it.

    The range is named by flow or system, business key and time. Completed steps stay done, unless --again names them;
    messages older than what had an effect since are discarded, unless --force is given.

    \b
    Example:
      crossdock replay --flow orders --since 2026-03-01 --until 2026-03-02 --dry-run
      crossdock replay --key 1001 --reason 'the mapping is mended'
    """
    given = selected(**chosen)
    if not given:
        raise click.UsageError("name the range: --flow or --system, --key, --since, --until or --state")
    given |= {"who": who, "reason": reason, "perSecond": rate, "again": list(again), "force": force}
    counted_first = order(place, "replay", {**given, "dryRun": True})
    if dry_run or not counted_first["counted"]:
        _print(counted_first, as_json=as_json)
        return
    if not yes:
        _confirm(counted_first, rate)
    with progress_bar("replaying") as progress:
        done = order(place, "replay", {**given, "dryRun": False}, progress)
    _print(done, as_json=as_json)


def _confirm(found: Mapping[str, Any], rate: float) -> None:
    """Ask on the terminal. Raises Stop where nobody can answer, or the answer is no."""
    if not sys.stdin.isatty():
        raise Unusable(
            f"the range has {_range(found)}, and nobody is here to confirm",
            advice="add --yes to go on without asking",
        )
    note(f"{_range(found)}, over about {lasted(found['counted'] / rate)}")
    if not click.confirm("run them again?", err=True):
        raise Stop("nothing was changed")


def _print(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    elif found["dryRun"]:
        Output().say(_range(found) if found["counted"] else "the range holds no message")
    else:
        kept = counted(found["leftAlone"], "message")
        left = f"; {kept} left alone: events of topics, or still on their way" if found["leftAlone"] else ""
        Output().say(f"{counted(found['ordered'], 'message')} set to run again{left}")


def _range(found: Mapping[str, Any]) -> str:
    states = ", ".join(f"{count:,} {state}" for state, count in found["byState"].items())
    return f"{counted(found['counted'], 'message')} ({states})"

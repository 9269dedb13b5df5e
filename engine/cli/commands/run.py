"""`crossdock run`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from engine.app.options import RunOptions
from engine.app.process import run_blocking
from engine.cli.announcement import announce
from engine.cli.options import workspace_argument
from engine.cli.output import print_json_line
from engine.config.redactor import without_password


@click.command(epilog="SIGTERM, SIGINT and 'crossdock drain' end it, after what is in progress; SIGHUP reloads.")
@workspace_argument
@click.option("--sandbox", is_flag=True, help="Put stand-ins in the place of all systems that declare one.")
@click.option("--watch", is_flag=True, help="Load the workspace again whenever a file of it changes.")
@click.option("--port", type=click.IntRange(0, 65535), help="Answer HTTP on this port; 0 takes a free one.")
@click.option("--store", metavar="URL", help="Use another store: sqlite:PATH or postgresql://…")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="The least that the log, on stderr, holds.",
)
@click.option("--json-logs", is_flag=True, help="Write the log, on stderr, as JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="Print what happens to the process as JSON lines, for scripts.")
@click.pass_context
def run(ctx: click.Context, /, folder: Path, as_json: bool, **options: Any) -> None:
    """Run a workspace until it is told to stop.

    A workspace with errors is not started. What was in progress when the process ended last goes on first. The
    commands that it proposes at the start can be the workspace's own: a line each in examples/try.txt.

    \b
    Example:
      crossdock run --sandbox
      crossdock run /srv/hub --store postgresql://crossdock@db/crossdock --json-logs
    """
    shown = without_password(options["store"]) if options["store"] else None

    def report(event: str, facts: Mapping[str, Any]) -> None:
        # A terminal that was closed takes no line, and a pipe that nobody reads asks to exit: the work goes on.
        with suppress(OSError, SystemExit):
            if as_json:
                print_json_line({"event": event, **facts})
            else:
                announce(folder, event, facts, shown)

    ctx.exit(run_blocking(folder, RunOptions(**options), report))

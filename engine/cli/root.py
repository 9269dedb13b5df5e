"""`crossdock` itself: the list of commands, loaded one at a time, and how its errors reach the user."""

from __future__ import annotations

import importlib
import signal
from typing import Any

import click

from engine.cli.stops import explained
from engine.cli.table import COMMANDS, SECTIONS
from engine.fields.nearest import nearest

RUN = "run"


class CommandTable(click.Group):
    """The commands of `engine.cli.table`; each is imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"engine.cli.commands.{entry.module}")
        command = getattr(module, entry.attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        near = nearest(args[0], COMMANDS) if args and args[0] not in COMMANDS else None
        if near is not None and not args[0].startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command '{args[0]}'; did you mean '{near}'?")
        if args[:1] == [RUN] and not ctx.resilient_parsing:
            _outlast_hangups(ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, COMMANDS))
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), entry.summary) for name, entry in section.items()])

    def invoke(self, ctx: click.Context) -> Any:
        with explained():
            return super().invoke(ctx)


def _outlast_hangups(ctx: click.Context) -> None:
    """A SIGHUP while the engine is being loaded asks for what comes next anyway; it must not end the process."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ctx.call_on_close(lambda: signal.signal(signal.SIGHUP, before))


@click.command(
    cls=CommandTable,
    epilog="Every command has --help with an example, and --json for scripts. "
    "Exit codes: 0 good, 1 refused or something found, 2 wrong usage or unusable workspace, 3 no running process.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="crossdock", message="crossdock %(version)s")
def main() -> None:
    """Crossdock: an integration engine for distributors.

    Flows, systems and mappings are YAML and JSONata in a workspace; one process runs them durably.

    \b
    Example:
      crossdock init demo
      crossdock run demo --sandbox
    """

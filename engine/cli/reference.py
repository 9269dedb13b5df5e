"""The reference page of the command line, made from the commands' own help: `python -m engine.cli.reference`.

A test keeps `docs/reference/cli.md` equal to what this prints.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from engine.cli.root import CommandTable, main
from engine.cli.table import SECTIONS

WIDTH = 100
_INTRODUCTION = """\
# The command line

Made from the commands' own help by `python -m engine.cli.reference`; change it there.

Every command has `--help` with an example, and `--json` for scripts: then stdout holds one JSON document and nothing
else. Errors go to stderr, in one or two sentences. Colour is used on a terminal only, and not where `NO_COLOR` is set.

| exit code | what |
|---|---|
| 0 | done, or nothing wrong |
| 1 | the command was refused, or found something wrong |
| 2 | wrong usage, or a workspace that cannot be used |
| 3 | the command needs a running process, and there is none |

Commands that change something write who and why into the audit log: `--as NAME` (by default you) and `--reason TEXT`.
With a running process, commands go through its control socket beside the store; without one they take the store's lock.
Times in options are `2026-03-01`, `2026-03-01T14:00`, or how long ago: `2 h`, `30 min`, `3 days`.
"""


def reference() -> str:
    """The page, as Markdown."""
    parts = [_INTRODUCTION]
    assert isinstance(main, CommandTable)
    for title, section in SECTIONS.items():
        parts.append(f"## {title}\n")
        for name in section:
            root = click.Context(main, info_name="crossdock", **main.context_settings)
            command = main.get_command(root, name)
            if command is not None:
                parts.extend(_pages(command, root, name))
    return "\n".join(parts)


def _pages(command: click.Command, parent: click.Context, name: str) -> Iterator[str]:
    """A command's help, and that of the commands below it."""
    context = click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH)
    path = context.command_path
    yield f"### {path}\n\n```text\n{command.get_help(context).strip()}\n```\n"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            below = command.get_command(context, inner)
            if below is not None:
                yield from _pages(below, context, inner)


if __name__ == "__main__":
    sys.stdout.write(reference())

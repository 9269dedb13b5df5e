"""What a command prints: tables and sentences for a person, or one JSON document for a script, never both."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from engine.cli.plain import harmless

STYLES = {
    "dead": "red",
    "parked": "yellow",
    "waiting": "yellow",
    "running": "cyan",
    "ready": "cyan",
    "completed": "green",
    "open": "red",
    "half-open": "yellow",
    "closed": "green",
}
_WIDE = 10_000
Column = tuple[str, str]
"""A heading and how it is set: `left`, `right` or `fold` (the long one, which takes the room that is left)."""


class Output:
    """Writes to stdout; rich leaves colour out where stdout is no terminal or NO_COLOR is set."""

    def __init__(self) -> None:
        terminal = sys.stdout.isatty()
        width = None if terminal else _WIDE
        self.console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width)

    def say(self, text: str = "", style: str = "") -> None:
        """One line."""
        self.console.print(Text(harmless(text), style=style), soft_wrap=True)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]], *, indent: int = 0) -> None:
        """Rows in columns; a cell that is a state gets its colour."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        if indent:
            table.add_column("", width=indent - 2, no_wrap=True)
        for heading, how in columns:
            table.add_column(
                heading,
                justify="right" if how == "right" else "left",
                no_wrap=how != "fold",
                overflow="fold" if how == "fold" else "ellipsis",
            )
        for row in rows:
            cells = [Text(harmless(cell), style=STYLES.get(cell, "")) for cell in row]
            table.add_row(*([Text("")] if indent else []), *cells)
        self._without_trailing_blanks(table)

    def _without_trailing_blanks(self, table: Table) -> None:
        if self.console.is_terminal:
            self.console.print(table)
            return
        with self.console.capture() as captured:
            self.console.print(table)
        click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def print_json(document: Any) -> None:
    """The one document of `--json`; times stay RFC 3339 in UTC."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: object) -> float | str:
    return float(value) if isinstance(value, Decimal) else str(value)


def note(text: str) -> None:
    """A remark on stderr, which never disturbs a script."""
    click.echo(harmless(text), err=True)


@contextmanager
def busy(label: str) -> Iterator[None]:
    """A spinner on stderr while something runs whose length nobody knows; nothing where stderr is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(label):
        yield


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr while something long runs; nothing where stderr is no terminal."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(label, total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)


def print_json_line(document: Any) -> None:
    """One line of a stream of JSON documents."""
    click.echo(json.dumps(document, ensure_ascii=False, default=_plain))

"""`crossdock map`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import click

from engine.cli.options import json_option
from engine.cli.output import Output, busy, note
from engine.cli.stops import OK, REFUSED, Stop, explained
from engine.cli.trial_view import exact_text, trial_json, verdicts
from engine.cli.trials import STDIN, Task, trial_options
from engine.cli.watching import saves
from engine.flow.trial import Sample, Trial, Try
from engine.jsonata import MISSING


@click.command(
    name="map",
    epilog="Exit codes: 0 the output is valid, 1 it is not, or there is none, 2 no such mapping, or the workspace has "
    "errors.",
)
@trial_options
@click.option("--watch", is_flag=True, help="Map again on every save of the workspace or the input; ends with Ctrl-C.")
@json_option
@click.pass_context
def map_command(ctx: click.Context, /, task: Task, watch: bool, as_json: bool) -> None:
    """Try a mapping on an input and check what it makes.

    MAPPING is an event (shop.order-created), an operation's request (erp.create-order), a reply
    (erp.create-order:reply), or a .jsonata file of the workspace. INPUT is what the mapping gets: the bytes that the
    system sends, or for a request the canonical document. Nothing is stored or sent. The output goes to stdout, what
    is wrong with it to stderr; --watch shows both, and after a save what has changed.

    \b
    Example:
      crossdock map shop.order-created examples/shop.order-created.json
      crossdock map erp.create-order:reply reply.json --set status=201 --set request=@order.json
      crossdock map flows/systems/shop/order-to-canonical.jsonata order.json --watch
    """
    if watch:
        _watch(task, as_json)
        ctx.exit(OK)
    with busy("loading"):
        trying = task.load()
    result = _result(trying, task.body())
    if as_json:
        click.echo(exact_text(result.as_json(), indent=2))
    else:
        for text in result.outputs:
            click.echo(text)
        for verdict in result.verdicts:
            note(verdict)
    ctx.exit(OK if result.holds else REFUSED)


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of one run."""

    trying: Try
    sample: Sample
    trials: tuple[Trial, ...]

    @property
    def holds(self) -> bool:
        return self.sample.holds and all(trial.holds for trial in self.trials)

    @property
    def outputs(self) -> list[str]:
        """The documents that were made, as indented JSON."""
        return [exact_text(trial.output, indent=2) for trial in self.trials if trial.output is not MISSING]

    @property
    def verdicts(self) -> list[str]:
        return list(verdicts(self.trying.subject, self.sample, self.trials))

    def as_json(self) -> dict[str, Any]:
        return trial_json(self.trying.subject, self.sample, self.trials)


def _result(trying: Try, body: bytes) -> _Result:
    sample = trying.read(body)
    return _Result(trying, sample, tuple(trying.run(document) for document in sample.documents))


def _watch(task: Task, as_json: bool) -> None:
    body = task.body() if task.source == STDIN else None
    screen = _JsonLines() if as_json else _Screen()
    with suppress(KeyboardInterrupt):
        for _ in saves(task.folder, task.source if body is None else None):
            screen.show(task, body)


class _JsonLines:
    """One line of JSON for each run."""

    def show(self, task: Task, body: bytes | None) -> None:
        try:
            with explained():
                told = _result(task.load(), body if body is not None else task.body()).as_json()
        except Stop as stop:
            told = {"mapping": task.mapping, "valid": False, "error": stop.message}
        click.echo(exact_text(told))


class _Screen:
    """The whole output at first, then what has changed in it; a run that fails keeps the last output to compare."""

    def __init__(self) -> None:
        self._output = Output()
        self._before: list[str] | None = None

    def show(self, task: Task, body: bytes | None) -> None:
        """Map, and show what came of it."""
        try:
            with explained():
                result = _result(task.load(), body if body is not None else task.body())
        except Stop as stop:
            self._output.say(stop.message, style="red")
            self._rule()
            return
        lines = "\n".join(result.outputs).splitlines()
        if lines or self._before is None:
            self._lines(lines)
        for verdict in result.verdicts:
            self._output.say(verdict, style="green" if result.holds else "red")
        self._rule()

    def _lines(self, lines: list[str]) -> None:
        if self._before is None:
            for line in lines:
                self._output.say(line)
        elif lines == self._before:
            self._output.say("nothing has changed in the output")
        else:
            for line in _changed(self._before, lines):
                self._output.say(line, style={"+": "green", "-": "red", "@": "cyan"}.get(line[0], ""))
        self._before = lines or self._before

    def _rule(self) -> None:
        self._output.say("waiting for a save (Ctrl-C ends)", style="dim")


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """The lines that differ, with two around them."""
    lines = difflib.unified_diff(before, after, n=2, lineterm="")
    return (line for number, line in enumerate(lines) if number > 1 and line)

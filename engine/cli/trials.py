"""What `crossdock map` and `crossdock explain` share: their arguments, and from those the mapping ready to be tried."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from engine import exact_json
from engine.app.checks import check, registry_for
from engine.cli.completion import mapping_names
from engine.cli.options import Moment, header_option, header_pairs, workspace_folder_option
from engine.cli.stops import Unusable
from engine.clock import iso
from engine.errors import ConfigurationError
from engine.fields.nearest import nearest
from engine.flow.compiled import Revision
from engine.flow.subjects import Subject, UnknownMapping, find_subject, subject_of_text, subjects_of_file
from engine.flow.trial import Try
from engine.jsonata import LIBRARY, EvaluationContext, ExpressionSyntaxError, Origin, compile_expression

SUFFIX = ".jsonata"
STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class Task:
    """Which mapping is to be tried on which input, with what in scope, at what time (epoch seconds)."""

    folder: Path
    mapping: str
    source: Path
    headers: Mapping[str, str]
    given: Mapping[str, str]
    at: float

    def body(self) -> bytes:
        """The input. Raises Unusable when it cannot be read."""
        if self.source == STDIN:
            return sys.stdin.buffer.read()
        return _bytes_of(self.source)

    def load(self) -> Try:
        """The mapping as the workspace has it now. Raises ConfigurationError and Unusable."""
        revision, findings = check(self.folder, complete=False, sandbox=True, lenient=True)
        if revision is None:
            raise ConfigurationError(findings.errors)
        try:
            subject = self._subject(revision)
        except UnknownMapping as error:
            raise Unusable(str(error), advice="'crossdock lint' knows the workspace; its systems name both") from error
        except ExpressionSyntaxError as error:
            raise Unusable(str(error)) from error
        context = EvaluationContext(now=self.at, limits=revision.limits, lookup=revision.table_lookup)
        return Try(subject, self._variables(subject), context)

    def _subject(self, revision: Revision) -> Subject:
        json = registry_for(self.folder).codecs["json"]
        plain = json.open(json.settings())
        if not self.mapping.endswith(SUFFIX):
            return find_subject(revision, self.mapping, plain)
        file = self._file()
        known = next(subjects_of_file(revision, file, plain), None)
        if known is not None:
            return known
        text = _bytes_of(self.folder / file).decode("utf-8-sig", "replace")
        return subject_of_text(compile_expression(text, functions=LIBRARY, origin=Origin(file)), plain)

    def _file(self) -> str:
        """The path of a mapping file below the workspace, named from here or from there."""
        root = self.folder.resolve()
        for path in (Path(self.mapping).resolve(), (root / self.mapping).resolve()):
            if path.is_file() and path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        names = [path.relative_to(root).as_posix() for path in (root / "flows").rglob(f"*{SUFFIX}")]
        near = nearest(self.mapping, names)
        raise Unusable(f"the workspace has no file '{self.mapping}'" + (f"; did you mean '{near}'" if near else ""))

    def _variables(self, subject: Subject) -> dict[str, Any]:
        """What the mapping sees besides its input, as far as there is any without a message."""
        facts = {"id": "", "source": subject.name, "receivedAt": iso(self.at), "correlationId": "", "attempt": 1}
        variables: dict[str, Any] = {
            "headers": {name.lower(): text for name, text in self.headers.items()},
            "message": facts,
        }
        if subject.kind == "event":
            variables["attributes"] = {}
        else:
            variables |= {"saved": {}, "transaction": {"correlationId": "", "keys": {}}}
        if subject.kind == "reply":
            variables["status"] = 200
        return variables | {name: _value(text) for name, text in self.given.items()}


def trial_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """MAPPING, INPUT and what is in scope, handed over as `task`."""

    @click.argument("mapping", metavar="MAPPING", shell_complete=mapping_names)
    @click.argument(
        "source", metavar="INPUT|-", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
    )
    @click.option(
        "--set",
        "given",
        metavar="NAME=VALUE",
        multiple=True,
        help="A variable of the mapping: JSON, text, or @FILE (JSON). 'status=404', 'request=@order.json'. Repeatable.",
    )
    @header_option
    @click.option("--at", type=Moment(), help="What $now() gives; by default the time at which the command begins.")
    @workspace_folder_option
    @functools.wraps(command)
    def with_task(
        *args: Any,
        mapping: str,
        source: Path,
        given: tuple[str, ...],
        headers: tuple[str, ...],
        at: float | None,
        folder: Path,
        **options: Any,
    ) -> Any:
        moment_of = at if at is not None else time.time()
        task = Task(folder, mapping, source, header_pairs(headers), _pairs(given), moment_of)
        return command(*args, task=task, **options)

    return with_task


def _pairs(given: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"expected 'NAME=VALUE', got '{text}'", param_hint="--set")
        pairs[name.strip().removeprefix("$")] = value
    return pairs


def _value(text: str) -> Any:
    if text.startswith("@"):
        path = Path(text[1:])
        try:
            return exact_json.decode(_bytes_of(path))
        except ValueError as error:
            raise Unusable(f"'{path}' is no JSON: {error}") from error
    try:
        return exact_json.decode(text.encode())
    except ValueError:
        return text


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"'{path}' cannot be read: {(error.strerror or 'an error').lower()}") from error

"""`crossdock explain`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import click

from engine.cli.options import json_option
from engine.cli.output import Output, busy
from engine.cli.plain import one_line
from engine.cli.stops import OK, REFUSED, Stop
from engine.cli.trial_view import exact_text, failure_json, verdicts
from engine.cli.trials import Task, trial_options
from engine.fields.nearest import nearest
from engine.flow.trial import Field, Sample, Try
from engine.jsonata import MISSING

_WHOLE = "the output"


@click.command(epilog="Exit codes: 0 explained, 1 there is no such field or no output, 2 no such mapping.")
@trial_options
@click.option(
    "--field", metavar="FIELD", help="Only this field and those in it, such as 'lines[0].unitPrice' or 'lines[*].sku'."
)
@json_option
@click.pass_context
def explain(ctx: click.Context, /, task: Task, field: str | None, as_json: bool) -> None:
    """Show how each field of a mapping's output came about.

    For each field its value, the expression that made it with its place, and the source values which that read.
    'nothing' is a source that is not there, null one that is null. MAPPING and INPUT are those of 'crossdock map'.

    \b
    Example:
      crossdock explain shop.order-created examples/shop.order-created.json
      crossdock explain shop.order-created examples/shop.order-created.json --field lines[0].lineAmount
    """
    with busy("loading"):
        trying = task.load()
    sample = trying.read(task.body())
    documents = [_told(trying, document, field) for document in sample.documents]
    if as_json:
        click.echo(exact_text(_as_json(trying, sample, documents), indent=2))
    else:
        _print(trying, sample, documents)
    ctx.exit(OK if documents and not sample.failure and all(not failed for _, failed in documents) else REFUSED)


_Told = tuple[list[Field], Any]
"""The fields of one document, or why there are none."""


def _told(trying: Try, document: Any, wanted: str | None) -> _Told:
    trial = trying.run(document)
    if trial.failure is not None or not trial.taken:
        return [], trial
    fields = list(trying.fields(document))
    if wanted is None:
        return fields, None
    found = [field for field in fields if _meets(field.target, wanted)]
    if not found:
        raise Stop(_absent(trying, fields, wanted))
    return found, None


def _meets(target: str, wanted: str) -> bool:
    """Whether a field is the wanted one, lies in it, or holds it."""
    have, want = _parts(target), _parts(wanted)
    return all(one in (other, "[*]") for one, other in zip(want, have, strict=False))


def _parts(target: str) -> list[str]:
    return re.findall(r"\[[^\]]*\]|[^.\[\]]+", target)


def _absent(trying: Try, fields: list[Field], wanted: str) -> str:
    """Why the output has no such field: the sources it would be made of, or the nearest name."""
    sources = trying.sources_of(re.sub(r"\[[^\]]*\]", "", wanted))
    if sources:
        return f"the output has no '{wanted}' for this input; the mapping makes it of {', '.join(sources)}"
    near = nearest(wanted, [field.target for field in fields])
    return f"the mapping makes no '{wanted}'" + (f"; did you mean '{near}'" if near else "")


def _as_json(trying: Try, sample: Sample, documents: list[_Told]) -> dict[str, Any]:
    return {
        "mapping": trying.subject.name,
        "kind": trying.subject.kind,
        "file": trying.subject.file,
        "error": sample.unreadable or failure_json(sample.failure),
        "documents": [
            {
                "fields": [_field_json(field) for field in fields],
                "taken": failed is None or failed.taken,
                "error": failure_json(failed.failure) if failed is not None else None,
            }
            for fields, failed in documents
        ],
    }


def _field_json(field: Field) -> dict[str, Any]:
    return {
        "field": field.target,
        "value": field.value,
        "expression": field.expression,
        "file": field.place.file,
        "line": field.place.line,
        "column": field.place.column,
        "sources": [
            {"path": path, "present": False} if value is MISSING else {"path": path, "present": True, "value": value}
            for path, value in field.sources
        ],
    }


def _print(trying: Try, sample: Sample, documents: list[_Told]) -> None:
    output = Output()
    failed = [trial for _, trial in documents if trial is not None]
    for verdict in verdicts(trying.subject, sample, failed) if failed or not sample.holds else ():
        output.say(verdict, style="red")
    for number, (fields, _) in enumerate(documents, 1):
        if len(documents) > 1:
            output.say(f"document {number} of {len(documents)}", style="bold")
        longest = output.console.width if output.console.is_terminal else None
        for field in fields:
            for text, style in _lines(field, longest):
                output.say(text, style=style)


def _lines(field: Field, longest: int | None) -> Iterator[tuple[str, str]]:
    """A field, its expression, and its sources, a line each; cut to the terminal's width when there is one."""
    yield _cut(f"{field.target or _WHOLE}: {exact_text(field.value)}", longest), "bold"
    place = f"  {field.place.file}:{field.place.line}:{field.place.column}  "
    yield place + _cut(" ".join(field.expression.split()), longest - len(place) if longest else None), "cyan"
    for path, value in field.sources:
        yield _cut(f"    {path} = {exact_text(value)}", longest), ""


def _cut(text: str, longest: int | None) -> str:
    if longest is None or len(text) <= longest:
        return text
    indent = text[: len(text) - len(text.lstrip())]
    return indent + one_line(text, max(20, longest - len(indent)))

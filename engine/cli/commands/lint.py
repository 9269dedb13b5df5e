"""`crossdock lint`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from engine.cli.options import Folder, json_option
from engine.cli.output import Output, print_json
from engine.cli.plain import harmless
from engine.cli.reports.document import json_document
from engine.cli.reports.github import github_lines
from engine.cli.reports.junit import junit_document
from engine.cli.reports.report import LISTED, Report, chosen
from engine.cli.reports.run import LintOptions, lint_workspace
from engine.cli.reports.sarif import sarif_document
from engine.cli.reports.sources import Sources
from engine.cli.reports.text import print_text, summary, text_lines
from engine.cli.stops import OK, REFUSED, UNUSABLE, Unusable
from engine.config.codes import CODES
from engine.config.files import WORKSPACE_FILE
from engine.flow.compile import no_garbage
from engine.lint.explain import explained

_UNREADABLE = frozenset({"XD101", "XD115", "XD116", "XD122"})
FORMATS = ("text", "json", "sarif", "github", "junit")


@click.command(
    epilog="Exit codes: 0 nothing that keeps it from running (with --strict: nothing at all), 1 findings, "
    "2 wrong usage, or no workspace that could be read."
)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=".", required=False)
@click.option(
    "--offline",
    "--no-secrets",
    "offline",
    is_flag=True,
    help="Do not ask for environment variables and secrets, as in CI where they are absent.",
)
@click.option("--sandbox", is_flag=True, help="Check as 'run --sandbox' would start it.")
@click.option(
    "--against",
    metavar="REF",
    help="Compare contracts with those of a commit, tag or branch of git, which others use already.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to tell it; by default text.")
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path), help="Write it there, and a summary here.")
@click.option("--select", metavar="CODES", multiple=True, help="Only these: XD305, or XD3 for a group. Repeatable.")
@click.option("--ignore", metavar="CODES", multiple=True, help="All but these: XD305, or XD3 for a group. Repeatable.")
@click.option("--strict", is_flag=True, help="Warnings are findings too: the exit code is 1.")
@click.option(
    "--no-cache", "fresh", is_flag=True, help="Check again, also when nothing has changed since the last run."
)
@click.option("--explain", metavar="CODE", help="Tell what a code means, with a wrong and a right example.")
@json_option
@click.pass_context
def lint(ctx: click.Context, /, folder: Path, as_json: bool, explain: str | None, **options: Any) -> None:
    """Check a workspace and show everything that is wrong with it.

    The checker is the loader of `run`: what is clean here starts.

    \b
    Example:
      crossdock lint
      crossdock lint ../other --offline --format sarif --output lint.sarif
      crossdock lint --select XD3 --strict
      crossdock lint --against origin/main
      crossdock lint --explain XD305
    """
    form = "json" if as_json else options["form"]
    if explain is not None:
        _explain(explain.strip().upper(), as_json=form == "json")
        return
    with no_garbage():
        ctx.exit(_lint(Folder().convert(folder, None, ctx), form, options))


def _lint(folder: Path, form: str, options: dict[str, Any]) -> int:
    how = LintOptions(options["offline"], options["sandbox"], options["against"], kept=not options["fresh"])
    chosen(_EMPTY, options["select"], options["ignore"])  # a code that does not exist is told before the work
    whole = lint_workspace(folder, how)
    report = chosen(whole, options["select"], options["ignore"])
    code = _code(report, strict=options["strict"])
    sources = Sources(folder, report.hidden)
    output, told = options["output"], Output()
    if form == "text" and output is None:
        print_text(told, report, sources)
    elif output is None:
        click.echo(_written(form, folder, report, sources, code, options).decode(), nl=False)
    else:
        _write(output, _written(form, folder, report, sources, code, options))
        for sentence, style in summary(report):
            told.say(sentence, style=style)
    return code


def _written(form: str, folder: Path, report: Report, sources: Sources, code: int, options: dict[str, Any]) -> bytes:
    """The report as bytes."""
    prefix = _prefix(folder)
    if form == "junit":
        return junit_document(report, sources, strict=options["strict"])
    if form == "text":
        return "".join(f"{line}\n" for line in text_lines(report, sources)).encode()
    if form == "github":
        lines = [*github_lines(report, sources, prefix), *(sentence for sentence, _ in summary(report))]
        return "".join(f"{line}\n" for line in lines).encode()
    document = (
        json_document(report, sources) if form == "json" else sarif_document(report, sources, prefix, exit_code=code)
    )
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _prefix(folder: Path) -> str:
    """From where lint was started to the workspace, with a `/` at the end; nothing for a folder elsewhere."""
    whole, here = folder.resolve(), Path.cwd()
    if whole == here or not whole.is_relative_to(here):
        return ""
    return whole.relative_to(here).as_posix() + "/"


def _code(report: Report, *, strict: bool) -> int:
    """Unusable is a workspace whose own file could not be read."""
    own = {one.code for one in (*report.findings, *report.left_out) if one.file == WORKSPACE_FILE and one.is_error}
    if own & _UNREADABLE:
        return UNUSABLE
    if report.errors or report.omitted_errors or (strict and (report.warnings or report.omitted)):
        return REFUSED
    return OK


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Unusable(f"the report '{path}' cannot be written: {(error.strerror or 'an error').lower()}") from error


def _explain(code: str, *, as_json: bool) -> None:
    if code not in CODES:
        raise Unusable(f"there is no code '{code}'", advice=LISTED)
    told = explained(code)
    if not as_json:
        click.echo(harmless(told.as_text()))
        return
    known = told.code
    print_json(
        {
            "code": known.code,
            "title": known.title,
            "severity": str(known.severity),
            "explanation": known.explanation,
            "mayBeIgnored": known.may_be_ignored,
            "markdown": told.as_markdown(len(told.examples)),
        }
    )


_EMPTY = Report(None, (), (), 0, 0, {})

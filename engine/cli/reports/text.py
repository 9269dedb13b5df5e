"""Findings for people: each on a line of its own, below it the source with a caret under what it is about."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from engine.cli.output import Output
from engine.cli.reports.report import Report
from engine.cli.reports.sources import Sources
from engine.cli.stops import MISSING, counted
from engine.config.findings import Finding
from engine.lint.excerpts import WIDEST, excerpt, excerpt_lines

_GUTTER = 7
_NARROWEST = 60


def print_text(output: Output, report: Report, sources: Sources) -> None:
    """Print all of it."""
    for finding in report.findings:
        output.say(str(finding), style="red" if finding.is_error else "yellow")
        line = sources.line(finding)
        if line is not None:
            _print_excerpt(output, line, finding)
    for sentence, style in summary(report):
        output.say(sentence, style=style)


def text_lines(report: Report, sources: Sources) -> Iterator[str]:
    """The same as plain lines, for a file."""
    for finding in report.findings:
        yield str(finding)
        line = sources.line(finding)
        if line is not None:
            yield from excerpt_lines(line, finding)
    yield from (sentence for sentence, _ in summary(report))


def _print_excerpt(output: Output, line: str, finding: Finding) -> None:
    width = output.console.width - len(str(finding.line)) - _GUTTER if output.console.is_terminal else WIDEST
    number, source, carets = excerpt(line, finding, max(width, _NARROWEST))
    style = "bold red" if finding.is_error else "bold yellow"
    gutter = " " * len(number)
    output.console.print(Text.assemble((f"  {number} | ", "dim"), source), soft_wrap=True)
    output.console.print(Text.assemble((f"  {gutter} | ", "dim"), (carets, style)), soft_wrap=True)


def summary(report: Report) -> Iterator[tuple[str, str]]:
    """What it comes to, sentence by sentence, with the style of each."""
    if report.omitted:
        yield f"and {counted(report.omitted, 'further finding')}", ""
    left_out = _numbers(report.left_out)
    if left_out:
        yield f"left out by --select and --ignore: {left_out}", ""
    if report.ignored:
        yield f"ignored by comments in the files: {len(report.ignored)}", ""
    shown = f"{counted(report.errors, 'error')}, {counted(report.warnings, 'warning')}"
    if report.errors or report.omitted_errors:
        yield shown, ""
        if report.errors and all(one.code in MISSING for one in report.findings if one.is_error):
            told = (
                "only values of the environment are missing: --offline checks without them, --sandbox as stand-ins do"
            )
            yield told, ""
    elif report.revision is None:
        yield f"{shown}; but it cannot run, for errors were left out", ""
    elif report.warnings:
        yield f"it can run ({report.revision}): no errors, {counted(report.warnings, 'warning')}", ""
    else:
        yield f"nothing is wrong ({report.revision})", "green"


def _numbers(findings: tuple[Finding, ...]) -> str:
    errors = sum(finding.is_error for finding in findings)
    warnings = len(findings) - errors
    parts = ([counted(errors, "error")] if errors else []) + ([counted(warnings, "warning")] if warnings else [])
    return ", ".join(parts)

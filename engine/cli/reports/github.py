"""Findings as annotations of GitHub Actions: they are shown beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from engine.cli.plain import harmless
from engine.cli.reports.report import Report
from engine.cli.reports.sources import Sources
from engine.config.codes import CODES
from engine.lint.excerpts import end_column


def github_lines(report: Report, sources: Sources, prefix: str = "") -> Iterator[str]:
    """The workflow commands, one a line; `prefix` leads from the repository to the workspace."""
    for finding in report.findings:
        line = sources.line(finding)
        end = end_column(line, finding) if line is not None else finding.column + 1
        properties = {
            "file": prefix + finding.file,
            "line": finding.line,
            "endLine": finding.line,
            "col": finding.column,
            "endColumn": end,
            "title": f"{finding.code} {CODES[finding.code].title}",
        }
        told = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
        hint = f"; {finding.hint}" if finding.hint else ""
        yield f"::{finding.severity} {told}::{_data(harmless(finding.message + hint))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(harmless(text)).replace(":", "%3A").replace(",", "%2C")

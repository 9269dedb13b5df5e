"""Findings as a JUnit report: a suite a file, a failed case a finding."""

from __future__ import annotations

from collections.abc import Iterator

from engine.cli.reports.report import Report
from engine.cli.reports.sources import Sources
from engine.config.codes import CODES
from engine.lint.excerpts import excerpt_lines
from engine.testing.junit import JUnitCase, junit_xml


def junit_document(report: Report, sources: Sources, *, strict: bool = False) -> bytes:
    """The report in XML. Warnings are cases that passed and say so, unless `strict` makes failures of them."""
    cases = list(_cases(report, sources, strict))
    return junit_xml(cases or [JUnitCase("crossdock lint", "nothing is wrong")])


def _cases(report: Report, sources: Sources, strict: bool) -> Iterator[JUnitCase]:
    for finding in report.findings:
        name = f"{finding.code} {CODES[finding.code].title} ({finding.line}:{finding.column})"
        line = sources.line(finding)
        told = (str(finding), *(excerpt_lines(line, finding) if line is not None else ()))
        failed = finding.is_error or strict
        yield JUnitCase(finding.file, name, problem=told if failed else (), output=() if failed else told)

"""Findings as one JSON document, for scripts."""

from __future__ import annotations

from typing import Any

from engine.cli.reports.report import Report
from engine.cli.reports.sources import Sources
from engine.lint.excerpts import end_column


def json_document(report: Report, sources: Sources) -> dict[str, Any]:
    """The document: `findings` in file order, `ignored` with their reasons, and numbers."""
    findings = []
    for finding in report.findings:
        line = sources.line(finding)
        end = end_column(line, finding) if line is not None else finding.column
        findings.append({**finding.as_json(), "endColumn": end})
    return {
        "revision": report.revision,
        "errors": report.errors,
        "warnings": report.warnings,
        "omitted": report.omitted,
        "leftOut": len(report.left_out),
        "findings": findings,
        "ignored": [{**one.finding.as_json(), "reason": one.reason} for one in report.ignored],
    }

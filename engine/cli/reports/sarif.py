"""Findings as SARIF 2.1.0, the exchange format that code hosts show as alerts."""

from __future__ import annotations

import hashlib
from collections import Counter
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from engine.cli.reports.report import Report
from engine.cli.reports.sources import Sources
from engine.config.codes import CODES, Code
from engine.config.findings import Finding
from engine.lint.excerpts import end_column
from engine.lint.explain import explained

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "SRCROOT"


def sarif_document(report: Report, sources: Sources, prefix: str = "", *, exit_code: int = 0) -> dict[str, Any]:
    """The log of one run. What comments ignore is a suppressed result; `prefix` leads to the workspace."""
    codes = sorted({finding.code for finding in _all(report)})
    order = {code: index for index, code in enumerate(codes)}
    writer = _Writer(sources, prefix, order)
    results = [writer.result(finding) for finding in report.findings]
    for one in report.ignored:
        suppression = {"kind": "inSource", "status": "accepted", "justification": one.reason}
        results.append({**writer.result(one.finding), "suppressions": [suppression]})
    driver = {
        "name": "crossdock",
        "version": version("crossdock"),
        "rules": [_rule(CODES[code]) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder that lint was started in."}}},
        "invocations": [{"executionSuccessful": exit_code < 2, "exitCode": exit_code}],
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _all(report: Report) -> list[Finding]:
    return [*report.findings, *(one.finding for one in report.ignored)]


def _rule(code: Code) -> dict[str, Any]:
    told = explained(code.code)
    return {
        "id": code.code,
        "name": "".join(word.capitalize() for word in code.title.replace("'", "").split()),
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.explanation},
        "help": {"text": told.as_text(), "markdown": told.as_markdown()},
        "defaultConfiguration": {"level": str(code.severity)},
    }


class _Writer:
    def __init__(self, sources: Sources, prefix: str, order: dict[str, int]) -> None:
        self._sources = sources
        self._prefix = prefix
        self._order = order
        self._seen: Counter[str] = Counter()

    def result(self, finding: Finding) -> dict[str, Any]:
        """One result."""
        line = self._sources.line(finding)
        region: dict[str, Any] = {"startLine": finding.line, "startColumn": finding.column, "endLine": finding.line}
        if line is not None:
            region |= {"endColumn": end_column(line, finding), "snippet": {"text": line}}
        hint = f"; {finding.hint}" if finding.hint else ""
        artifact = {"uri": quote(self._prefix + finding.file), "uriBaseId": _ROOT}
        return {
            "ruleId": finding.code,
            "ruleIndex": self._order[finding.code],
            "level": str(finding.severity),
            "message": {"text": finding.message + hint},
            "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
            "partialFingerprints": {"crossdock/v1": self._fingerprint(finding, line)},
        }

    def _fingerprint(self, finding: Finding, line: str | None) -> str:
        """The same for the same finding after lines above it have come or gone; equal ones are counted."""
        parts = "\x00".join((finding.code, finding.file, (line or "").strip(), finding.message))
        digest = hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()[:32]
        self._seen[digest] += 1
        return f"{digest}:{self._seen[digest]}"

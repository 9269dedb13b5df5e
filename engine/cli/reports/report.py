"""What a run of lint found, and what of it was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.cli.stops import Unusable
from engine.config.codes import CODES, GROUPS
from engine.config.findings import Finding, Ignored
from engine.lint.excerpts import CLEAR_TEXT

LISTED = "codes are listed in docs/reference/findings.md"


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found. `revision` is None for a workspace that cannot run.

    `left_out` are findings that were not asked for; `omitted` counts those beyond what is kept, errors among them.
    `hidden` are the places of secrets in clear text: the column where each begins, by file and line.
    """

    revision: str | None
    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]
    omitted: int
    omitted_errors: int
    hidden: dict[tuple[str, int], int]
    left_out: tuple[Finding, ...] = ()

    @property
    def errors(self) -> int:
        """How many errors are shown."""
        return sum(finding.is_error for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many warnings are shown."""
        return len(self.findings) - self.errors


def make_report(
    revision: str | None, findings: Iterable[Finding], ignored: Iterable[Ignored], omitted: int, omitted_errors: int
) -> Report:
    """A report of its parts."""
    shown, taken_out = tuple(findings), tuple(ignored)
    hidden: dict[tuple[str, int], int] = {}
    for finding in (*shown, *(one.finding for one in taken_out)):
        if finding.code == CLEAR_TEXT:
            place = (finding.file, finding.line)
            hidden[place] = min(finding.column, hidden.get(place, finding.column))
    return Report(revision, shown, taken_out, omitted, omitted_errors, hidden)


def chosen(report: Report, select: Iterable[str], ignore: Iterable[str]) -> Report:
    """The report with the findings that were asked for: `XD305`, or `XD3` for a group. Raises Unusable."""
    wanted, unwanted = tuple(_codes(select, "--select")), tuple(_codes(ignore, "--ignore"))
    shown = tuple(
        finding
        for finding in report.findings
        if (not wanted or finding.code.startswith(wanted)) and not finding.code.startswith(unwanted)
    )
    kept = set(shown)
    return replace(report, findings=shown, left_out=tuple(one for one in report.findings if one not in kept))


def _codes(written: Iterable[str], option: str) -> Iterable[str]:
    """Codes and groups, apart or with commas between."""
    for text in written:
        for code in filter(None, (part.strip().upper() for part in text.split(","))):
            if code not in CODES and code not in GROUPS:
                raise Unusable(f"{option}: there is no code '{code}'", advice=LISTED)
            yield code

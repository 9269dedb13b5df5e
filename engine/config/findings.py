"""What is wrong with a workspace: findings with place, code, expectation, what was found and the nearest right name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.config.codes import CODES, Severity
from engine.fields.marks import Mark
from engine.fields.nearest import did_you_mean, nearest

__all__ = ["Finding", "Findings", "Severity", "did_you_mean", "nearest"]

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `str()` is the line a person reads.

    `message` is the sentence; `expected`, `found` and `hint` are its parts for programs (`hint` is not in `message`).
    """

    code: str
    severity: Severity
    file: str
    line: int
    column: int
    message: str
    expected: str = ""
    found: str = ""
    hint: str = ""

    @property
    def mark(self) -> Mark:
        """Its place."""
        return Mark(self.file, self.line, self.column)

    @property
    def is_error(self) -> bool:
        """Whether it keeps the workspace from running."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        grade = "" if self.is_error else "warning: "
        hint = f"; {self.hint}" if self.hint else ""
        return _printable(f"{self.mark} {self.code} {grade}{self.message}{hint}")

    def as_json(self) -> dict[str, str | int]:
        """The finding for scripts."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "expected": self.expected,
            "found": self.found,
            "hint": self.hint,
        }


def _place(finding: Finding) -> tuple[str, int, int, str]:
    return finding.file, finding.line, finding.column, finding.code


def _printable(text: str) -> str:
    """The text without what a terminal would obey: control characters stand as their escapes."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A finding that a comment in the file says is meant so, and why."""

    finding: Finding
    reason: str


class Findings:
    """Collects findings while a workspace loads; after 1,000 errors or 1,000 warnings it counts the rest in `omitted`.

    `ignored` are those that comments have taken out; `omitted_errors` counts the errors among the omitted.
    """

    def __init__(self) -> None:
        self._findings: dict[Finding, None] = {}
        self._on_line: dict[tuple[str, int], list[Finding]] = {}
        self._counts = {True: 0, False: 0}
        self.ignored: list[Ignored] = []
        self.omitted = 0
        self.omitted_errors = 0

    def add(
        self,
        code: str,
        mark: Mark,
        message: str = "",
        *,
        expected: str = "",
        found: str = "",
        hint: str = "",
        severity: Severity | None = None,
    ) -> Finding:
        """Add a finding of a known code; without `message` the sentence is `expected …, got …`. `severity` is the
        code's own unless the workspace says otherwise."""
        sentence = message or f"expected {expected}, got {found}"
        grade = severity or CODES[code].severity
        finding = Finding(code, grade, mark.file, mark.line, mark.column, sentence, expected, found, hint)
        self.extend([finding])
        return finding

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take over findings made elsewhere."""
        for finding in findings:
            if finding in self._findings:
                continue
            if self._counts[finding.is_error] < _MOST:
                self._counts[finding.is_error] += 1
                self._findings[finding] = None
                self._on_line.setdefault((finding.file, finding.line), []).append(finding)
            else:
                self.omitted += 1
                self.omitted_errors += finding.is_error

    def ignore(self, finding: Finding, reason: str) -> None:
        """Take out a finding that is meant so."""
        del self._findings[finding]
        self._on_line[finding.file, finding.line].remove(finding)
        self._counts[finding.is_error] -= 1
        self.ignored.append(Ignored(finding, reason))

    def at_line(self, file: str, line: int) -> tuple[Finding, ...]:
        """The findings of one line."""
        return tuple(self._on_line.get((file, line), ()))

    def on_line(self, mark: Mark, prefix: str) -> bool:
        """Whether the line of `mark` has a finding already whose code begins with `prefix`."""
        return any(finding.code.startswith(prefix) for finding in self.at_line(mark.file, mark.line))

    def stands(self, code: str, mark: Mark) -> bool:
        """Whether this very finding stands at this place already."""
        return any(
            finding.code == code and finding.column == mark.column for finding in self.at_line(mark.file, mark.line)
        )

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The errors, in file order."""
        return tuple(finding for finding in self if finding.is_error)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The warnings, in file order."""
        return tuple(finding for finding in self if not finding.is_error)

    @property
    def has_errors(self) -> bool:
        """Whether the workspace must be refused."""
        return self.omitted_errors > 0 or any(finding.is_error for finding in self._findings)

    def __iter__(self) -> Iterator[Finding]:
        """All findings, each once, by file, line and column."""
        return iter(sorted(self._findings, key=_place))

    def __len__(self) -> int:
        return len(self._findings)

    def __bool__(self) -> bool:
        return bool(self._findings)

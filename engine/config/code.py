"""What a finding's code is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a workspace from running; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding."""

    code: str
    title: str
    explanation: str
    severity: Severity = Severity.ERROR

    @property
    def may_be_ignored(self) -> bool:
        """Whether a comment may say that it is meant so: the workspace can run all the same."""
        judged = "XD305" <= self.code < "XD4" or self.code >= "XD9" or self.code in _JUDGED
        return judged or self.severity is Severity.WARNING


_JUDGED = frozenset({"XD405", "XD503", "XD604", "XD608"})
"""Errors that are a judgement on what would run, beside those of expressions and of governance."""

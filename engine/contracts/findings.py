"""What is wrong in the folder of canonical entities, as `lint` and start-up tell it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.contracts.checking import SchemaFinding


@dataclass(frozen=True, slots=True)
class ContractFinding:
    """Something wrong in the folder of canonical entities.

    `file` is its path in the workspace; `path` is a place within the file: a JSON Pointer for a schema. Codes:
    `contract-file`, `contract-lifecycle`, `contract-code-table` and those of `SchemaFinding`. `line` and `column` are 0
    where only the path is known.
    """

    file: str
    path: str
    code: str
    message: str
    line: int = 0
    column: int = 0
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column} {self.code} {self.path and self.path + ': '}{self.message}"


def placed(finding: SchemaFinding, file: str) -> ContractFinding:
    """A finding of a schema, in its file."""
    hint = f"; did you mean '{finding.hint}'" if finding.hint else ""
    message = f"expected {finding.expected}, got {finding.found}{hint}"
    return ContractFinding(file, finding.pointer, finding.code, message, severity=finding.severity)

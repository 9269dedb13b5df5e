"""Loading canonical entities and code tables from a bundle, with what is wrong in them as findings at its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.tree import Marks, plain
from engine.config.yaml import load_yaml
from engine.contracts.codes import CodeTables
from engine.contracts.documents import UnreadableDocument
from engine.contracts.findings import ContractFinding
from engine.contracts.registry import ContractRegistry
from engine.fields.marks import Mark

_CODES = {"contract-code-table": "XD404", "schema-reference": "XD402", "contract-lifecycle": "XD406"}


def load_contracts(bundle: Bundle, findings: Findings) -> ContractRegistry:
    """The entities that can be used, with findings about the others."""
    reader = _Reader(findings)
    registry, errors = ContractRegistry.survey(bundle.files, read=reader.read)
    for finding in (*errors, *registry.warnings):
        reader.report(finding)
    return registry


def load_codes(bundle: Bundle, findings: Findings) -> CodeTables:
    """The code tables, with findings about what cannot be read of them."""
    tables, errors = CodeTables.survey(bundle.files)
    for finding in errors:
        _Reader(findings).report(finding)
    return tables


class _Reader:
    """Reads contracts as all other configuration is read, and remembers the places of what it read."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._marks: dict[str, Marks] = {}
        self._unreadable: set[str] = set()

    def read(self, file: str, data: bytes) -> Mapping[str, Any]:
        """The mapping in a file. Raises UnreadableDocument when the findings are made already."""
        node = load_yaml(data, file, self._findings)
        if node is not None and isinstance(node.value, dict):
            self._marks[file] = node.marks
            return plain(node.value)  # type: ignore[no-any-return]
        if node is not None:
            self._findings.add("XD103", node.marks.value(), expected="a mapping", found="something else")
        self._unreadable.add(file)
        raise UnreadableDocument(file, "a mapping in YAML", "another file")

    def report(self, finding: ContractFinding) -> None:
        """Put a finding of the contracts at its place in the file."""
        if finding.file in self._unreadable:
            return
        code = "XD407" if finding.severity == "warning" else _CODES.get(finding.code, "XD401")
        where = f"{finding.path}: " if finding.path else ""
        self._findings.add(code, self._place(finding), where + finding.message)

    def _place(self, finding: ContractFinding) -> Mark:
        marks = self._marks.get(finding.file)
        if marks is None or finding.line:
            return Mark(finding.file, max(1, finding.line), max(1, finding.column))
        return marks.value(_path(finding.path, marks))


def _path(text: str, marks: Marks) -> tuple[str | int, ...]:
    """A JSON Pointer, or a path such as `milestones[0].after`, as the keys and indexes that the file has."""
    if text.startswith("/"):
        parts = [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]
    else:
        parts = text.replace("[", ".").replace("]", "").split(".")
    path: list[str | int] = []
    for part in filter(None, parts):
        indexed = part.isdecimal() and marks.has((*path, int(part)))
        path.append(int(part) if indexed else part)
    return tuple(path)

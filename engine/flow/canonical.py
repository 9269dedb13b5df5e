"""The canonical entities and code tables of a bundle; what is wrong with them becomes findings."""

from __future__ import annotations

import tempfile
from pathlib import Path

from engine.config.files import CANONICAL_FOLDER, CODES_FOLDER, Bundle
from engine.config.findings import Findings
from engine.contracts.codes import CodeTables
from engine.contracts.findings import ContractFinding
from engine.contracts.registry import ContractRegistry
from engine.errors import ConfigurationError
from engine.fields.marks import Mark

_CODES = {"contract-code-table": "XD404", "schema-reference": "XD402"}


def load_contracts(bundle: Bundle, findings: Findings) -> ContractRegistry | None:
    """The entities, or None with findings."""
    with tempfile.TemporaryDirectory() as folder:
        root = _unpacked(bundle, Path(folder))
        try:
            return ContractRegistry.load(root / CANONICAL_FOLDER)
        except ConfigurationError as error:
            _report(error, root, findings)
            return None


def load_codes(bundle: Bundle, findings: Findings) -> CodeTables | None:
    """The code tables, or None with findings."""
    with tempfile.TemporaryDirectory() as folder:
        root = _unpacked(bundle, Path(folder))
        try:
            return CodeTables.load(root / CODES_FOLDER)
        except ConfigurationError as error:
            _report(error, root, findings)
            return None


def _unpacked(bundle: Bundle, root: Path) -> Path:
    (root / CANONICAL_FOLDER).mkdir(parents=True)
    for path in (*bundle.canonical, *bundle.codes):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(bundle.read(path))
    return root


def _report(error: ConfigurationError, root: Path, findings: Findings) -> None:
    for finding in error.findings:
        assert isinstance(finding, ContractFinding)
        file = finding.file.relative_to(root).as_posix()
        code = _CODES.get(finding.code, "XD401")
        where = f"{finding.path}: " if finding.path else ""
        findings.add(code, Mark(file, max(1, finding.line), max(1, finding.column)), where + finding.message)

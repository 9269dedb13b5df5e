"""Every finding is raised at the right line and column, with the whole sentence; a right workspace has none (GOV-2)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.config.codes import CODES
from tests.lint.cases import CORPUS, SECRETS, Case, lint, read_cases, right_files

CASES = [(file.stem, case) for file in sorted(CORPUS.glob("*.txt")) for case in read_cases(file)]
MADE: dict[str, dict[str, bytes]] = {
    "XD108": {"flows/orders.yaml": b"flow: orders\n" + b"# padding\n" * 110_000},
    "XD109": {"flows/orders.yaml": b"flow: " + b"[" * 70 + b"]" * 70},
    "XD110": {"flows/orders.yaml": b"flow: [" + b"1," * 100_001 + b"1]"},
    "XD116": {"flows/orders.yaml": b"flow: \xff\xfe\n"},
    "XD117": {"flows/orders.yaml": b"flow: " + b"9" * 1001 + b"\n"},
    "XD121": {"flows/large.yaml": b"x" * (16 * 1024 * 1024 + 1)},
    "XD123": {"flows/orders.yml": b"flow: orders\n"},
}


def test_the_right_workspace_has_no_findings(tmp_path: Path) -> None:
    assert list(map(str, lint(tmp_path, right_files()))) == []


@pytest.mark.parametrize(("code", "case"), CASES, ids=[f"{code}: {case.title}" for code, case in CASES])
def test_what_is_wrong_is_told_at_its_place(code: str, case: Case, tmp_path: Path) -> None:
    found = [str(finding) for finding in lint(tmp_path, case.files())]
    assert found == case.findings
    assert any(f" {code} " in finding for finding in found)


@pytest.mark.parametrize("code", MADE)
def test_what_is_too_large_or_no_text_is_told(code: str, tmp_path: Path) -> None:
    files = {**right_files(), **MADE[code]}
    (file,) = MADE[code]
    codes = {finding.code: finding for finding in lint(tmp_path, files)}
    assert codes[code].file == file


def test_a_link_out_of_the_workspace_is_told(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("flow: outside\n")
    workspace = tmp_path / "workspace"
    (workspace / "flows").mkdir(parents=True)
    (workspace / "flows" / "outside.yaml").symlink_to(outside)
    codes = [(finding.code, finding.file) for finding in lint(workspace, right_files())]
    assert codes == [("XD122", "flows/outside.yaml")]


def test_what_the_environment_does_not_have_is_told(tmp_path: Path) -> None:
    files = right_files()
    erp = files["flows/systems/erp.yaml"]
    files["flows/systems/erp.yaml"] = erp.replace(b"https://erp.example.com", b'"${env:ERP_URL}"')
    variables = {**SECRETS, "CROSSDOCK_SECRET_ERP": "", "ERP_URLS": "x"}
    assert [(finding.code, str(finding.mark), finding.hint) for finding in lint(tmp_path, files, variables)] == [
        ("XD501", "flows/systems/erp.yaml:4:12", "did you mean 'ERP_URLS'"),
        ("XD505", "flows/systems/erp.yaml:5:45", "it is empty"),
    ]


def test_every_code_is_proved_here() -> None:
    proved = {code for code, _ in CASES} | set(MADE) | {"XD122", "XD501", "XD505"}
    assert sorted(set(CODES) - proved) == []
    assert all(re.fullmatch("XD[0-9]{3}", code) for code in proved)

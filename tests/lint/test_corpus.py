"""Every finding is raised at the right line and column, with the whole sentence; a right workspace has none (GOV-2)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.config.codes import CODES
from engine.lint.examples import Example, all_examples, right_files
from tests.lint.cases import lint

EXAMPLES = all_examples()
AGAINST = ("XD913", "XD914")
"""The codes of `lint --against`; their examples are changes of what is published."""


def test_the_right_workspace_has_no_findings(tmp_path: Path) -> None:
    assert list(map(str, lint(tmp_path, right_files()))) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{one.code}: {one.title}" for one in EXAMPLES])
def test_what_is_wrong_is_told_at_its_place(example: Example, tmp_path: Path) -> None:
    published = right_files() if example.code in AGAINST else None
    found = [str(finding) for finding in lint(tmp_path, example.files(), example.variables(), published)]
    assert found == example.findings
    assert any(f" {example.code} " in finding for finding in found)


def test_a_link_out_of_the_workspace_is_told(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("flow: outside\n")
    workspace = tmp_path / "workspace"
    (workspace / "flows").mkdir(parents=True)
    (workspace / "flows" / "outside.yaml").symlink_to(outside)
    codes = [(finding.code, finding.file) for finding in lint(workspace, right_files())]
    assert codes == [("XD122", "flows/outside.yaml")]


def test_every_code_is_proved_here() -> None:
    proved = {example.code for example in EXAMPLES}
    assert sorted(set(CODES) - proved) == []
    assert all(re.fullmatch("XD[0-9]{3}", code) for code in proved)

"""Every code is in the table, and the table is the reference page."""

from __future__ import annotations

import re
from pathlib import Path

from engine.config.codes import CODES, GROUPS, reference_page

ROOT = Path(__file__).parents[2]


def test_every_code_is_documented_on_a_page_that_is_current() -> None:
    page = (ROOT / "docs" / "reference" / "findings.md").read_text()
    assert page == reference_page(), "run `python -m engine.config.codes > docs/reference/findings.md`"
    assert all(f"| {code} |" in page for code in CODES)


def test_every_code_in_the_source_is_in_the_table() -> None:
    used = {
        code for path in (ROOT / "engine").rglob("*.py") for code in re.findall(r"\"(XD[0-9]{3})\"", path.read_text())
    }
    assert used <= set(CODES)


def test_every_code_has_a_group_and_an_explanation() -> None:
    for code in CODES.values():
        assert code.code[:3] in GROUPS
        assert code.explanation.endswith(".")
        assert code.title
        assert "|" not in code.explanation, "it would break the table"

"""Every code is in the table, is raised somewhere, and is explained."""

from __future__ import annotations

import re
from pathlib import Path

from engine.config.codes import CODES, GROUPS, reference_page

ROOT = Path(__file__).parents[2]


def test_every_code_is_documented() -> None:
    assert all(f"| [{code}](findings/{code}.md) |" in reference_page() for code in CODES)


def test_every_code_in_the_source_is_in_the_table_and_every_one_there_is_used() -> None:
    sources = [path for path in (ROOT / "engine").rglob("*.py") if path.name != "codes.py"]
    used = {code for path in sources for code in re.findall(r"\"(XD[0-9]{3})\"", path.read_text())}
    assert used == set(CODES)


def test_every_code_has_a_group_and_an_explanation() -> None:
    for code in CODES.values():
        assert code.code[:3] in GROUPS
        assert code.explanation.endswith(".")
        assert code.title
        assert "|" not in code.explanation, "it would break the table"

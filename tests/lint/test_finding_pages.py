"""Every code has a page with a wrong and a right example, made from what the tests of lint prove."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.codes import CODES
from engine.lint.examples import all_examples, right_files
from engine.lint.explain import explained
from engine.lint.reference import finding_pages

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "findings"
MADE = finding_pages()


def test_there_is_a_page_for_every_code_and_no_other() -> None:
    assert {path.name for path in PAGES.iterdir()} == set(MADE) == {f"{code}.md" for code in CODES}


@pytest.mark.parametrize("name", MADE)
def test_the_page_is_current(name: str) -> None:
    assert (PAGES / name).read_text(encoding="utf-8") == MADE[name], "run `make docs`"


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained_with_what_lint_says_between_wrong_and_right(code: str) -> None:
    told = explained(code)
    example = told.examples[0]
    assert any(f" {code} " in line for line in example.said)
    assert example.wrong != example.right
    text = told.as_text()
    assert text.index("Wrong: ") < text.index("What lint says:") < text.index("Right:")
    assert f"crossdock: ignore[{code}]" in text if told.code.may_be_ignored else "cannot be ignored" in text


def test_an_example_shows_the_lines_around_its_change() -> None:
    example = explained("XD104").examples[0]
    assert "raeson: credit-hold" in example.wrong[0].text
    assert "reason: credit-hold" in example.right[0].text
    assert example.said[1:] == ("  15 |       raeson: credit-hold", "     |       ^^^^^^")


def test_what_is_repeated_is_shortened() -> None:
    assert "1,1,1,… (100,001 times)" in explained("XD110").examples[0].wrong[0].text
    assert max(len(page) for page in MADE.values()) < 20_000


def test_every_example_changes_the_right_workspace() -> None:
    for example in all_examples():
        assert example.files() != dict(right_files()), example.title

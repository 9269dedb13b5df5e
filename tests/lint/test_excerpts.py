"""A caret stands under exactly what a finding is about."""

from __future__ import annotations

import pytest

from engine.config.codes import Severity
from engine.config.findings import Finding
from engine.lint.excerpts import end_column, excerpt


def at(line: str, part: str, found: str = "") -> Finding:
    """A finding at a part of a line."""
    return Finding("XD104", Severity.ERROR, "f", 7, line.index(part) + 1, "wrong", found=found)


@pytest.mark.parametrize(
    ("line", "part", "found"),
    [
        ("owner: desks", "desks", "'desks'"),
        ("due: 4 businss hours", "4 businss hours", "'4 businss hours'"),
        ('  "raeson": hold', '"raeson"', "'raeson'"),
        ("source: {events: [shop.order-created]}", "shop.order-created", "neither"),
        ("when: $saved.credit = 1", "$saved.credit", "something"),
        ("  $lokup(a, b)", "$lokup", "'$lokup()'"),
        ("a: `order-no`.b", "`order-no`", "'order-no'"),
        ('"${env:SHOP}"', "${env:SHOP}", "none"),
        ("a: 'it''s'", "'it''s'", "a text"),
        ("a = b", "=", "'>'"),
        ("secret: ***", "***", "clear text"),
    ],
)
def test_the_end_is_that_of_the_name_or_the_token(line: str, part: str, found: str) -> None:
    finding = at(line, part, found)
    assert line[finding.column - 1 : end_column(line, finding) - 1] == part


def test_carets_stand_below_their_letters() -> None:
    line = "  owner: desks"
    assert excerpt(line, at(line, "desks")) == ("7", "  owner: desks", "         ^^^^^")


def test_tabs_and_wide_and_combined_letters_keep_the_caret_in_its_column() -> None:
    line = "\towner: 倉庫 desks"
    assert excerpt(line, at(line, "desks"))[2] == "\t" + " " * len("owner: ") + "  " * 2 + " " + "^^^^^"
    line = "e\u0301: desks"
    assert excerpt(line, at(line, "desks"))[2] == " " * 3 + "^^^^^"
    line = "a: 倉庫"
    assert excerpt(line, at(line, "倉庫", "'倉庫'"))[2] == "   ^^^^"


def test_a_place_behind_the_end_of_the_line_has_one_caret() -> None:
    finding = Finding("XD101", Severity.ERROR, "f", 7, 8, "wrong")
    assert excerpt("owner:", finding)[2].endswith("^")
    assert excerpt("", finding)[2].endswith("^")


def test_a_long_line_is_cut_around_its_place() -> None:
    line = "a" * 500 + " desks " + "b" * 500
    _, source, carets = excerpt(line, at(line, "desks"), 100)
    assert source.startswith("…")
    assert source.endswith("…")
    assert len(source) == 102
    assert source[carets.index("^") : carets.rindex("^") + 1] == "desks"


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    line = "a: \x1b[2Jdesks \u202e"
    source, carets = excerpt(line, at(line, "desks"))[1:]
    assert source == "a: \ufffd[2Jdesks \ufffd"
    assert source[carets.index("^") :].startswith("desks")

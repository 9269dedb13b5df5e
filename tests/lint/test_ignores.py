"""Comments take out findings that are meant so; those that take out none, or cannot, are findings themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.checks import check
from engine.config.codes import CODES
from engine.lint.examples import right_files
from tests.lint.cases import SECRETS, lint, written

ORDERS = "flows/orders.yaml"
MAPPING = "flows/systems/shop/order-to-canonical.jsonata"
PUBLISHED = "          - publish: order.booked"


def files_with(file: str, old: str, new: str) -> dict[str, bytes]:
    files = dict(right_files())
    text = files[file].decode()
    assert old in text
    return {**files, file: text.replace(old, new, 1).encode()}


def unheard(comment_above: str = "", comment_beside: str = "") -> dict[str, bytes]:
    """A workspace whose topic nobody takes, on the line of `publish`."""
    above = f"          {comment_above}\n" if comment_above else ""
    return files_with(ORDERS, PUBLISHED, f"{above}          - publish: order.nobody{comment_beside}")


def codes(folder: Path, files: dict[str, bytes]) -> list[str]:
    return [finding.code for finding in lint(folder, files)]


def test_a_comment_beside_the_finding_takes_it_out(tmp_path: Path) -> None:
    files = unheard(comment_beside="  # crossdock: ignore[XD605] another workspace listens")
    assert "XD605" in codes(tmp_path / "without", unheard())
    findings = lint(tmp_path / "with", files)
    assert "XD605" not in [finding.code for finding in findings]
    (ignored,) = findings.ignored
    assert (ignored.finding.code, ignored.reason) == ("XD605", "another workspace listens")


def test_a_comment_on_lines_of_its_own_speaks_of_the_next_line(tmp_path: Path) -> None:
    files = unheard(comment_above="# crossdock: ignore[XD605] another workspace listens\n          # on a Sunday")
    assert "XD605" not in codes(tmp_path, files)


def test_an_error_of_judgement_is_taken_out_and_the_workspace_runs(tmp_path: Path) -> None:
    misspelt = files_with(MAPPING, '"number":', '"number": /* crossdock: ignore[XD305] old shops send it */ numbr ?')
    files = {**misspelt, MAPPING: misspelt[MAPPING]}
    revision, findings = check(written(tmp_path, files), variables=SECRETS)
    assert [(one.finding.code, one.reason) for one in findings.ignored] == [("XD305", "old shops send it")]
    assert revision is not None


def test_an_expression_in_yaml_takes_a_comment_of_jsonata(tmp_path: Path) -> None:
    when = '$saved.credit.status = "hold"'
    comment = "/* crossdock: ignore[XD604]\n             saved by hand */"
    block = f"|-\n          {comment}\n          {when.replace('credit', 'other')}"
    findings = lint(tmp_path, files_with(ORDERS, when, block))
    assert [(one.finding.code, one.reason) for one in findings.ignored] == [("XD604", "saved by hand")]


@pytest.mark.parametrize(
    ("comment", "sentence"),
    [
        ("# crossdock: ignore[XD605]", "expected a reason, as in 'crossdock: ignore[XD305] reason', got none"),
        ("# crossdock: ignore XD605 why", "expected 'crossdock: ignore[XD305] reason', got 'ignore XD605 why'"),
        ("# crossdock: ignore[] why", "expected codes, as in 'crossdock: ignore[XD305] reason', got none"),
        ("# crossdock: ignore[XD6O5] why", "expected a code, got 'XD6O5'"),
        ("# crossdock: ignore[XD104] why", "expected a code that may be ignored, got 'XD104'"),
    ],
)
def test_a_comment_that_cannot_be_used_is_told(tmp_path: Path, comment: str, sentence: str) -> None:
    found = {finding.code: finding for finding in lint(tmp_path, unheard(comment_beside="  " + comment))}
    assert found["XD125"].message == sentence
    assert "XD605" in found
    assert found["XD125"].column == 36


def test_a_comment_that_ignores_nothing_is_told(tmp_path: Path) -> None:
    files = files_with(ORDERS, "owner: desk", "owner: desk  # crossdock: ignore[XD605, XD606] no longer so")
    found = [(str(finding.mark), finding.code, finding.message) for finding in lint(tmp_path, files)]
    assert found == [
        (f"{ORDERS}:4:14", "XD124", "expected a finding XD605 on line 4, got none"),
        (f"{ORDERS}:4:14", "XD124", "expected a finding XD606 on line 4, got none"),
    ]


def test_nothing_is_said_of_unused_comments_while_something_cannot_be_read(tmp_path: Path) -> None:
    files = files_with(ORDERS, "owner: desk", "owner: desk  # crossdock: ignore[XD605] no longer so\nownr: desk")
    assert codes(tmp_path, files) == ["XD104"]


def test_a_hash_in_a_text_is_no_comment(tmp_path: Path) -> None:
    text = 'summary: "Orders # crossdock: ignore[XD605] are checked and booked."'
    files = files_with(ORDERS, "summary: Orders are checked and booked.", text)
    assert codes(tmp_path, files) == []
    block = "summary: |\n  Orders\n  # crossdock: ignore[XD605] are checked\nowner: desk # crossdock: ignore[XD605] x"
    files = files_with(ORDERS, "summary: Orders are checked and booked.\nowner: desk", block)
    assert [finding.line for finding in lint(tmp_path, files)] == [6]


def test_what_the_loader_refuses_cannot_be_ignored() -> None:
    judged = {code for code, known in CODES.items() if known.may_be_ignored}
    assert {"XD101", "XD104", "XD201", "XD304", "XD401", "XD501", "XD701"}.isdisjoint(judged)
    assert {"XD204", "XD305", "XD602", "XD604", "XD703"} <= judged

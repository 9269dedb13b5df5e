"""YAML loads safely, exactly, and with the place of everything."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.findings import Finding, Findings
from engine.config.tree import Node, plain
from engine.config.yaml import load_yaml
from engine.fields.marks import Mark, Text


def load(text: str | bytes) -> tuple[Node | None, list[Finding]]:
    findings = Findings()
    return load_yaml(text, "f.yaml", findings), list(findings)


def value_of(text: str) -> object:
    node, findings = load(text)
    assert findings == []
    assert node is not None
    return plain(node.value)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("true", True),
        ("on", "on"),
        ("yes", "yes"),
        ("n", "n"),
        ("True", "True"),
        ("~", None),
        ("19.90", Decimal("19.90")),
        ("820982911946154508123", 820982911946154508123),
        ("0123", "0123"),
        ("+49", "+49"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-01-31", "2026-01-31"),
        (".5", ".5"),
        (".inf", ".inf"),
        ("1e3", Decimal("1E+3")),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
    ],
)
def test_only_json_numbers_and_true_and_false_are_not_text(scalar: str, value: object) -> None:
    loaded = value_of(f"a: {scalar}")
    assert loaded == {"a": value}
    assert type(loaded["a"]) is type(value)  # type: ignore[index]
    assert str(loaded["a"]) == str(value)  # type: ignore[index]


def test_keys_are_text_as_written() -> None:
    assert value_of("{on: 1, 200: 2, true: 3, null: 4, 1.50: 5}") == {
        "on": 1,
        "200": 2,
        "true": 3,
        "null": 4,
        "1.50": 5,
    }


def test_aliases_stand_for_their_value() -> None:
    assert value_of("a: &x {b: [1]}\nc: *x") == {"a": {"b": [1]}, "c": {"b": [1]}}


def test_every_key_and_value_has_its_place() -> None:
    node, _ = load("a:\n  - b: x\n    'c': 2\n")
    assert node is not None
    assert node.marks.key(("a",)) == Mark("f.yaml", 1, 1)
    assert node.marks.key(("a", 0, "c")) == Mark("f.yaml", 3, 5)
    assert node.marks.value(("a", 0, "c")) == Mark("f.yaml", 3, 10)
    assert node.marks.value(("a", 0, "unknown")) == Mark("f.yaml", 2, 5)
    assert node.marks.has(("a", 0, "b"))
    assert not node.marks.has(("a", 1))


@pytest.mark.parametrize(
    ("text", "place", "code", "part"),
    [
        ("a: 1\nb: 2\na: 3", "3:1", "XD102", "first at line 1, column 1"),
        ("a:\n\tb: 1", "2:1", "XD101", "tab"),
        ("a: {base}/x", "1:10", "XD101", "quote"),
        ("a: {b: ${env:X}}", "1:9", "XD101", "quote a text with '${…}'"),
        ("a: b: c", "1:5", "XD101", "quote the text"),
        ("a: 'x\nb: 1\n", "1:4", "XD101", "close it"),
        ("- a\nb\n", "2:1", "XD101", "expected ':'"),
        ("a: @x", "1:4", "XD101", "quote it"),
        ("<<: {a: 1}", "1:1", "XD111", "write the keys out"),
        ("a: !!python/name:os.system x", "1:4", "XD112", "without a tag"),
        ("a: !custom {b: 1}", "1:4", "XD112", "without a tag"),
        ("a: &x [*x]", "1:8", "XD120", "inside the value"),
        ("a: *x", "1:4", "XD120", "names nothing"),
        ("a: 1\n---\nb: 1", "2:1", "XD114", "one document"),
        ("", "1:1", "XD115", "empty"),
        ("# only a comment\n", "1:1", "XD115", "empty"),
        ("? [a]\n: b", "1:3", "XD113", "text as key"),
        ("a: \x07", "1:4", "XD116", "U+0007"),
        ("a: \ud800", "1:4", "XD116", "U+D800"),
        (b"a: x\nb: \xff", "2:4", "XD116", "UTF-8"),
        ("a: " + "9" * 1001, "1:4", "XD117", "1000 digits"),
        ("a: 1e401", "1:4", "XD117", "exponent"),
        ("a: 1e99999999999999", "1:4", "XD117", "exponent"),
        ("[" * 66 + "]" * 66, "1:66", "XD109", "64 deep"),
        (" " * (1024 * 1024 + 1), "1:1", "XD108", "1 MiB"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(text: str | bytes, place: str, code: str, part: str) -> None:
    _, findings = load(text)
    assert [(f"{finding.line}:{finding.column}", finding.code) for finding in findings] == [(place, code)]
    assert part in str(findings[0])


def test_all_keys_given_twice_are_found_at_once() -> None:
    node, findings = load("a: 1\na: 2\nb: {c: 1, c: 2}\n")
    assert [finding.line for finding in findings] == [2, 3]
    assert node is not None
    assert plain(node.value) == {"a": 1, "b": {"c": 1}}


def test_laughing_aliases_are_refused_before_they_grow() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    _, findings = load("\n".join(lines))
    assert [finding.code for finding in findings] == ["XD110"]


def test_aliases_cannot_make_a_file_deeper() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 80)]
    _, findings = load("\n".join(lines))
    assert [finding.code for finding in findings] == ["XD109"]


@pytest.mark.parametrize(
    "text",
    ["[" * 10**6, "- " * 500_000, "a: &a x\n" * 100_000, "!" * 10**6, "a\n" * 500_000, "'" * 10**6, "{a: " * 250_000],
    ids=lambda text: text[:7],
)
def test_no_file_takes_long(text: str) -> None:
    begun = time.process_time()
    _, findings = load(text)
    assert time.process_time() - begun < 10
    assert all(len(str(finding)) < 500 for finding in findings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: |\n  x = 1\n    y\n\n  z\n", {"x": "2:3", "y": "3:5", "z": "5:3"}),
        ("a: >-\n  fold\n  er\n\n  x\n", {"f": "2:3", "e": "3:3", "x": "5:3"}),
        ("a: plain\n   two", {"p": "1:4", "t": "2:4"}),
        ("a: 'it''s q'", {"i": "1:5", "s": "1:9", "q": "1:11"}),
        ('a: "q\\tw\\u0041 e"', {"q": "1:5", "w": "1:8", "A": "1:9", "e": "1:16"}),
        ("a: |2\n   x\n  y\n", {"x": "2:4", "y": "3:3"}),
    ],
)
def test_characters_of_a_text_have_their_place_in_the_file(text: str, expected: dict[str, str]) -> None:
    node, _ = load(text)
    assert node is not None
    value = node.value["a"]
    assert isinstance(value, Text)
    assert node.marks.text_origin(("a",)) == value.origin
    assert value.origin is not None
    found = {character: value.origin.at(value.index(character)) for character in expected}
    assert {character: f"{mark.line}:{mark.column}" for character, mark in found.items()} == expected


def test_line_ends_and_byte_order_marks_do_not_move_places() -> None:
    for text in (b"\xef\xbb\xbfa: 1\r\nb: [\r\n  x]\r\n", "\ufeffa: 1\rb: [\r  x]"):
        node, findings = load(text)
        assert findings == []
        assert node is not None
        assert node.marks.value(("b", 0)) == Mark("f.yaml", 3, 3)


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_tree_or_findings(data: bytes) -> None:
    node, findings = load(data)
    assert node is not None or findings


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from(list("ab:-?[]{}&*!|>'\"%@#,\n\t \\0x<~.1e$")), max_size=60))
def test_any_text_of_yaml_characters_ends_in_a_tree_or_findings(text: str) -> None:
    node, findings = load(text)
    assert node is not None or findings
    if node is not None:
        assert_places(node, node.value, ())


def assert_places(node: Node, value: object, path: tuple[str | int, ...]) -> None:
    assert node.marks.has(path)
    if isinstance(value, Text) and value.origin is not None:
        for offset in range(len(value) + 1):
            assert value.origin.at(offset).line >= node.marks.value(path).line
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        assert_places(node, item, (*path, key))


_texts = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029"), max_size=20)
_documents = st.recursive(
    st.one_of(st.booleans(), st.none(), st.integers(), _texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_texts, inner, max_size=4)),
    max_leaves=12,
)


@given(_documents)
def test_what_yaml_writes_is_read_back(document: object) -> None:
    written = yaml.safe_dump(document, allow_unicode=True, default_style='"')
    node, findings = load(written.replace("!!bool", "").replace("!!int", "").replace("!!null", ""))
    assert node is not None or findings

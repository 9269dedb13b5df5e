"""Reading the YAML files of contracts."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contracts.documents import MAX_BYTES, MAX_DEPTH, UnreadableDocument, read_document


def read(text: str | bytes) -> Any:
    return read_document("document.yaml", text.encode() if isinstance(text, str) else text)


def refusal(text: str | bytes) -> str:
    with pytest.raises(UnreadableDocument) as caught:
        read(text)
    error = caught.value
    return f"{error.line}:{error.column} expected {error.expected}, got {error.found}"


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("19.90", Decimal("19.90")),
        ("820982911946154508", 820982911946154508),
        ("1e-400", Decimal("1e-400")),
        ("no", "no"),
        ("on", "on"),
        ("2026-03-14", "2026-03-14"),
        ("0123", "0123"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("12:30", "12:30"),
        ("'5'", "5"),
        ("true", True),
        ("~", None),
        (".inf", ".inf"),
    ],
)
def test_only_what_json_calls_a_number_is_one(scalar: str, value: Any) -> None:
    read_value = read(f"key: {scalar}\n")["key"]
    assert read_value == value
    assert type(read_value) is type(value)
    assert str(read_value) == str(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1 expected YAML, got the key 'a' a second time"),
        ("a: &x [1]\nb: *x\n", "2:4 expected YAML, got an alias, which is not allowed here"),
        ("? [a]\n: 1\n", "1:3 expected YAML, got a key that is no text"),
        ("- 1\n", "0:0 expected a mapping, got something else"),
        ("", "0:0 expected a mapping, got something else"),
        ("a: 1\n---\nb: 2\n", "0:0 expected YAML, got more than one document"),
        (b"\xff\xfe", "0:0 expected UTF-8 text, got another encoding at byte 0"),
        ("a: " + "[" * (MAX_DEPTH + 1), f"1:{3 + MAX_DEPTH} expected YAML, got more than {MAX_DEPTH} levels"),
        (b"a" * (MAX_BYTES + 1), f"0:0 expected at most {MAX_BYTES} bytes, got {MAX_BYTES + 1}"),
    ],
)
def test_what_could_surprise_is_refused_with_its_place(text: str | bytes, message: str) -> None:
    assert refusal(text) == message


def test_tags_make_nothing() -> None:
    assert read("a: !!python/object/apply:os.system ['x']\n") == {"a": ["x"]}


@given(st.binary(max_size=300) | st.text(alphabet="a:-[]{}&*!|>'\"#?, \n\t01.~", max_size=80).map(str.encode))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    with contextlib.suppress(UnreadableDocument):
        assert isinstance(read(content), dict)

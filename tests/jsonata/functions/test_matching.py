"""`$contains`, `$match`, `$replace`, `$split`."""

from __future__ import annotations

from typing import Any

import pytest

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.matching import contains, match, replace, split
from engine.jsonata.functions.regexes import compile_regex
from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING

WORD = compile_regex(r"(\w)(\w*)")
DIGIT = compile_regex(r"\d")


def each_x(text: str, start: int = 0) -> Any:
    """A matcher function that finds every x."""
    at = text.find("x", start)
    if at < 0:
        return MISSING
    return {"match": "x", "start": at, "end": at + 1, "groups": [], "next": lambda: each_x(text, at + 1)}


def test_contains_takes_text_expressions_and_functions() -> None:
    assert contains("abc", "b") is True
    assert contains("abc", DIGIT) is False
    assert contains("axc", each_x) is True
    assert contains("abc", each_x) is False
    assert contains("abc", MISSING) is MISSING


def test_match_is_a_sequence_of_matches() -> None:
    found = match("ab c", WORD)
    assert isinstance(found, Sequence)
    assert found == [
        {"match": "ab", "index": 0, "groups": ["a", "b"]},
        {"match": "c", "index": 3, "groups": ["c", ""]},
    ]
    assert len(match("ab c", WORD, 1)) == 1
    assert match("ab", WORD, 0) == []


@pytest.mark.parametrize(
    ("replacement", "result"),
    [
        ("$2$1", "ohnJ mithS"),
        ("[$0]", "[John] [Smith]"),
        ("$$1", "$1 $1"),
        ("$3|", "| |"),
        ("$12", "J2 S2"),
        ("$", "$ $"),
        ("$a", "$a $a"),
    ],
)
def test_replacement_refers_to_groups(replacement: str, result: str) -> None:
    assert replace("John Smith", WORD, replacement) == result


def test_two_digits_refer_to_a_group_where_there_are_as_many() -> None:
    ten = compile_regex("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)")
    assert replace("abcdefghij", ten, "$10$11$2") == "ja1b"


def test_replacement_without_groups_drops_references() -> None:
    assert replace("a1", DIGIT, "<$1>") == "a<>"


def test_replace_takes_functions_and_limits() -> None:
    assert replace("a1b2c3", DIGIT, lambda found: found["match"] * 2, 2) == "a11b22c3"
    assert replace("axbx", each_x, "-") == "a-b-"
    assert replace("aaa", "a", "$0", 2) == "$0$0a"
    assert replace("aaa", "a", "b", 0) == "aaa"


def test_split_takes_text_expressions_and_limits() -> None:
    assert split("a, b , c", compile_regex(r"\s*,\s*")) == ["a", "b", "c"]
    assert split("a1b2c", DIGIT, 2) == ["a", "b"]
    assert split("abc", "") == ["a", "b", "c"]
    assert split("a,b,c", ",", 2) == ["a", "b"]
    assert split("axb", each_x) == ["a", "b"]
    assert split("ab", DIGIT) == ["ab"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: match("a", DIGIT, -1), "D3040"),
        (lambda: replace("a", "", "b"), "D3010"),
        (lambda: replace("a", "a", "b", -1), "D3011"),
        (lambda: replace("1", DIGIT, lambda found: 5), "D3012"),
        (lambda: split("a", "a", -1), "D3020"),
        (lambda: match("a", lambda text: {"no": "match"}), "T1010"),
    ],
)
def test_wrong_arguments_are_refused(call: Any, code: str) -> None:
    with pytest.raises(FunctionError) as caught:
        call()
    assert caught.value.code == code


def test_missing_stays_missing() -> None:
    assert match(MISSING, DIGIT) is MISSING
    assert replace(MISSING, "a", "b") is MISSING
    assert split(MISSING, "a") is MISSING

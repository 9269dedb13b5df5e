"""JavaScript regular expressions on the `regex` package."""

from __future__ import annotations

import time

import pytest

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.regexes import compile_regex
from engine.jsonata.functions.regexsyntax import translate
from engine.jsonata.missing import MISSING


def first(pattern: str, text: str, flags: str = "") -> str | None:
    return next((found.text for found in compile_regex(pattern, flags).matches(text)), None)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"b$", "b\n", None),
        (r"a.c", "a\u2028c", None),
        (r"\d+", "\u066342", "42"),
        (r"\w+", "é_a1", "_a1"),
        (r"^\s+$", "\u00a0\ufeff\t", "\u00a0\ufeff\t"),
        (r"\bfoo\b", "éfoo", "foo"),
        (r"a{,2}", "aa{,2}", "a{,2}"),
        (r"[[&&]", "x[", "["),
        (r"[^\W\d]+", "1ab2", "ab"),
        (r"[\]\\\-\/]+", "-/]\\", "-/]\\"),
        (r"[^]", "\n", "\n"),
        (r"[]", "a", None),
        (r"(a)?\1b", "b", "b"),
        (r"(?<y>\d\d)-\k<y>", "19-20-20", "20-20"),
        (r"\x41\u0042\cJ\0", "AB\n\x00", "AB\n\x00"),
        (r"\A\Z\e", "AZe", "AZe"),
        (r"\ud83d\ude00", "\U0001f600", "\U0001f600"),
        (r"(?<=€)\d+", "£5 €7", "7"),
    ],
)
def test_patterns_mean_what_they_mean_in_javascript(pattern: str, text: str, found: str | None) -> None:
    assert first(pattern, text) == found


def test_flags_ignore_case_and_match_at_lines() -> None:
    assert first("É+", "éé", "i") == "éé"
    assert first("^b$", "a\rb\u2028c", "m") == "b"


NOT_JAVASCRIPT = [
    "a++",
    "(?i)a",
    "(?>a)",
    "*a",
    "(?P<x>a)",
    "[z-a]",
    "(a",
    "a)",
    "[a",
    "a{2,1}",
    "(?R)",
    "\\",
    "^*",
    r"\b+",
    "(?<=a)?",
    "(?<n>a)(?<n>b)",
    r"(?<n>a)\k<m>",
]


@pytest.mark.parametrize("pattern", NOT_JAVASCRIPT)
def test_what_javascript_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(FunctionError) as caught:
        compile_regex(pattern)
    assert caught.value.code == "S0303"


def test_empty_pattern_is_refused() -> None:
    with pytest.raises(FunctionError) as caught:
        compile_regex("")
    assert caught.value.code == "S0301"


def test_matcher_walks_by_next() -> None:
    found = compile_regex("a(b+)?")("ab-a")
    assert {key: found[key] for key in ("match", "start", "end", "groups")} == {
        "match": "ab",
        "start": 0,
        "end": 2,
        "groups": ["b"],
    }
    second = found["next"]()
    assert second["start"] == 3
    assert second["groups"] == [MISSING]
    assert second["next"]() is MISSING
    assert compile_regex("x")("ab") is MISSING


def test_positions_count_utf16_units() -> None:
    assert compile_regex("b")("\U0001f600b")["start"] == 2


def test_second_match_of_length_zero_is_refused() -> None:
    assert compile_regex("a*").test("bb")
    with pytest.raises(FunctionError) as caught:
        list(compile_regex("a*").matches("bb", 1))
    assert caught.value.code == "D1004"


def test_evil_expression_ends_within_its_time() -> None:
    started = time.monotonic()
    with pytest.raises(FunctionError) as caught:
        compile_regex("(a|aa)+$", timeout=0.05).test("a" * 100 + "b")
    assert caught.value.code == "D3142"
    assert time.monotonic() - started < 2


def test_time_limit_can_be_replaced() -> None:
    expression = compile_regex("a").within(0.5)
    assert expression.timeout == 0.5
    assert expression.test("a")


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|b)*", "a*b*c*d*", "a?a?a?a?a?", r"(a)\1+"])
def test_patterns_that_can_explode_always_mind_the_clock(pattern: str) -> None:
    assert translate(pattern).short == 0


def test_simple_patterns_need_no_clock_on_short_texts() -> None:
    assert translate(r"^[A-Z]{2}\d+$").short > 50

"""String functions without regular expressions."""

from __future__ import annotations

import pytest

from engine.jsonata.functions import strings
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.missing import MISSING


def test_length_counts_characters() -> None:
    assert strings.length("a\U0001f600b") == 3


def test_substring_counts_from_the_end_where_negative() -> None:
    assert strings.substring("hello", -3, 2) == "ll"
    assert strings.substring("hello", -99) == "hello"
    assert strings.substring("hello", 1, 0) == ""
    assert strings.substring("\U0001f600bc", 1) == "bc"


def test_before_and_after_give_all_where_the_mark_is_not() -> None:
    assert strings.substring_before("a-b-c", "-") == "a"
    assert strings.substring_after("a-b-c", "-") == "b-c"
    assert strings.substring_before("abc", "-") == "abc" == strings.substring_after("abc", "-")


def test_trim_folds_inner_space_but_not_other_white_space() -> None:
    assert strings.trim("  a \t\r\n b\u00a0 ") == "a b\u00a0"


def test_pad_fills_at_the_end_or_the_start() -> None:
    assert strings.pad("7", -3, "0") == "007"
    assert strings.pad("a", 6, "-+") == "a-+-+-"
    assert strings.pad("abc", 2) == "abc"


def test_absurd_padding_is_refused() -> None:
    with pytest.raises(FunctionError) as caught:
        strings.pad("a", 10**12)
    assert caught.value.code == "D2016"


def test_case_and_join() -> None:
    assert strings.uppercase("straße") == "STRASSE"
    assert strings.lowercase("ÀB") == "àb"
    assert strings.join(["a", "b"], "-") == "a-b"
    assert strings.join(["a", "b"]) == "ab"


def test_missing_stays_missing() -> None:
    for function in (strings.length, strings.trim, strings.lowercase, strings.uppercase, strings.join):
        assert function(MISSING) is MISSING
    for longer in (strings.substring, strings.pad, strings.substring_before, strings.substring_after):
        assert longer(MISSING, 1) is MISSING

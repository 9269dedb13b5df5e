"""Tokens: exact numbers, strings, regular expressions or divisions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.jsonata.errors import ExpressionSyntaxError
from engine.jsonata.tokens import END, NAME, NUMBER, OPERATOR, REGEX, STRING, VARIABLE, Pattern, Tokenizer


def _tokens(source: str, infix: bool = False) -> list[tuple[str, Any]]:
    tokenizer, found = Tokenizer(source), []
    while True:
        token = tokenizer.next(infix)
        if token.kind == END:
            return found
        found.append((token.kind, token.value))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("820982911946154508", 820982911946154508),
        ("19.90", Decimal("19.90")),
        ("0.1", Decimal("0.1")),
        ("1e3", 1000),
        ("1E-7", Decimal("1E-7")),
    ],
)
def test_numbers_keep_every_digit(source: str, value: Any) -> None:
    ((kind, found),) = _tokens(source)
    assert (kind, str(found), type(found)) == (NUMBER, str(value), type(value))


def test_slash_is_a_division_after_a_value_and_a_pattern_elsewhere() -> None:
    assert _tokens("/", infix=True) == [(OPERATOR, "/")]
    assert _tokens("/a(b|/c)[/]/im") == [(REGEX, Pattern("a(b|/c)[/]", "im"))]


def test_strings_decode_escapes_and_join_surrogates() -> None:
    assert _tokens(r'"a\tb\u00e9"') == [(STRING, "a\tbé")]
    assert _tokens(r'"\ud83d\ude02"') == [(STRING, "😂")]
    assert _tokens(r'"\ud83d"') == [(STRING, "\ud83d")]


def test_comments_and_spaces_are_skipped() -> None:
    assert _tokens(" /* a * b */ x /**/ $y ") == [(NAME, "x"), (VARIABLE, "y")]


def test_quoted_names_may_hold_anything() -> None:
    assert _tokens("`Product Name.x`") == [(NAME, "Product Name.x")]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('"abc', "S0101"),
        ("1e999", "S0102"),
        (r'"\q"', "S0103"),
        (r'"\uzz"', "S0104"),
        ("`abc", "S0105"),
        ("/* abc", "S0106"),
        ("//", "S0301"),
        ("/abc", "S0302"),
    ],
)
def test_mistakes_have_the_codes_of_the_reference(source: str, code: str) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        _tokens(source)
    assert caught.value.code == code

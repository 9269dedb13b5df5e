"""Texts for a terminal."""

from __future__ import annotations

import pytest

from engine.cli.plain import harmless, lasted, one_line


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb", "a\\x0db"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("right\u202eleft", "right\\u202eleft"),
        ("\x9b31m", "\\x9b31m"),
        ("lone \ud800", "lone \\ud800"),
        ("Zürich — 東京", "Zürich — 東京"),
    ],
)
def test_control_characters_are_written_out(given: str, shown: str) -> None:
    assert harmless(given) == shown


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0351, "35 ms"),
        (-1, "0 ms"),
        (2.44, "2.4 s"),
        (59.99, "1 min"),
        (185, "3 min"),
        (3600, "1 h"),
        (7800, "2 h 10 min"),
        (86400, "1 day"),
        (4 * 86400 + 5, "4 days"),
    ],
)
def test_lengths_of_time_read_as_people_say_them(seconds: float, said: str) -> None:
    assert lasted(seconds) == said


def test_a_long_text_is_shortened_on_one_line() -> None:
    assert one_line("a\n  b   c", 4) == "a b…"
    assert one_line("a\n  b") == "a b"

"""The reference page lists what there is."""

from __future__ import annotations

from pathlib import Path

from engine.jsonata import STANDARD

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "jsonata.md"


def test_every_function_is_documented_with_its_signature() -> None:
    page = PAGE.read_text("utf-8")
    missing = [name for name, function in STANDARD.items() if f"| `${name}` | `{function.signature}` |" not in page]
    assert not missing


def test_every_function_says_what_it_does() -> None:
    assert not [name for name, function in STANDARD.items() if not function.doc]

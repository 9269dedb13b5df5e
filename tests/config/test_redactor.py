"""No secret is left in a text, however it is escaped there."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from engine.config.redactor import Redactor


@given(st.text(min_size=4, max_size=30).filter(lambda text: text.isprintable()), st.text())
def test_a_secret_is_masked_in_every_spelling(secret: str, around: str) -> None:
    """SEC-5."""
    redactor = Redactor()
    redactor.add(secret)
    for spelling in (
        secret,
        json.dumps(secret)[1:-1],
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode(),
    ):
        assert spelling not in redactor.text(f"<{spelling}>") or spelling in "<***>"
        assert redactor.bytes(b"\xff<" + spelling.encode() + b">").startswith(b"\xff<")


def test_the_longest_secret_wins() -> None:
    redactor = Redactor()
    for secret in ("abcd", "abcdefgh"):
        redactor.add(secret)
    assert redactor.text("x abcdefgh abcd") == "x *** ***"
    assert redactor.bytes(b"x abcdefgh \xff") == b"x *** \xff"


def test_without_secrets_nothing_changes() -> None:
    redactor = Redactor()
    redactor.add("abc")
    assert redactor.text("abc") == "abc"
    assert redactor.bytes(b"abc") == b"abc"

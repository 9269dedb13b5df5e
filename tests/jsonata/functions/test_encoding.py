"""Base64 and URLs."""

from __future__ import annotations

from typing import Any

import pytest

from engine.jsonata.functions.encoding import (
    base64decode,
    base64encode,
    decode_url,
    decode_url_component,
    encode_url,
    encode_url_component,
)
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.missing import MISSING


def test_base64_is_of_latin1_bytes() -> None:
    assert base64encode("hé") == "aOk="
    assert base64decode("aOk=") == "hé"


def test_base64_without_padding_and_with_the_url_alphabet_is_read() -> None:
    assert base64decode("aOk") == "hé"
    assert base64decode("_-8=") == "ÿï"
    assert base64decode("YW\nJj!") == "abc"


def test_characters_that_no_byte_holds_are_refused() -> None:
    with pytest.raises(FunctionError) as caught:
        base64encode("5 €")
    assert caught.value.code == "D3144"


def test_url_components_escape_everything_but_marks() -> None:
    assert encode_url_component("a b/é?(~*)") == "a%20b%2F%C3%A9%3F(~*)"
    assert decode_url_component("a%20b%2F%c3%a9") == "a b/é"


def test_urls_keep_reserved_characters() -> None:
    assert encode_url("https://x.y/ä b?c=d&e#f") == "https://x.y/%C3%A4%20b?c=d&e#f"
    assert decode_url("%C3%A4%20b%2Fc%3f") == "ä b%2Fc%3f"


@pytest.mark.parametrize(
    "call",
    [
        lambda: encode_url("\ud800"),
        lambda: encode_url_component("\ud800"),
        lambda: decode_url("%"),
        lambda: decode_url("%E0%A4%A"),
        lambda: decode_url_component("%C3"),
    ],
)
def test_malformed_urls_are_refused(call: Any) -> None:
    with pytest.raises(FunctionError) as caught:
        call()
    assert caught.value.code == "D3140"


def test_missing_stays_missing() -> None:
    for function in (base64encode, base64decode, encode_url, encode_url_component, decode_url, decode_url_component):
        assert function(MISSING) is MISSING

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.errors import CodecError
from engine.plugin import Registry
from engine.plugin.charsets import CHARSETS
from plugins.text import plugin
from plugins.text.codec import TextCodec, TextSettings

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"))
whole = TextCodec(TextSettings())
lines = TextCodec(TextSettings(lines=True))


@given(texts)
def test_every_text_survives_both_ways(text: str) -> None:
    assert whole.decode(whole.encode(text)) == text


@given(st.lists(texts.filter(lambda text: "\n" not in text and not text.endswith("\r"))))
def test_every_list_of_lines_survives_both_ways(document: list[str]) -> None:
    for end in ("lf", "crlf"):
        codec = TextCodec(TextSettings(lines=True, line_end=end))
        assert codec.decode(codec.encode(document)) == document


@given(st.binary(max_size=200), st.sampled_from(sorted(CHARSETS)), st.booleans())
def test_any_bytes_are_read_or_refused(raw: bytes, encoding: str, as_lines: bool) -> None:
    with suppress(CodecError):
        TextCodec(TextSettings(encoding=encoding, lines=as_lines)).decode(raw)


def test_the_last_line_needs_no_end() -> None:
    assert lines.decode(b"a\r\nb") == lines.decode(b"a\nb\n") == ["a", "b"]
    assert lines.decode(b"") == []


def test_a_byte_order_mark_is_no_text() -> None:
    assert whole.decode(b"\xef\xbb\xbfA") == "A"
    assert TextCodec(TextSettings(encoding="utf-16")).decode("A".encode("utf-16")) == "A"


def test_bytes_of_another_charset_are_refused_with_their_place() -> None:
    with pytest.raises(CodecError, match="expected utf-8, got 0xe9 at byte 3"):
        whole.decode(b"caf\xe9")


def test_a_character_that_the_charset_lacks_is_not_written() -> None:
    with pytest.raises(CodecError, match=r"expected only characters of windows-1252, got U\+4E2D at character 1"):
        TextCodec(TextSettings(encoding="windows-1252")).encode("a中")


@pytest.mark.parametrize("document", [["a\nb"], ["a\r"], ["a", 1], "text", None])
def test_only_lines_are_written_as_lines(document: object) -> None:
    with pytest.raises(CodecError, match="expected"):
        lines.encode(document)


def test_only_text_is_written_as_text() -> None:
    with pytest.raises(CodecError, match="expected a text, got dict"):
        whole.encode({})


def test_an_unknown_charset_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValidationError, match="did you mean 'utf-8'"):
        TextSettings(encoding="utf8")


def test_every_charset_of_the_list_is_known_to_python() -> None:
    assert all("A".encode(name).decode(name) == "A" for name in CHARSETS.values())


def test_the_plugin_brings_the_codec() -> None:
    kind = Registry([plugin]).codecs["text"]
    assert kind.open(kind.settings(encoding="UTF-8")).media_type == "text/plain; charset=utf-8"

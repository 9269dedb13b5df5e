"""What every codec must do: give back what it was given, exactly, and refuse anything else in one way only."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Protocol

import pytest

from engine.errors import CodecError
from engine.plugin import Codec

_ALPHABET = b"\x00\x01\t\n\r \"'\\&;,<>/!-[]{}()=:~^#%+*0123456789aeEnutf\x7f\x80\xbf\xc3\xe2\xf0\xff"


class CodecHarness(Protocol):
    """A codec of yours, with documents it can carry."""

    codec: Codec

    documents: Sequence[Any]
    """Documents that must come back equal, of equal types, after encoding and decoding."""

    malformed: Sequence[bytes]
    """Bytes that must be refused."""

    unencodable: Sequence[Any]
    """Documents that the format cannot carry; may be empty."""


class CodecContract:
    """Subclass it as `class TestX(CodecContract)` with a fixture `harness`."""

    def test_documents_come_back_exactly(self, harness: CodecHarness) -> None:
        for document in harness.documents:
            back = harness.codec.decode(harness.codec.encode(document))
            assert back == document
            assert shape(back) == shape(document)

    def test_encoding_is_stable(self, harness: CodecHarness) -> None:
        for document in harness.documents:
            assert harness.codec.encode(document) == harness.codec.encode(document)

    def test_malformed_bytes_are_refused_with_their_place(self, harness: CodecHarness) -> None:
        for raw in harness.malformed:
            with pytest.raises(CodecError) as refusal:
                harness.codec.decode(raw)
            assert refusal.value.detail

    def test_documents_that_do_not_fit_are_refused(self, harness: CodecHarness) -> None:
        for document in harness.unencodable:
            with pytest.raises(CodecError):
                harness.codec.encode(document)

    def test_arbitrary_bytes_are_read_or_refused(self, harness: CodecHarness) -> None:
        chance = random.Random(1)  # the same bytes in every run
        samples = [harness.codec.encode(document) for document in harness.documents]
        for number in range(400):
            decoded_or_refused(harness.codec, _mangled(chance, samples, number))

    def test_deep_nesting_is_read_or_refused(self, harness: CodecHarness) -> None:
        for opening in (b"[", b'{"a":', b"<a>", b"("):
            decoded_or_refused(harness.codec, opening * 100_000)

    def test_it_names_its_media_type(self, harness: CodecHarness) -> None:
        assert "/" in harness.codec.media_type


def decoded_or_refused(codec: Codec, raw: bytes) -> None:
    """Any other exception than CodecError fails the test."""
    try:
        codec.decode(raw)
    except CodecError:
        return


def shape(document: Any) -> Any:
    """A document's types, so that `1`, `True` and `Decimal("1.0")` are told apart, and `1.0` from `1.00`."""
    if isinstance(document, dict):
        return {name: shape(value) for name, value in document.items()}
    if isinstance(document, list):
        return [shape(value) for value in document]
    return (type(document).__name__, str(document))


def _mangled(chance: random.Random, samples: Sequence[bytes], number: int) -> bytes:
    if number % 2 or not samples:
        return bytes(chance.choices(_ALPHABET, k=chance.randrange(0, 200)))
    raw = bytearray(chance.choice(samples))
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(raw) + 1)
        raw[place : place + chance.randrange(3)] = bytes(chance.choices(_ALPHABET, k=chance.randrange(3)))
    return bytes(raw)

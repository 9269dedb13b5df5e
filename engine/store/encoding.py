"""JSON columns: small documents about a message (headers, facts, failures), written compactly and read back exactly."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec


def _plain(value: Any) -> Any:
    """What msgspec does not know is written as the nearest plain thing: a settle must never fail over a detail."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, AbstractSet):
        return sorted(value, key=str)
    return str(value)


_encoder = msgspec.json.Encoder(enc_hook=_plain)
_decoder = msgspec.json.Decoder()
_headers_decoder = msgspec.json.Decoder(dict[str, str])
_pairs_decoder = msgspec.json.Decoder(tuple[tuple[str, str], ...])
_words_decoder = msgspec.json.Decoder(tuple[str, ...])


def to_json(value: Any) -> str:
    """Any small document as JSON text; dataclasses become objects."""
    return _encoder.encode(value).decode()


def to_json_or_none(value: Any) -> str | None:
    """The same, with None staying SQL's NULL."""
    return None if value is None else _encoder.encode(value).decode()


def plain_text(text: str) -> str:
    """Text for a column: PostgreSQL holds no NUL, so that its symbol stands for it, in both stores alike."""
    return text.replace("\x00", "\u2400") if "\x00" in text else text


def from_json(text: str | None) -> Any:
    """A document again; None stays None."""
    return None if text is None else _decoder.decode(text)


def headers_from(text: str) -> Mapping[str, str]:
    """A message's headers."""
    return {} if text == "{}" else _headers_decoder.decode(text)


def pairs_from(text: str | None) -> tuple[tuple[str, str], ...]:
    """A message's business keys, (kind, value), in their order."""
    return () if text is None else _pairs_decoder.decode(text)


def words_from(text: str | None) -> tuple[str, ...]:
    """A list of words such as the steps to run again."""
    return () if text is None else _words_decoder.decode(text)

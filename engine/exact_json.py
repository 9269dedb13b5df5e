"""Canonical documents as JSON bytes: integers of any size, decimals as written, keys in the order of the document."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def encode(document: Any) -> bytes:
    """The bytes of a document; raises TypeError for what JSON cannot hold."""
    return _ENCODER.encode(document)


def decode(raw: bytes) -> Any:
    """The document in bytes that the engine wrote; raises ValueError."""
    return _DECODER.decode(raw)


def digest(raw: bytes) -> bytes:
    """The content address of bytes: SHA-256."""
    return hashlib.sha256(raw).digest()

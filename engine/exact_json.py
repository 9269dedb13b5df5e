"""Canonical documents as JSON bytes: integers of any size, decimals as written, keys in the order of the document."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import msgspec

_GIVES_WAY = 2048
_LARGE = 65_536
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
    if len(raw) < _GIVES_WAY or len(raw) > _LARGE:
        return hashlib.sha256(raw).digest()
    # hashlib lets other threads run while it hashes 2 KB or more, and getting the interpreter back from a busy one
    # takes longer than the hashing; so a payload of a few KB is hashed in parts below that.
    state = hashlib.sha256()
    for start in range(0, len(raw), _GIVES_WAY - 1):
        state.update(raw[start : start + _GIVES_WAY - 1])
    return state.digest()

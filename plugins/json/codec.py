"""The json codec: RFC 8259 with exact numbers, on msgspec.

Integers are ints of any size, all other numbers Decimals as written. What other readers would silently change is
refused: duplicate keys (by default), NaN, lone surrogates, numbers and nesting beyond the bounds below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal, NoReturn

import msgspec
from pydantic import Field

from engine.errors import CodecError
from engine.plugin import Settings

MAX_DIGITS = 1000
MAX_EXPONENT = 400
MAX_DEPTH = 200

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\n\r"
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_TOO_MANY_DIGITS = b"0" * (MAX_DIGITS + 1)
_SAMPLED_DIGITS = re.compile(rb"[0-9]{10}")
_CONTAINERS = frozenset({dict, list})
_BYTE = re.compile(r"(.*) \(byte ([0-9]+)\)", re.DOTALL)
_PLACE = re.compile(r" - at `.*`$", re.DOTALL)


class JsonSettings(Settings):
    """How JSON is read and written."""

    duplicate_keys: Literal["refuse", "last"] = Field(
        default="refuse",
        description="a key that comes twice in an object: refuse the document, or let the last one count",
    )
    indent: int = Field(default=0, ge=0, le=8, description="spaces a level when writing; 0 writes one line")


class JsonCodec:
    """JSON bytes to dict, list, str, int, Decimal, bool and None, and back."""

    media_type = "application/json"

    def __init__(self, settings: JsonSettings) -> None:
        self._settings = settings
        self._decoder = msgspec.json.Decoder(float_hook=_exact)
        self._encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_refuse_type)

    def decode(self, raw: bytes) -> Any:
        """The document; raises CodecError with the byte or the key at fault."""
        text = raw.removeprefix(_BOM)
        try:
            document = self._decoder.decode(text)
        except (ValueError, RecursionError) as error:
            raise _decode_error(text, error) from None
        if not self._is_plain(text, document):
            keys, depth = _measure(document)
            if depth > MAX_DEPTH:
                raise CodecError(f"expected at most {MAX_DEPTH} levels of nesting, got {depth}")
            if self._settings.duplicate_keys == "refuse" and not _surely_unique(text, keys):
                _refuse_duplicates(text)
        if _may_hold_long_integer(text):
            _refuse_long_integers(document)
        return document

    def _is_plain(self, text: bytes, document: Any) -> bool:
        """Whether it is seen without a walk that no key came twice and nothing is nested too deep. Written again the
        document is the same text but for space: had a key come twice, the text would have a member more."""
        if b"\\" in text or text.count(b"{") + text.count(b"[") > MAX_DEPTH:  # escapes are seldom written alike
            return False
        return self._encoder.encode(document).translate(None, _SPACE) == text.translate(None, _SPACE)

    def encode(self, document: Any) -> bytes:
        """The bytes, numbers as written; raises CodecError for what JSON cannot carry."""
        try:
            encoded = self._encoder.encode(document)
        except (TypeError, ValueError, RecursionError) as error:
            raise CodecError(f"expected a document of JSON values, got one that cannot be written: {error}") from None
        if _may_hold_no_number(encoded):
            _refuse_no_numbers(document)
        return self._laid_out(encoded)

    def rewritten(self, stored: bytes) -> bytes:
        """The bytes of the document that the engine has stored as these; raises CodecError as `encode` does."""
        if _may_hold_no_number(stored):
            try:
                self._decoder.decode(stored)
            except ValueError as error:
                raise CodecError(f"expected finite numbers, got one that JSON does not have: {error}") from None
        return self._laid_out(stored)

    def _laid_out(self, encoded: bytes) -> bytes:
        return msgspec.json.format(encoded, indent=self._settings.indent) if self._settings.indent else encoded


def _may_hold_no_number(encoded: bytes) -> bool:
    """Whether a NaN or an infinity may be among its numbers: msgspec writes such Decimals as they are."""
    return b"NaN" in encoded or b"Infinity" in encoded


def _exact(text: str) -> Decimal:
    if len(text) <= MAX_EXPONENT and "e" not in text and "E" not in text:  # nearly all numbers, decided quickly
        return Decimal(text)
    mantissa, _, exponent = text.lower().partition("e")
    digits = sum(character.isdigit() for character in mantissa)
    scale = len(mantissa.partition(".")[2])
    # The length is looked at first: int() of a long text takes quadratic time.
    if digits > MAX_DIGITS or len(exponent) > 8 or abs(int(exponent or "0") - scale) > MAX_EXPONENT:
        raise ValueError(
            f"expected a number of at most {MAX_DIGITS} digits and an exponent of at most {MAX_EXPONENT}, "
            f"got '{text[:20]}{'…' if len(text) > 20 else ''}'"
        )
    return Decimal(text)


def _refuse_type(value: object) -> NoReturn:
    raise TypeError(f"values of type {type(value).__name__} are not JSON")


def _measure(document: Any) -> tuple[int, int]:
    """How many keys its objects have, and how many levels of containers it has."""
    keys = depth = 0
    level = [document] if type(document) in _CONTAINERS else []
    while level:
        depth += 1
        below: list[Any] = []
        for node in level:
            if type(node) is dict:
                keys += len(node)
                below += [value for value in node.values() if type(value) in _CONTAINERS]
            else:
                below += [value for value in node if type(value) in _CONTAINERS]
        level = below
    return keys, depth


def _surely_unique(text: bytes, keys: int) -> bool:
    """Whether no key can have come twice: with all space taken out each member shows as `":`, so that there are at
    least as many of these as members; the decoded objects have as many keys only if none was overwritten."""
    return text.translate(None, _SPACE).count(b'":') == keys


def _may_hold_long_integer(text: bytes) -> bool:
    """Whether it has more than `MAX_DIGITS` digits in a row, in a number or a text. Every hundredth byte is looked at
    first: ten of these in a row lie in any such run, and in hardly anything else."""
    if not _SAMPLED_DIGITS.search(text[:: MAX_DIGITS // 10]):
        return False
    return _TOO_MANY_DIGITS in text.translate(_DIGITS_TO_ZERO)


def _refuse_duplicates(text: bytes) -> None:
    def once(members: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in members:
            if key in seen:
                raise CodecError(f"expected each key once in an object, got '{key[:80]}' twice")
            seen.add(key)

    json.loads(text, object_pairs_hook=once, parse_int=len, parse_float=len)


def _values(document: Any) -> Iterable[Any]:
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list | tuple):
            pending.extend(value)
        else:
            yield value


def _refuse_long_integers(document: Any) -> None:
    limit = 10**MAX_DIGITS
    if any(type(value) is int and not -limit < value < limit for value in _values(document)):
        raise CodecError(f"expected integers of at most {MAX_DIGITS} digits, got a longer one")


def _refuse_no_numbers(document: Any) -> None:
    for value in _values(document):
        if isinstance(value, Decimal) and not value.is_finite():
            raise CodecError(f"expected finite numbers, got {value}: JSON has no such number")


def _decode_error(text: bytes, error: ValueError | RecursionError) -> CodecError:
    if isinstance(error, RecursionError):
        return CodecError(f"expected at most {MAX_DEPTH} levels of nesting, got more")
    if isinstance(error, UnicodeDecodeError):
        return _not_utf8(text)
    words = _PLACE.sub("", str(error))
    if not text.strip():
        return CodecError("expected a JSON document, got nothing", position="byte 0")
    if match := _BYTE.fullmatch(words):
        return CodecError(match[1].replace("JSON is malformed:", "malformed JSON:"), position=f"byte {match[2]}")
    if words == "Input data was truncated":
        return CodecError("malformed JSON: it ends too early", position=f"byte {len(text)}")
    if words == "Integer value out of range":
        return CodecError(f"expected integers of at most {MAX_DIGITS} digits, got a longer one")
    return CodecError(words)


def _not_utf8(text: bytes) -> CodecError:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return CodecError(f"expected UTF-8, got byte 0x{text[error.start]:02x}", position=f"byte {error.start}")
    return CodecError("expected UTF-8, got text that is not")

"""Base64 and URL encoding. Text is encoded in base64 as Latin-1 and in URLs as UTF-8, as the reference does."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.missing import MISSING

_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]")
_COMPONENT_SAFE: Final = "-_.!~*'()"
_RESERVED: Final = ";/?:@&=+$,#"
_ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+|%")


def base64encode(text: Any) -> Any:
    """Base64 of a string's characters as bytes. Raises D3144 for a character beyond U+00FF, which no byte can hold."""
    if text is MISSING:
        return MISSING
    try:
        return b64encode(text.encode("latin-1")).decode("ascii")
    except UnicodeEncodeError as error:
        message = f"base64encode takes characters up to U+00FF, got {text[error.start]!r}"
        raise FunctionError("D3144", text, message=message) from error


def base64decode(text: Any) -> Any:
    """The bytes of base64 text as characters; padding may lack, the URL alphabet counts, other characters do not."""
    if text is MISSING:
        return MISSING
    digits = _NOT_BASE64.sub("", text.partition("=")[0].replace("-", "+").replace("_", "/"))
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return b64decode(digits + "=" * (-len(digits) % 4)).decode("latin-1")


def encode_url_component(text: Any) -> Any:
    """The string with everything escaped that a URL component cannot hold. Raises D3140 for a lone surrogate."""
    return _encoded(text, _COMPONENT_SAFE, "encodeUrlComponent")


def encode_url(text: Any) -> Any:
    """The string with everything escaped that a URL cannot hold. Raises D3140 for a lone surrogate."""
    return _encoded(text, _COMPONENT_SAFE + _RESERVED, "encodeUrl")


def decode_url_component(text: Any) -> Any:
    """The string with its escapes resolved. Raises D3140 for escapes that are not UTF-8."""
    return _decoded(text, "", "decodeUrlComponent")


def decode_url(text: Any) -> Any:
    """The string with its escapes resolved but those of reserved characters. Raises D3140 as `decode_url_component`."""
    return _decoded(text, _RESERVED, "decodeUrl")


def _encoded(text: Any, safe: str, function: str) -> Any:
    if text is MISSING:
        return MISSING
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError as error:
        raise FunctionError("D3140", text, functionName=function) from error


def _decoded(text: Any, kept: str, function: str) -> Any:
    if text is MISSING or "%" not in text:
        return text
    try:
        return _ESCAPES.sub(lambda found: _resolved(found[0], kept), text)
    except UnicodeDecodeError as error:
        raise FunctionError("D3140", text, functionName=function) from error


def _resolved(escapes: str, kept: str) -> str:
    if escapes == "%":
        raise UnicodeDecodeError("url", b"%", 0, 1, "an escape lacks its two hexadecimal digits")
    if not kept:
        return unquote_to_bytes(escapes).decode("utf-8")
    parts: list[str] = []
    position = 0
    for char in unquote_to_bytes(escapes).decode("utf-8"):
        end = position + 3 * len(char.encode("utf-8"))
        parts.append(escapes[position:end] if char in kept else char)
        position = end
    return "".join(parts)

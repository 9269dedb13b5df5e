"""Character sets of text formats: a closed list, so that every one is known to be fast, stateless and safe to read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from engine.errors import CodecError

CHARSETS: Mapping[str, str] = MappingProxyType(
    {
        "utf-8": "utf-8",
        "utf-16": "utf-16",
        "utf-16-le": "utf-16-le",
        "utf-16-be": "utf-16-be",
        "us-ascii": "ascii",
        **{f"iso-8859-{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)},
        **{f"windows-{page}": f"cp{page}" for page in range(1250, 1259)},
        **{f"ibm{page}": f"cp{page}" for page in ("037", "273", "437", "500", "850", "852")},
        "shift_jis": "shift_jis",
        "euc-jp": "euc_jp",
        "euc-kr": "euc_kr",
        "gb18030": "gb18030",
        "big5": "big5",
    }
)
"""IANA name to the name Python has for it."""


def known_charset(name: str) -> str:
    """The name in lower case; ValueError with the nearest right name when it is not known."""
    lower = name.lower()
    if lower in CHARSETS:
        return lower
    near = difflib.get_close_matches(lower, CHARSETS, n=1)
    hint = f"; did you mean '{near[0]}'" if near else ""
    raise ValueError(f"expected a character set such as 'utf-8' or 'windows-1252', got '{name}'{hint}")


Charset = Annotated[
    str,
    AfterValidator(known_charset),
    WithJsonSchema({"type": "string", "description": "a character set by its IANA name", "enum": sorted(CHARSETS)}),
]
"""A settings field: the name of a character set."""


def decode_text(raw: bytes, charset: str) -> str:
    """The text without its byte order mark; raises CodecError with the byte at fault."""
    try:
        return raw.decode(CHARSETS[charset]).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        found = f"0x{raw[error.start]:02x}" if error.start < len(raw) else "the end"
        raise CodecError(f"expected {charset}, got {found}", position=f"byte {error.start}") from None
    except UnicodeError as error:
        raise CodecError(f"expected {charset}: {error}") from None


def encode_text(text: str, charset: str) -> bytes:
    """The bytes, without a byte order mark except in utf-16; raises CodecError with the character that it lacks."""
    try:
        return text.encode(CHARSETS[charset])
    except UnicodeEncodeError as error:
        found = f"U+{ord(text[error.start]):04X}"
        raise CodecError(
            f"expected only characters of {charset}, got {found}", position=f"character {error.start}"
        ) from None

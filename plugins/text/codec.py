"""The text codec: a whole text, or its lines."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from engine.errors import CodecError
from engine.plugin import Settings
from engine.plugin.charsets import Charset, decode_text, encode_text
from engine.plugin.fields import Flag

_LINE_ENDS = {"lf": "\n", "crlf": "\r\n"}


class TextSettings(Settings):
    """How text is read and written."""

    encoding: Charset = Field(default="utf-8", description="the character set; a byte order mark is tolerated")
    lines: Flag = Field(default=False, description="read as a list of lines instead of one text")
    line_end: Literal["lf", "crlf"] = Field(default="lf", description="how lines end when a list of them is written")


class TextCodec:
    """Text bytes to a str, or to a list of str with `lines`, and back. Reading accepts both ends of a line."""

    def __init__(self, settings: TextSettings) -> None:
        self._settings = settings
        self.media_type = f"text/plain; charset={settings.encoding}"

    def decode(self, raw: bytes) -> Any:
        """The text or its lines; raises CodecError with the byte at fault."""
        text = decode_text(raw, self._settings.encoding)
        if not self._settings.lines:
            return text
        lines = text.replace("\r\n", "\n").split("\n")
        return lines[:-1] if not lines[-1] else lines

    def encode(self, document: Any) -> bytes:
        """The bytes; raises CodecError for anything but text, or lines with `lines`."""
        if not self._settings.lines:
            if not isinstance(document, str):
                raise CodecError(f"expected a text, got {type(document).__name__}")
            return encode_text(document, self._settings.encoding)
        if not isinstance(document, list):
            raise CodecError(f"expected a list of lines, got {type(document).__name__}")
        for number, line in enumerate(document, start=1):
            if not isinstance(line, str) or "\n" in line or line.endswith("\r"):
                found = "a line break inside" if isinstance(line, str) else type(line).__name__
                raise CodecError(f"expected one line of text, got {found}", position=f"line {number}")
        end = _LINE_ENDS[self._settings.line_end]
        return encode_text("".join(line + end for line in document), self._settings.encoding)

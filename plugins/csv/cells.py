"""Delimited text to rows of text cells and back, in one dialect. Every error names its row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.errors import CodecError
from engine.plugin.charsets import decode_text, encode_text
from plugins.csv.settings import CsvSettings


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not blank: its number among the rows, the line it ends on, and its cells."""

    number: int
    line: int
    cells: list[str]

    @property
    def place(self) -> str:
        return f"row {self.number}, line {self.line}"


def read_rows(settings: CsvSettings, raw: bytes) -> Iterator[Row]:
    """The rows, blank lines left out; raises CodecError with the row that cannot be read."""
    lines = io.StringIO(decode_text(raw, settings.encoding), newline="")
    for _ in range(settings.skip):
        lines.readline()
    reader = csv.reader(
        lines,
        delimiter=settings.delimiter,
        quotechar=settings.quote,
        quoting=csv.QUOTE_NONE if settings.quote is None else csv.QUOTE_MINIMAL,
        skipinitialspace=settings.trim,
        strict=True,
    )
    number = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            line = settings.skip + reader.line_num
            raise CodecError(f"malformed row: {error}", position=f"row {number + 1}, line {line}") from None
        if cells is None:
            return
        if cells:
            number += 1
            trimmed = [cell.strip(" ") for cell in cells] if settings.trim else cells
            yield Row(number, settings.skip + reader.line_num, trimmed)


def named(settings: CsvSettings, row: Row, columns: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    """The cells by their columns' names; raises CodecError when there are more or fewer."""
    missing = len(columns) - len(cells)
    if missing < 0 or (missing and settings.short_rows == "refuse"):
        raise CodecError(f"expected {len(columns)} cells, got {len(cells)}", position=row.place)
    return dict(zip(columns, (*cells, *[""] * missing), strict=True))


def write_rows(settings: CsvSettings, rows: Iterable[Sequence[Any]]) -> bytes:
    """The bytes of rows of values; raises CodecError with the row and column of a value that no cell can carry."""
    end = "\r\n" if settings.line_end == "crlf" else "\n"
    written = []
    for number, row in enumerate(rows, start=1):
        cells = [_cell(settings, value, number, place) for place, value in enumerate(row, start=1)]
        if cells == [""]:  # an empty line would be no row
            cells = [_quoted(settings, "", number, 1)]
        written.append(settings.delimiter.join(cells) + end)
    return encode_text("".join(written), settings.encoding)


def _cell(settings: CsvSettings, value: Any, row: int, column: int) -> str:
    text = _text(value)
    if text is None:
        found = "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else f"{value!r:.40}"
        raise CodecError(f"expected a single value, got {found}", position=f"row {row}, column {column}")
    special = (settings.delimiter, "\r", "\n", settings.quote or "\n")
    if any(mark in text for mark in special) or text != text.strip(" \t") or text.startswith("\ufeff"):
        return _quoted(settings, text, row, column)
    return text


def _quoted(settings: CsvSettings, text: str, row: int, column: int) -> str:
    if settings.quote is not None:
        return settings.quote + text.replace(settings.quote, settings.quote * 2) + settings.quote
    if not text or settings.delimiter in text or "\n" in text or "\r" in text:
        raise CodecError(
            f"expected text that needs no quotes, for none are set, got {text[:40]!r}",
            position=f"row {row}, column {column}",
        )
    return text


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) or (isinstance(value, Decimal) and value.is_finite()):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return None

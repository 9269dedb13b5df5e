"""The csv codec: delimited text as a list of rows, or as nested records of several kinds."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from engine.errors import CodecError
from plugins.csv.cells import Row, named, read_rows, write_rows
from plugins.csv.records import read_records, record_rows
from plugins.csv.settings import CsvSettings


class CsvCodec:
    """Delimited text to data and back.

    With column names a file is a list of objects, without a list of lists, with `records` an object of lists. All cells
    are text. Written numbers are plain digits, true and false those words, null an empty cell.
    """

    media_type = "text/csv"

    def __init__(self, settings: CsvSettings) -> None:
        self._settings = settings

    def decode(self, raw: bytes) -> Any:
        """The document; raises CodecError with the row and line at fault."""
        settings = self._settings
        if settings.records:
            return read_records(settings, raw)
        rows = read_rows(settings, raw)
        columns: Sequence[str] = settings.columns
        if settings.header:
            first = next(rows, None)
            if first is None:
                return []
            columns = _header(settings, first)
        if not columns:
            return [row.cells for row in rows]
        return [named(settings, row, columns, row.cells) for row in rows]

    def encode(self, document: Any) -> bytes:
        """The bytes; raises CodecError with the row at fault."""
        if self._settings.records:
            return write_rows(self._settings, record_rows(self._settings, document))
        return write_rows(self._settings, _table(self._settings, document))


def _header(settings: CsvSettings, row: Row) -> list[str]:
    for place, name in enumerate(row.cells):
        if not name or name in row.cells[:place]:
            raise CodecError(f"expected column {place + 1} to have a name of its own, got {name!r}", position=row.place)
    for column in settings.columns:
        if column not in row.cells:
            near = difflib.get_close_matches(column, row.cells, n=1)
            hint = f", the nearest is {near[0]!r}" if near else ""
            raise CodecError(f"expected a column {column!r} in the header, got none{hint}", position=row.place)
    return row.cells


def _table(settings: CsvSettings, document: Any) -> Iterator[Sequence[Any]]:
    if not isinstance(document, list):
        raise CodecError(f"expected a list of rows, got {type(document).__name__}")
    columns = settings.columns or _all_columns(document)
    if columns and settings.header:
        yield columns
    for number, row in enumerate(document, start=1):
        yield _row(columns, row, number)


def _all_columns(document: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in document if isinstance(row, dict) for name in row))


def _row(columns: Sequence[str], row: Any, number: int) -> Sequence[Any]:
    place = f"row {number}"
    if isinstance(row, list) and row:
        if columns and len(row) != len(columns):
            raise CodecError(f"expected {len(columns)} cells, got {len(row)}", position=place)
        return row
    if not isinstance(row, dict) or not columns:
        raise CodecError("expected an object or a list with cells in it", position=place)
    for name in row:
        if name not in columns:
            raise CodecError(f"expected one of the columns {', '.join(columns)}, got {name!r}", position=place)
    return [row.get(name) for name in columns]

"""Files whose rows are of several kinds: a header, its details, a trailer. Rows nest as the kinds declare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.errors import CodecError
from plugins.csv.cells import Row, named, read_rows
from plugins.csv.settings import OTHER, CsvSettings, RecordKind


def read_records(settings: CsvSettings, raw: bytes) -> dict[str, Any]:
    """The rows nested under the names of their kinds; a kind that does not come is an empty list.

    The order of rows of different kinds below one row is not kept. Raises CodecError with the row at fault.
    """
    document = _empty(settings, None)
    latest: dict[str | None, dict[str, Any]] = {None: document}
    for row in read_rows(settings, raw):
        kind, cells = _kind_of(settings, row)
        record = settings.records[kind]
        holder = latest.get(record.within)
        if holder is None:
            raise CodecError(f"expected a {record.within!r} row before the first {kind!r} row", position=row.place)
        node = named(settings, row, record.columns, cells) | _empty(settings, kind)
        _attach(holder, kind, record, node, row)
        latest[kind] = node
        for below in _descendants(settings, kind):
            latest.pop(below, None)
    return document


def record_rows(settings: CsvSettings, document: Any, kind: str | None = None) -> Iterator[Sequence[Any]]:
    """The rows of a nested document, each followed by those below it, in the order the kinds are declared in."""
    if not isinstance(document, dict):
        raise CodecError(f"expected an object for {kind or 'the file'!r}, got {type(document).__name__}")
    children = {name: record for name, record in settings.records.items() if record.within == kind}
    known = {record.name or name for name, record in children.items()}
    known.update(settings.records[kind].columns if kind is not None else ())
    for field in document:
        if field not in known:
            raise CodecError(f"expected only declared fields in {kind or 'the file'!r}, got {field!r}")
    for name, record in children.items():
        for node in _nodes(document, name, record):
            if not isinstance(node, dict):
                raise CodecError(f"expected an object for {name!r}, got {type(node).__name__}")
            cells = [node.get(column, "") for column in record.columns]
            yield cells if name == OTHER else [name, *cells]
            yield from record_rows(settings, node, name)


def _nodes(document: dict[str, Any], name: str, record: RecordKind) -> list[Any]:
    value = document.get(record.name or name)
    if value is None:
        return []
    return value if isinstance(value, list) and not record.once else [value]


def _kind_of(settings: CsvSettings, row: Row) -> tuple[str, list[str]]:
    first = row.cells[0]
    if first in settings.records and first != OTHER:
        return first, row.cells[1:]
    if OTHER in settings.records:
        return OTHER, row.cells
    kinds = ", ".join(repr(kind) for kind in settings.records)
    raise CodecError(f"expected a row of kind {kinds}, got {first[:40]!r}", position=row.place)


def _attach(holder: dict[str, Any], kind: str, record: RecordKind, node: dict[str, Any], row: Row) -> None:
    name = record.name or kind
    if not record.once:
        holder[name].append(node)
    elif name in holder:
        raise CodecError(f"expected one {kind!r} row, got a second", position=row.place)
    else:
        holder[name] = node


def _empty(settings: CsvSettings, kind: str | None) -> dict[str, Any]:
    return {
        record.name or name: []
        for name, record in settings.records.items()
        if record.within == kind and not record.once
    }


def _descendants(settings: CsvSettings, kind: str) -> Iterator[str]:
    for name, record in settings.records.items():
        if record.within == kind:
            yield name
            yield from _descendants(settings, name)

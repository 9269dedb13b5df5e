"""Code tables: what one system's code is called in another, from `canonical/codes/*.csv`.

The first column is the key. Every cell is text and stays as it is written, leading zeros and blanks included; an empty
cell maps to nothing.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Self

from engine.contracts.findings import ContractFinding
from engine.contracts.values import nearest
from engine.errors import ConfigurationError

MAX_BYTES = 20_000_000
_TABLE = re.compile(r"canonical/codes/[^/]+\.csv")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class UnknownTable(LookupError):
    """There is no such table, or no such column in it; `nearest` is the name that was probably meant."""

    def __init__(self, kind: str, name: str, hint: str | None) -> None:
        super().__init__(f"no {kind} '{name}'" + (f"; did you mean '{hint}'" if hint else ""))
        self.name = name
        self.nearest = hint


class UnmappedCode(LookupError):
    """A code that its table does not know, or knows more than once when looked up backwards.

    `table`, `column` and `key` say what was asked; `nearest` is the key that was probably meant; `matches` are the keys
    that share the value of an ambiguous question.
    """

    def __init__(
        self, table: str, column: str, key: str, *, hint: str | None = None, matches: tuple[str, ...] = ()
    ) -> None:
        found = f"one of {', '.join(matches[:5])}" if matches else "none"
        ending = f"; did you mean '{hint}'" if hint else ""
        super().__init__(f"code table '{table}': expected one '{column}' for '{key}', got {found}{ending}")
        self.table = table
        self.column = column
        self.key = key
        self.nearest = hint
        self.matches = matches


@dataclass(frozen=True)
class CodeTable:
    """One table. `rows` maps each key to its cells, the key among them, in the order of `columns`."""

    name: str
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]

    @property
    def key_column(self) -> str:
        return self.columns[0]

    @cached_property
    def version(self) -> str:
        """A hash of the columns and rows; the spelling of the file (line ends, quotes, mark) does not count."""
        content = json.dumps([self.columns, list(self.rows.values())], ensure_ascii=False).encode()
        return f"sha256:{hashlib.sha256(content).hexdigest()}"

    def lookup(self, key: str, column: str | None = None) -> str | None:
        """The cell of `column` (default: the second one) in the row of `key`; None for no row or an empty cell."""
        index = self.index(column)
        row = self.rows.get(key)
        return (row[index] or None) if row is not None else None

    def reverse(self, value: str, column: str | None = None) -> tuple[str, ...]:
        """The keys of all rows that hold `value` in `column`; several where the mapping is one to many."""
        return self._reversed(self.index(column)).get(value, ())

    def ambiguous(self, column: str) -> Mapping[str, tuple[str, ...]]:
        """The values of `column` that stand in several rows, with the keys of those."""
        values = self._reversed(self.index(column))
        return {value: keys for value, keys in values.items() if value and len(keys) > 1}

    def index(self, column: str | None) -> int:
        """The place of a column; raises `UnknownTable` for one that is not there."""
        if column is None:
            return min(1, len(self.columns) - 1)
        if column not in self.columns:
            raise UnknownTable(f"column of code table '{self.name}'", column, nearest(column, self.columns))
        return self.columns.index(column)

    def _reversed(self, index: int) -> Mapping[str, tuple[str, ...]]:
        if index not in self._indexes:
            keys: dict[str, tuple[str, ...]] = {}
            for key, row in self.rows.items():
                keys[row[index]] = (*keys.get(row[index], ()), key)
            self._indexes[index] = keys
        return self._indexes[index]

    @cached_property
    def _indexes(self) -> dict[int, Mapping[str, tuple[str, ...]]]:
        return {}


class CodeTables:
    """All code tables of a workspace.

    A table `warehouses` with a column `system` also answers to the names `warehouse-system` and, backwards,
    `system-warehouse`, unless a file is called so.
    """

    def __init__(self, tables: Mapping[str, CodeTable]) -> None:
        self._tables = dict(tables)
        self._aliases = {
            f"{singular}-{column}": (table, column)
            for name, table in self._tables.items()
            for singular in _singulars(name)
            for column in table.columns[1:]
        }
        self._backwards = {
            f"{column}-{singular}": (table, column)
            for name, table in self._tables.items()
            for singular in _singulars(name)
            for column in table.columns[1:]
            if f"{column}-{singular}" not in self._tables | self._aliases
        }
        named = {**self._aliases, **{name: (table, None) for name, table in self._tables.items()}}
        self._cells = {name: (table.rows, table.index(column)) for name, (table, column) in named.items()}

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> Self:
        """Load every `canonical/codes/NAME.csv` of a workspace's files, of which the others are passed over; raises
        `ConfigurationError` with every finding."""
        tables, findings = cls.survey(files)
        if findings:
            raise ConfigurationError(findings)
        return tables

    @classmethod
    def survey(cls, files: Mapping[str, bytes]) -> tuple[Self, tuple[ContractFinding, ...]]:
        """The tables with the rows that can be read, and every finding about the others."""
        tables: dict[str, CodeTable] = {}
        findings: list[ContractFinding] = []
        for file in sorted(files):
            if _TABLE.fullmatch(file):
                read = _Reading(file, files[file])
                table = read.table()
                findings += read.findings
                if table.columns:
                    tables[read.name] = table
        return cls(tables), tuple(findings)

    def __iter__(self) -> Iterator[CodeTable]:
        return iter(self._tables.values())

    @property
    def aliases(self) -> tuple[str, ...]:
        """The names of tables with one of their columns, such as `warehouse-system`."""
        return tuple(self._aliases)

    def table(self, name: str) -> CodeTable:
        """The table by its file's name; raises `UnknownTable` with the nearest name."""
        return self._find(name, None)[0]

    def lookup(self, table: str, key: object, column: str | None = None, *, by: str | None = None) -> str | None:
        """The cell of `column` in the row of `key`; None for an unknown key, an empty cell or a key that is no text.

        With `by` the row is found by that column in place of the key. Raises `UnknownTable`, and `UnmappedCode` when
        several rows answer.
        """
        cells = self._cells.get(table) if column is None and by is None else None
        if cells is not None:  # the usual question, answered in one step
            row = cells[0].get(key) if isinstance(key, str) else None
            return (row[cells[1]] or None) if row is not None else None
        if table in self._backwards and column is None and by is None:
            found, by = self._backwards[table]
            column = found.key_column
        else:
            found, column = self._find(table, column)
        if not isinstance(key, str):
            return None
        if by is None or by == found.key_column:
            return found.lookup(key, column)
        keys = found.reverse(key, by) if key else ()
        if len(keys) > 1:
            raise UnmappedCode(found.name, by, key, matches=keys)
        return found.lookup(keys[0], column or found.key_column) if keys else None

    def entries(self, table: str) -> Mapping[str, str]:
        """What `lookup` gives for each key of a table, where it gives anything; raises `UnknownTable`."""
        if table in self._backwards:
            found, column = self._backwards[table]
            index = found.index(column)
            return {row[index]: row[0] for row in found.rows.values() if row[index]}
        found, named = self._find(table, None)
        index = found.index(named)
        return {key: row[index] for key, row in found.rows.items() if row[index]}

    def require(self, table: str, key: object, column: str | None = None, *, by: str | None = None) -> str:
        """As `lookup`; an unknown key raises `UnmappedCode` with the nearest one."""
        value = self.lookup(table, key, column, by=by)
        if value is not None:
            return value
        found, column = self._find(table, column)
        candidates = [row[found.index(by)] for row in found.rows.values()] if by else list(found.rows)
        hint = nearest(key, candidates) if isinstance(key, str) and key not in candidates else None
        raise UnmappedCode(found.name, found.columns[found.index(column)], str(key), hint=hint)

    def reverse(self, table: str, value: str, column: str | None = None) -> tuple[str, ...]:
        """The keys of all rows that hold `value` in `column`."""
        found, column = self._find(table, column)
        return found.reverse(value, column)

    def _find(self, name: str, column: str | None) -> tuple[CodeTable, str | None]:
        if name in self._tables:
            return self._tables[name], column
        if name in self._aliases and column is None:
            return self._aliases[name]
        raise UnknownTable("code table", name, nearest(name, [*self._tables, *self._aliases, *self._backwards]))


def _singulars(name: str) -> tuple[str, ...]:
    """A table's name for one row: `warehouse` of `warehouses`, `order-status` of `order-statuses`."""
    return tuple(dict.fromkeys((name.removesuffix("s"), name.removesuffix("es"))))


class _Reading:
    """One file being read; `findings` is what is wrong with it."""

    def __init__(self, file: str, data: bytes) -> None:
        self._file = file
        self._data = data
        self.name = PurePosixPath(file).stem
        self.findings: list[ContractFinding] = []

    def table(self) -> CodeTable:
        if not _NAME.fullmatch(self.name):
            self._refuse(0, f"expected a table name such as 'warehouses', got '{self.name}'")
        lines = self._lines()
        header = next(lines, (0, []))[1]
        if not header and not self.findings:
            self._refuse(1, "expected a header of column names, got nothing")
        self._check_header(header)
        rows: dict[str, tuple[str, ...]] = {}
        for line, row in lines:
            if self._row_fits(line, row, header, rows):
                rows[row[0]] = tuple(row)
        return CodeTable(self.name, tuple(header), rows)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Each row that is not empty, with the line it ends on."""
        try:
            text = self._text()
            reader = csv.reader(io.StringIO(text, newline=""), strict=True)
            for row in reader:
                if row:
                    yield reader.line_num, row
        except UnicodeDecodeError as error:
            self._refuse(0, f"expected UTF-8 text, got another encoding at byte {error.start}")
        except csv.Error as error:
            self._refuse(reader.line_num, f"expected comma-separated values, got {error}")

    def _text(self) -> str:
        if len(self._data) > MAX_BYTES:
            self._refuse(0, f"expected at most {MAX_BYTES} bytes, got {len(self._data)}")
            return ""
        return self._data.decode("utf-8-sig")

    def _check_header(self, header: list[str]) -> None:
        for column in header:
            if not _NAME.fullmatch(column):
                self._refuse(1, f"expected column names such as 'code', got '{column}'")
            elif header.count(column) > 1:
                self._refuse(1, f"expected each column once, got '{column}' {header.count(column)} times")

    def _row_fits(self, line: int, row: list[str], header: list[str], rows: Mapping[str, object]) -> bool:
        if len(row) != len(header):
            self._refuse(line, f"expected {len(header)} cells as in the header, got {len(row)}")
        elif not row[0]:
            self._refuse(line, f"expected a key in column '{header[0]}', got nothing")
        elif row[0] in rows:
            self._refuse(line, f"expected each key once, got '{row[0]}' a second time")
        else:
            return True
        return False

    def _refuse(self, line: int, message: str) -> None:
        finding = ContractFinding(self._file, "", "contract-code-table", message, line, 1 if line else 0)
        if finding not in self.findings:
            self.findings.append(finding)

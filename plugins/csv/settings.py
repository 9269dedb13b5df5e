"""What a workspace says about a delimited file: its dialect, its columns and its kinds of rows."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from engine.plugin import Settings
from engine.plugin.charsets import Charset
from engine.plugin.fields import Flag

OTHER = "*"
"""The kind of all rows whose first cell names no other kind."""


class RecordKind(Settings):
    """One kind of row, known by its first cell."""

    columns: tuple[str, ...] = Field(description="the names of the cells, for a named kind without the first cell")
    within: str | None = Field(
        default=None, description="the kind of the row above that it belongs to, declared earlier"
    )
    name: str | None = Field(default=None, alias="as", description="the field it is found under; by default its kind")
    once: Flag = Field(default=False, description="it comes at most once there: an object instead of a list")

    @model_validator(mode="after")
    def _columns_are_named_once(self) -> Self:
        _named_once(self.columns)
        return self


class CsvSettings(Settings):
    """How delimited text is read and written. Cells are text; their spelling is never changed."""

    delimiter: str = Field(default=",", min_length=1, max_length=1, description="the character between cells")
    quote: str | None = Field(
        default='"', min_length=1, max_length=1, description="the character around cells that need it; null for none"
    )
    encoding: Charset = Field(default="utf-8", description="the character set; a byte order mark is tolerated")
    header: Flag = Field(default=True, description="the first row names the columns")
    columns: tuple[str, ...] = Field(
        default=(), description="the names of the columns; with a header, those that must be in it"
    )
    skip: int = Field(default=0, ge=0, le=1000, description="lines before the first row to pass over when reading")
    short_rows: Literal["refuse", "pad"] = Field(
        default="refuse", description="a row with too few cells: refuse it, or read the missing cells as empty"
    )
    trim: Flag = Field(default=False, description="drop spaces around cells when reading")
    line_end: Literal["crlf", "lf"] = Field(default="crlf", description="how rows end when writing")
    records: dict[str, RecordKind] = Field(
        default_factory=dict,
        description=f"kinds of rows by their first cell, such as H and D; '{OTHER}' is every other row; "
        "each belongs to the latest row of the kind it is within",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for mark in (self.delimiter, self.quote):
            if mark in ("\r", "\n", "\0", "\ufeff", " "):
                raise ValueError(f"expected 'delimiter' and 'quote' to be visible characters or a tab, got {mark!r}")
        if self.delimiter == self.quote:
            raise ValueError(f"expected 'delimiter' and 'quote' to differ, got {self.quote!r} for both")
        if self.records and (self.columns or self.header):
            raise ValueError("expected 'header: false' and no 'columns' beside 'records': each kind of row has its own")
        _named_once(self.columns)
        _kinds_fit(self.records)
        return self


def _named_once(columns: tuple[str, ...]) -> None:
    for place, column in enumerate(columns):
        if not column or column in columns[:place]:
            raise ValueError(f"expected each column to have a name of its own, got {column!r}")


def _kinds_fit(records: dict[str, RecordKind]) -> None:
    taken: set[tuple[str | None, str]] = set()
    for kind, record in records.items():
        earlier = list(records)[: list(records).index(kind)]
        if record.within is not None and record.within not in earlier:
            raise ValueError(f"expected 'within' of {kind!r} to name a kind declared before it, got {record.within!r}")
        place = (record.within, record.name or kind)
        holder = records[record.within].columns if record.within is not None else ()
        if place in taken or place[1] in holder:
            raise ValueError(f"expected {kind!r} to be found under a name of its own, got {place[1]!r} again")
        taken.add(place)

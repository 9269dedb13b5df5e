from __future__ import annotations

import os
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.errors import CodecError
from engine.plugin import Registry
from plugins.csv import plugin
from plugins.csv.codec import CsvCodec
from plugins.csv.settings import CsvSettings, RecordKind

SAMPLES = Path(os.environ.get("CROSSDOCK_SHARED", "../shared")) / "data" / "samples" / "flatfile"

ORDERS = CsvSettings(
    header=False,
    records={
        "H": RecordKind(columns=("batch", "date", "time"), name="orders"),
        "D": RecordKind(
            columns=("batch", "barcode", "blank", "postcode", "office", "code"), within="H", name="parcels"
        ),
    },
)
BATCHES = CsvSettings(
    header=False,
    trim=True,
    records={
        "B": RecordKind(columns=(), name="batches"),
        "E": RecordKind(columns=(), within="B", name="end", once=True),
        "*": RecordKind(columns=("one", "two", "three", "four"), within="B", name="rows"),
    },
)
cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
dialects = st.builds(
    lambda delimiter, quote, end: CsvSettings(header=False, delimiter=delimiter, quote=quote, line_end=end),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(['"', "'"]),
    st.sampled_from(["crlf", "lf"]),
)


def decode(raw: bytes, **settings: Any) -> Any:
    return CsvCodec(CsvSettings(**settings)).decode(raw)


def encode(document: Any, **settings: Any) -> bytes:
    return CsvCodec(CsvSettings(**settings)).encode(document)


def sample(name: str) -> bytes:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"no sample data at {path}")
    return path.read_bytes()


def test_cells_are_text_and_keep_their_spelling() -> None:
    """No digit of an identifier is changed: leading zeros, long numbers and spaces survive."""
    raw = b"gtin,qty,note\r\n00012345678905,1.50, x \r\n"
    assert decode(raw) == [{"gtin": "00012345678905", "qty": "1.50", "note": " x "}]


def test_line_breaks_delimiters_and_quotes_inside_cells_are_read() -> None:
    assert decode(b'a,b\n"1\n2, ""x""",3\n') == [{"a": '1\n2, "x"', "b": "3"}]


def test_columns_name_the_cells_of_a_file_without_header() -> None:
    assert decode(b"1;2\n", header=False, columns=("a", "b"), delimiter=";") == [{"a": "1", "b": "2"}]


def test_without_header_and_columns_rows_are_lists() -> None:
    assert decode(b"1,2\n\n3\n", header=False) == [["1", "2"], ["3"]]


def test_a_byte_order_mark_and_another_charset_are_read() -> None:
    assert decode(b"\xef\xbb\xbfname\nx\n") == [{"name": "x"}]
    assert decode("name\nMüller\n".encode("cp1252"), encoding="windows-1252") == [{"name": "Müller"}]


def test_lines_before_the_table_are_passed_over() -> None:
    assert decode(b"Report of today\n\na,b\n1,2\n", skip=2) == [{"a": "1", "b": "2"}]


def test_short_rows_are_refused_or_padded() -> None:
    with pytest.raises(CodecError, match="expected 3 cells, got 2 at row 2, line 2"):
        decode(b"a,b,c\n1,2\n")
    assert decode(b"a,b,c\n1,2\n", short_rows="pad") == [{"a": "1", "b": "2", "c": ""}]


@pytest.mark.parametrize(
    ("raw", "finding"),
    [
        (b"a,b\n1,2,3\n", "expected 2 cells, got 3 at row 2, line 2"),
        (b'a,b\n"x\ny",1\n1,2,3\n', "expected 2 cells, got 3 at row 3, line 4"),
        (b'a\n"never closed\n', "malformed row: unexpected end of data at row 2"),
        (b'a\n"x"y\n', "malformed row: ',' expected after '\"' at row 2, line 2"),
        (b"a,a\n", "expected column 2 to have a name of its own, got 'a' at row 1"),
        (b"a,\n", "expected column 2 to have a name of its own, got '' at row 1"),
        (b"a\n\xff\n", "expected utf-8, got 0xff at byte 2"),
        (b"a\n" + b"x" * 200_000 + b"\n", "malformed row: field larger than field limit"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(raw: bytes, finding: str) -> None:
    with pytest.raises(CodecError) as caught:
        decode(raw)
    assert finding in str(caught.value)


def test_a_missing_column_is_named_with_the_nearest() -> None:
    with pytest.raises(
        CodecError, match="expected a column 'quantity' in the header, got none, the nearest is 'quantitiy'"
    ):
        decode(b"sku,quantitiy\n", columns=("sku", "quantity"))


def test_details_nest_below_their_header() -> None:
    document = CsvCodec(ORDERS).decode(sample("nested_header_detail.csv"))
    assert [order["batch"] for order in document["orders"]] == ["WJ84", "WJ85"]
    assert document["orders"][0]["date"] == "20200504"
    assert [parcel["barcode"] for parcel in document["orders"][1]["parcels"]] == ["XF460080456GB", "XF460080758GB"]


def test_nested_records_are_written_in_their_order() -> None:
    codec = CsvCodec(ORDERS)
    document = codec.decode(sample("nested_header_detail.csv"))
    assert codec.encode(document).decode().replace("\r\n", "\n") == sample("nested_header_detail.csv").decode().replace(
        '"', ""
    )
    assert codec.decode(codec.encode(document)) == document


def test_untyped_rows_lie_between_their_marks() -> None:
    document = CsvCodec(BATCHES).decode(sample("csv_header_footer.csv"))
    assert [len(batch["rows"]) for batch in document["batches"]] == [2, 1]
    assert document["batches"][0]["rows"][1] == {"one": "A", "two": "B", "three": "C", "four": "D"}
    assert document["batches"][0]["end"] == {}


@pytest.mark.parametrize(
    ("settings", "raw", "finding"),
    [
        (ORDERS, b"D,1,2,3,4,5,6\n", "expected a 'H' row before the first 'D' row at row 1"),
        (ORDERS, b"X,1\n", "expected a row of kind 'H', 'D', got 'X' at row 1"),
        (ORDERS, b"H,1,2\n", "expected 3 cells, got 2 at row 1"),
        (BATCHES, b"B\nE\nE\n", "expected one 'E' row, got a second at row 3"),
        (BATCHES, b"B\n1,2,3,4\nB\n1,2\n", "expected 4 cells, got 2 at row 4"),
    ],
)
def test_a_record_out_of_place_is_named(settings: CsvSettings, raw: bytes, finding: str) -> None:
    with pytest.raises(CodecError) as caught:
        CsvCodec(settings).decode(raw)
    assert finding in str(caught.value)


def test_values_are_written_as_cells() -> None:
    row = {"text": "00x", "whole": 5, "amount": Decimal("19.90"), "yes": True, "none": None}
    assert encode([row]) == b"text,whole,amount,yes,none\r\n00x,5,19.90,true,\r\n"


def test_columns_give_the_order_and_the_header_of_an_empty_table() -> None:
    assert encode([{"b": "2", "a": "1"}], columns=("a", "b"), line_end="lf") == b"a,b\n1,2\n"
    assert encode([], columns=("a", "b"), line_end="lf") == b"a,b\n"


@pytest.mark.parametrize(
    ("document", "finding"),
    [
        ({"a": 1}, "expected a list of rows, got dict"),
        ([{"a": []}], "expected a single value, got a list at row 2, column 1"),
        ([{"a": Decimal("NaN")}], "expected a single value"),
        (["text"], "expected an object or a list with cells in it at row 1"),
    ],
)
def test_what_no_cell_can_carry_is_refused_with_its_row(document: Any, finding: str) -> None:
    with pytest.raises(CodecError) as caught:
        encode(document)
    assert finding in str(caught.value)


def test_fields_that_no_column_holds_are_refused() -> None:
    with pytest.raises(CodecError, match="expected one of the columns a, got 'b' at row 1"):
        encode([{"a": 1, "b": 2}], columns=("a",))
    with pytest.raises(CodecError, match="expected only declared fields in 'H', got 'lines'"):
        CsvCodec(ORDERS).encode({"orders": [{"batch": "1", "lines": []}]})


def test_without_quotes_a_delimiter_in_a_cell_is_refused() -> None:
    with pytest.raises(CodecError, match="needs no quotes"):
        encode([["a|b"]], header=False, delimiter="|", quote=None)


@pytest.mark.parametrize(
    "settings",
    [
        {"delimiter": '"'},
        {"delimiter": "\n"},
        {"delimiter": ",,"},
        {"columns": ("a", "a")},
        {"records": {"D": {"columns": ["a"], "within": "H"}}, "header": False},
        {"records": {"H": {"columns": ["a"]}}},
        {"records": {"H": {"columns": ["D"]}, "D": {"columns": ["a"], "within": "H"}}, "header": False},
        {"encoding": "utf-9"},
    ],
)
def test_settings_that_do_not_fit_together_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CsvSettings(**settings)


@given(st.lists(st.lists(cells, min_size=1, max_size=5), max_size=8), dialects)
def test_every_list_of_rows_survives_both_ways(document: list[list[str]], settings: CsvSettings) -> None:
    codec = CsvCodec(settings)
    assert codec.decode(codec.encode(document)) == document


@given(
    st.lists(names, min_size=1, max_size=5, unique=True).flatmap(
        lambda keys: st.lists(st.fixed_dictionaries(dict.fromkeys(keys, cells)), min_size=1, max_size=6)
    )
)
def test_every_table_survives_both_ways(document: list[dict[str, str]]) -> None:
    codec = CsvCodec(CsvSettings())
    assert codec.decode(codec.encode(document)) == document


@given(st.lists(st.tuples(cells, st.lists(cells, max_size=3)), max_size=4))
def test_every_nested_document_survives_both_ways(orders: list[tuple[str, list[str]]]) -> None:
    settings = CsvSettings(
        header=False,
        records={"H": RecordKind(columns=("id",)), "D": RecordKind(columns=("sku",), within="H", name="lines")},
    )
    document = {"H": [{"id": order, "lines": [{"sku": sku} for sku in skus]} for order, skus in orders]}
    codec = CsvCodec(settings)
    assert codec.decode(codec.encode(document)) == document


@given(
    st.binary(max_size=200) | st.text(alphabet='HDab,;"\r\n \0', max_size=200).map(str.encode),
    st.sampled_from(
        [CsvSettings(), CsvSettings(header=False), ORDERS, BATCHES, CsvSettings(quote=None, encoding="utf-16")]
    ),
)
def test_any_bytes_are_read_or_refused(raw: bytes, settings: CsvSettings) -> None:
    with suppress(CodecError):
        CsvCodec(settings).decode(raw)


def test_the_plugin_brings_the_codec() -> None:
    kind = Registry([plugin]).codecs["csv"]
    assert kind.open(kind.settings()).media_type == "text/csv"

"""Code tables: exact text, both ways, with a version of their own."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contracts.codes import CodeTable, CodeTables, UnknownTable, UnmappedCode
from engine.errors import ConfigurationError

WAREHOUSES = "code,name,system\nEAST,Newark,wms-east\nWEST,Reno,wms-west\nTEMP,Tent,\nEAST2,Annex,wms-east\n"


def loaded(**tables: bytes) -> CodeTables:
    return CodeTables.load({f"canonical/codes/{name.replace('_', '-')}.csv": data for name, data in tables.items()})


@pytest.fixture
def tables() -> CodeTables:
    return loaded(warehouses=WAREHOUSES.encode(), skus='\ufeffsku,erp\r\n007,0012\r\n" a,b ", x \r\n'.encode())


def refused(content: bytes) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        loaded(table=content)
    return [f"{finding.line}: {finding.message}" for finding in caught.value.findings]


def test_a_code_is_looked_up_by_table_key_and_column(tables: CodeTables) -> None:
    assert tables.lookup("warehouses", "EAST", "system") == "wms-east"
    assert tables.lookup("warehouses", "EAST") == "Newark"


def test_a_column_has_a_table_name_of_its_own(tables: CodeTables) -> None:
    assert tables.lookup("warehouse-system", "WEST") == "wms-west"


def test_a_file_takes_its_name_before_a_column_of_another() -> None:
    tables = loaded(warehouses=WAREHOUSES.encode(), warehouse_system=b"code,system\nEAST,other\n")
    assert tables.lookup("warehouse-system", "EAST") == "other"


@pytest.mark.parametrize("key", ["NORTH", "east", "EAST ", "", None, 7, ["EAST"]])
def test_an_unknown_key_is_none(tables: CodeTables, key: object) -> None:
    assert tables.lookup("warehouses", key, "system") is None


def test_an_empty_cell_maps_to_nothing(tables: CodeTables) -> None:
    assert tables.lookup("warehouses", "TEMP", "system") is None
    assert tables.lookup("warehouses", "", "name", by="system") is None


def test_a_strict_lookup_raises_with_the_nearest_key(tables: CodeTables) -> None:
    """CAN-7: an unmapped code raises in place of passing through."""
    with pytest.raises(UnmappedCode) as caught:
        tables.require("warehouses", "TMP", "system")
    assert (caught.value.table, caught.value.column, caught.value.key) == ("warehouses", "system", "TMP")
    assert caught.value.nearest == "TEMP"
    assert (
        str(caught.value) == "code table 'warehouses': expected one 'system' for 'TMP', got none; did you mean 'TEMP'"
    )
    assert tables.require("warehouses", "WEST", "system") == "wms-west"


def test_a_code_is_looked_up_backwards(tables: CodeTables) -> None:
    """CAN-5."""
    assert tables.reverse("warehouses", "wms-west", "system") == ("WEST",)
    assert tables.reverse("warehouses", "wms-east", "system") == ("EAST", "EAST2")
    assert tables.lookup("warehouses", "Reno", by="name") == "WEST"
    assert tables.lookup("warehouses", "Reno", "system", by="name") == "wms-west"


def test_a_column_answers_backwards_under_a_name_of_its_own(tables: CodeTables) -> None:
    assert tables.lookup("system-warehouse", "wms-west") == "WEST"
    assert tables.lookup("system-warehouse", "wms-north") is None
    with pytest.raises(UnmappedCode):
        tables.lookup("system-warehouse", "wms-east")


def test_one_value_in_several_rows_is_no_answer(tables: CodeTables) -> None:
    """CAN-5: one-to-many is detected."""
    with pytest.raises(UnmappedCode, match="got one of EAST, EAST2"):
        tables.lookup("warehouses", "wms-east", "name", by="system")
    assert tables.table("warehouses").ambiguous("system") == {"wms-east": ("EAST", "EAST2")}


def test_an_unknown_table_or_column_is_told_with_the_nearest(tables: CodeTables) -> None:
    with pytest.raises(UnknownTable, match="no code table 'warehouse'; did you mean 'warehouses'"):
        tables.lookup("warehouse", "EAST")
    with pytest.raises(UnknownTable, match="no column of code table 'warehouses' 'sytem'; did you mean 'system'"):
        tables.lookup("warehouses", "EAST", "sytem")


def test_cells_stay_as_they_are_written(tables: CodeTables) -> None:
    """Leading zeros, blanks and commas survive; the byte order mark and the line ends do not count."""
    assert tables.table("skus").columns == ("sku", "erp")
    assert tables.lookup("skus", "007") == "0012"
    assert tables.lookup("skus", " a,b ") == " x "


def test_the_version_is_of_the_content_not_of_the_spelling() -> None:
    versions = []
    for content in (b"a,b\n1,2\n", b'\xef\xbb\xbfa,b\r\n"1","2"\r\n', b"a,b\n1,3\n", b"a,c\n1,2\n"):
        versions.append(loaded(t=content).table("t").version)
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3
    assert versions[0].startswith("sha256:")


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        (b"", ["1: expected a header of column names, got nothing"]),
        (b"code,Name\nA,x\n", ["1: expected column names such as 'code', got 'Name'"]),
        (b"code,code\n", ["1: expected each column once, got 'code' 2 times"]),
        (b"code,name\nA,x\nA,y\n", ["3: expected each key once, got 'A' a second time"]),
        (b"code,name\nA\nB,x,y\n", ["2: expected 2 cells as in the header, got 1",
                                    "3: expected 2 cells as in the header, got 3"]),
        (b"code,name\n,x\n", ["2: expected a key in column 'code', got nothing"]),
        (b"code,name\n\xff,x\n", ["0: expected UTF-8 text, got another encoding at byte 10"]),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_trusted_is_refused(content: bytes, messages: list[str]) -> None:
    assert refused(content) == messages


def test_an_unclosed_quote_is_refused() -> None:
    assert refused(b'code,name\nA,"x\n')[0].startswith("2: expected comma-separated values")


def test_other_files_are_no_tables() -> None:
    assert list(CodeTables.load({"canonical/codes/notes.txt": b"", "flows/codes/a.csv": b""})) == []


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_loader(content: bytes) -> None:
    with contextlib.suppress(ConfigurationError):
        (table,) = loaded(table=content)
        assert isinstance(table, CodeTable)

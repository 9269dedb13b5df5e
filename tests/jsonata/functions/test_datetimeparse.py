"""`$toMillis`."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.jsonata.functions.datetimeparse import to_millis
from engine.jsonata.functions.datetimes import from_millis, millis
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.missing import MISSING

NOW = datetime(2024, 2, 29, 13, 45, tzinfo=UTC)


def iso(text: Any) -> Any:
    return from_millis(text)


@pytest.mark.parametrize(
    ("timestamp", "result"),
    [
        ("2018", "2018-01-01T00:00:00.000Z"),
        ("2018-03", "2018-03-01T00:00:00.000Z"),
        ("2018-03-23", "2018-03-23T00:00:00.000Z"),
        ("2018-03-23T10:33:36", "2018-03-23T10:33:36.000Z"),
        ("2018-03-23T10:33:36.6179Z", "2018-03-23T10:33:36.617Z"),
        ("2018-03-23T10:33:36.5+05:30", "2018-03-23T05:03:36.500Z"),
        ("2018-03-23T10:33:36-0330", "2018-03-23T14:03:36.000Z"),
        ("2018-03-23T24:00:00Z", "2018-03-24T00:00:00.000Z"),
    ],
)
def test_iso_timestamps(timestamp: str, result: str) -> None:
    assert iso(to_millis(timestamp)) == result


@pytest.mark.parametrize(
    "timestamp",
    ["", "foo", "2018-3-1", "2018-03-23 10:00:00"],
)
def test_what_is_no_iso_timestamp_is_refused(timestamp: str) -> None:
    with pytest.raises(FunctionError) as caught:
        to_millis(timestamp)
    assert caught.value.code == "D3110"


def test_a_day_or_time_that_does_not_exist_is_nan() -> None:
    for timestamp in ("2018-13-01", "2018-03-00", "2018-03-23T25:00:00Z", "2018-03-23+01:00"):
        assert isnan(to_millis(timestamp))
    assert isnan(to_millis("99999999", "[Y]"))


def test_names_that_mean_nothing_count_as_left_out() -> None:
    assert iso(to_millis("Foo 2018", "[MNn] [Y]", NOW)) == "2018-01-01T00:00:00.000Z"
    assert iso(to_millis("1:05 xx", "[h]:[m] [P]", NOW)) == "2024-02-29T01:05:00.000Z"


def test_a_day_of_the_year_alone_is_of_this_year_and_time() -> None:
    assert iso(to_millis("60", "[d]", NOW)) == "2024-02-29T13:45:00.000Z"


@pytest.mark.parametrize(
    ("timestamp", "picture", "result"),
    [
        ("23/3/2018", "[D1]/[M1]/[Y]", "2018-03-23T00:00:00.000Z"),
        ("20180323101500", "[Y0001][M01][D01][H01][m01][s01]", "2018-03-23T10:15:00.000Z"),
        ("March 23rd 2018", "[MNn] [D1o] [Y]", "2018-03-23T00:00:00.000Z"),
        ("March 23RD 2018", "[MNn] [D1o] [Y]", "2018-03-23T00:00:00.000Z"),
        ("Fri, 23 Mar 2018", "[FNn,3-3], [D] [MNn,3-3] [Y]", "2018-03-23T00:00:00.000Z"),
        ("2018-60", "[Y]-[d]", "2018-03-01T00:00:00.000Z"),
        ("13 pm", "[h] [P]", "2024-03-01T01:00:00.000Z"),
        ("1/2/2018 12:05 am", "[D]/[M]/[Y] [h]:[m] [P]", "2018-02-01T00:05:00.000Z"),
        ("1/2/2018 1:05 PM", "[D]/[M]/[Y] [h]:[m] [P]", "2018-02-01T13:05:00.000Z"),
        ("2018-1-2 3:4:5.057 -03:30", "[Y]-[M]-[D] [H]:[m]:[s].[f] [Z]", "2018-01-02T06:34:05.057Z"),
        ("2018-1-2 3:4 GMT+01:00", "[Y]-[M]-[D] [H]:[m] [z]", "2018-01-02T02:04:00.000Z"),
        ("2018-1-2 3:4 +0230", "[Y]-[M]-[D] [H]:[m] [Z0]", "2018-01-02T00:34:00.000Z"),
        ("MMXVIII.C.w", "[YI].[MA].[Da]", "2018-03-23T00:00:00.000Z"),
        ("twenty-third (3)", "[Dwo] ([M])", MISSING),
        ("10:33", "[H]:[m]", "2024-02-29T10:33:00.000Z"),
        ("3-23", "[M]-[D]", "2024-03-23T00:00:00.000Z"),
    ],
)
def test_pictures(timestamp: str, picture: str, result: Any) -> None:
    expected = "2024-03-23T00:00:00.000Z" if result is MISSING else result
    assert iso(to_millis(timestamp, picture, NOW)) == expected


@pytest.mark.parametrize(
    ("timestamp", "picture"),
    [("x", "[Y]"), ("2018-03", "[Y]"), ("hello", "hello")],
)
def test_what_does_not_fit_is_missing(timestamp: str, picture: str) -> None:
    assert to_millis(timestamp, picture, NOW) is MISSING


@pytest.mark.parametrize(
    ("timestamp", "picture", "code"),
    [
        ("2018 5", "[Y] [D]", "D3136"),
        ("2018-60 5", "[Y]-[d] [H]", "D3136"),
        ("MARCH 23RD 2018", "[MNn] [D1o] [Y]", "D3136"),
        ("2018-W12-5", "[X]-W[W]-[F1]", "D3136"),
        ("2018", "[YN]", "D3133"),
        ("2018", "[Y", "D3135"),
    ],
)
def test_pictures_with_gaps_are_refused(timestamp: str, picture: str, code: str) -> None:
    with pytest.raises(FunctionError) as caught:
        to_millis(timestamp, picture, NOW)
    assert caught.value.code == code


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))
def test_what_is_written_is_read_back(moment: datetime) -> None:
    instant = millis(moment)
    assert to_millis(from_millis(instant)) == instant
    picture = "[FNn] [D1o] [MNn] [Y] [h]:[m]:[s].[f001] [PN] [Z]"
    assert to_millis(from_millis(instant, "[D] [MNn] [Y] [PN] [h]:[m]:[s].[f001] [Z]", "-0330"),
                     "[D] [MNn] [Y] [P] [h]:[m]:[s].[f001] [Z]") == instant  # fmt: skip
    assert from_millis(instant, picture)

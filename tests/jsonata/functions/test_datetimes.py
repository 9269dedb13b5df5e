"""`$fromMillis`, `$now`, `$millis`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.jsonata.functions.datetimefields import Fields, date_from_days, days_from_date
from engine.jsonata.functions.datetimes import from_millis, millis, now
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.missing import MISSING

INSTANT = 1521801216617  # 2018-03-23T10:33:36.617Z


def test_default_is_iso_in_utc() -> None:
    assert from_millis(INSTANT) == "2018-03-23T10:33:36.617Z"
    assert from_millis(D(-1)) == "1969-12-31T23:59:59.999Z"
    assert from_millis(INSTANT, MISSING, "+0530") == "2018-03-23T16:03:36.617+05:30"


@pytest.mark.parametrize(
    ("picture", "text"),
    [
        ("[Y0001]-[M01]-[D01]", "2018-03-23"),
        ("[FNn], the [Dwo] of [MNn] [Y]", "Friday, the twenty-third of March 2018"),
        ("[FNn,*-3] [D1o] [MN,*-3] [Y,2-2]", "Fri 23rd MAR 18"),
        ("[h]:[m] [P] [PN]", "10:33 am AM"),
        ("[H01]:[m01]:[s01].[f001] [Z] [z] [Z0] [Z0101t]", "10:33:36.617 +00:00 GMT+00:00 +0 Z"),
        ("[d] [W] [w] [X]-[xNn] [F1]", "82 12 4 2018-March 5"),
        ("[YI] [Da] [MA]", "MMXVIII w C"),
        ("[[[Y]]] [C] [E]", "[2018] ISO ISO"),
        ("[ Y 0001 ]", "2018"),
        ("", ""),
    ],
)
def test_pictures(picture: str, text: str) -> None:
    assert from_millis(INSTANT, picture) == text


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Z", "10:33 +00:00"),
        ("+0100", "11:33 +01:00"),
        ("-05:00", "05:33 -05:00"),
        ("-0330", "07:03 -03:30"),
        ("Europe/Berlin", "11:33 +01:00"),
        ("America/New_York", "06:33 -04:00"),
    ],
)
def test_zones_are_offsets_or_names(zone: str, text: str) -> None:
    assert from_millis(INSTANT, "[H01]:[m01] [Z]", zone) == text


@pytest.mark.parametrize(
    ("picture", "zone", "code"),
    [
        ("[Y", MISSING, "D3135"),
        ("[q]", MISSING, "D3132"),
        ("[YN]", MISSING, "D3133"),
        ("[Z010101]", MISSING, "D3134"),
        ("[Y1\u0660]", MISSING, "D3131"),
        ("[Y]", "Nowhere/Land", "D3143"),
        ("[Y]", "soon", "D3143"),
    ],
)
def test_wrong_pictures_and_zones_are_refused(picture: str, zone: Any, code: str) -> None:
    with pytest.raises(FunctionError) as caught:
        from_millis(INSTANT, picture, zone)
    assert caught.value.code == code


def test_instants_beyond_the_calendar_are_nan_as_in_the_reference() -> None:
    for value in (8.7e15, float("nan"), float("inf")):
        assert from_millis(value) == "0NaN-NaN-NaNTNaN:NaN:NaN.NaNZ"
        for picture in ("[MNn]", "[Yw]"):
            with pytest.raises(FunctionError) as caught:
                from_millis(value, picture)
            assert caught.value.code == "D1001"


def test_widths_are_bounded() -> None:
    assert len(from_millis(0, "[Y9,999]")) == 999
    with pytest.raises(FunctionError) as caught:
        from_millis(0, "[Y9,99999999]")
    assert caught.value.code == "D2016"


def test_letters_that_mean_nothing_are_written_as_the_reference_writes_them() -> None:
    assert from_millis(0, "[Q1]") == "undefined"


def test_hours_and_minutes_of_a_zone_are_taken_as_they_stand() -> None:
    assert from_millis(0, MISSING, "+9999") == "1970-01-05T04:39:00.000+99:99"


def test_now_takes_the_callers_clock() -> None:
    moment = datetime(2018, 3, 23, 11, 33, 36, 617_999, timezone(timedelta(hours=1)))
    assert millis(moment) == INSTANT
    assert now(moment) == "2018-03-23T10:33:36.617Z"
    assert now(moment, "[Y]", "+0000") == "2018"


@given(st.dates())
def test_calendar_agrees_with_the_standard_library(date: Any) -> None:
    days = (date - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    fields = Fields.of(days * 86_400_000)
    iso = date.isocalendar()
    assert days_from_date(date.year, date.month, date.day) == days
    assert date_from_days(days) == (date.year, date.month, date.day)
    assert (fields.component("X"), fields.component("W"), fields.component("F")) == (iso.year, iso.week, iso.weekday)
    assert fields.component("d") == date.timetuple().tm_yday


@pytest.mark.parametrize(
    ("date", "week", "month"), [("2018-01-01", 1, 1), ("2018-07-31", 1, 8), ("2013-02-28", 4, 2), ("2016-01-01", 5, 12)]
)
def test_weeks_of_the_month_belong_to_the_month_of_their_thursday(date: str, week: int, month: int) -> None:
    fields = Fields.of(millis(datetime.fromisoformat(date).replace(tzinfo=UTC)))
    assert (fields.component("w"), fields.component("x")) == (week, month)

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.policy.calendar import BusinessCalendar, add_business, add_business_days, is_working, parse_calendar

HOUR = 3600.0
BERLIN = ZoneInfo("Europe/Berlin")
DESK = parse_calendar("desk", ["Mon-Fri 08:00-17:00"], "Europe/Berlin", ["2026-12-25", date(2026, 12, 26)])
NIGHT = parse_calendar("night", ["daily 00:00-06:00"], "Europe/Berlin")
SPLIT = parse_calendar("split", ["Mon-Thu 08:00-12:00", "Mon-Thu 13:00-17:00", "Fri 08:00-13:00"], "Europe/Berlin")


def berlin(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


def shown(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(BERLIN).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("calendar", "now", "hours", "due"),
    [
        (DESK, "2026-07-01 09:00", 4, "2026-07-01 13:00"),
        (DESK, "2026-07-03 15:00", 4, "2026-07-06 10:00"),
        (DESK, "2026-07-04 11:00", 4, "2026-07-06 12:00"),
        (DESK, "2026-07-01 06:00", 9, "2026-07-01 17:00"),
        (DESK, "2026-12-24 16:00", 2, "2026-12-28 09:00"),
        (SPLIT, "2026-07-01 11:00", 2, "2026-07-01 14:00"),
        (SPLIT, "2026-07-03 12:00", 3, "2026-07-06 10:00"),
    ],
)
def test_business_hours_skip_nights_weekends_holidays_and_breaks(
    calendar: BusinessCalendar, now: str, hours: int, due: str
) -> None:
    assert shown(add_business(calendar, berlin(now), hours * HOUR)) == due


def test_a_working_night_over_a_clock_change_has_an_hour_less_or_more() -> None:
    """Berlin's clock jumps from 02:00 to 03:00 on 29 March and back from 03:00 to 02:00 on 25 October 2026."""
    assert shown(add_business(NIGHT, berlin("2026-03-29 00:00"), 6 * HOUR)) == "2026-03-30 01:00"
    assert shown(add_business(NIGHT, berlin("2026-10-25 00:00"), 6 * HOUR)) == "2026-10-25 05:00"


@pytest.mark.parametrize(
    ("now", "days", "due"),
    [
        ("2026-07-01 15:00", 2, "2026-07-03 15:00"),
        ("2026-07-03 15:00", 2, "2026-07-07 15:00"),
        ("2026-07-04 15:00", 2, "2026-07-08 08:00"),
        ("2026-07-03 19:00", 1, "2026-07-07 08:00"),
        ("2026-12-24 09:30", 1, "2026-12-28 09:30"),
        ("2026-03-27 09:30", 1, "2026-03-30 09:30"),
    ],
)
def test_business_days_keep_the_time_of_day(now: str, days: int, due: str) -> None:
    assert shown(add_business_days(DESK, berlin(now), days)) == due


def test_a_time_of_day_that_the_last_day_does_not_work_is_due_at_its_closing() -> None:
    assert shown(add_business_days(SPLIT, berlin("2026-07-02 16:00"), 1)) == "2026-07-03 13:00"


def test_no_business_days_from_outside_working_hours_is_the_next_opening() -> None:
    assert shown(add_business_days(DESK, berlin("2026-07-04 15:00"), 0)) == "2026-07-06 08:00"


def test_working_hours_are_known() -> None:
    assert is_working(DESK, berlin("2026-07-01 08:00"))
    assert not is_working(DESK, berlin("2026-07-01 17:00"))
    assert not is_working(DESK, berlin("2026-12-25 10:00"))


@pytest.mark.parametrize(
    ("hours", "finding"),
    [
        ([], "to have working hours"),
        (["Mon-Fri"], "expected working hours such as"),
        (["Mon-Fri 17:00-08:00"], "end on the day they start"),
        (["Mon-Fri 08:00-17:00", "Fri 08:00-13:00"], "overlap, got some on Fri"),
        (["Mo-Fri 08:00-17:00"], "expected a weekday"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(hours: list[str], finding: str) -> None:
    with pytest.raises(ValueError, match=finding):
        parse_calendar("desk", hours, "Europe/Berlin")


def test_a_holiday_that_is_no_date_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a holiday as a date"):
        parse_calendar("desk", ["Mon 08:00-17:00"], "UTC", ["Christmas"])


def test_more_working_time_than_twenty_years_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="twenty years"):
        add_business(DESK, berlin("2026-07-01 08:00"), 1e9)


@given(
    st.sampled_from([DESK, NIGHT, SPLIT]),
    st.integers(int(berlin("2026-01-01 00:00")), int(berlin("2027-12-31 00:00"))),
    st.integers(0, 200_000),
    st.integers(0, 200_000),
)
def test_due_times_add_up_and_lie_in_working_hours(
    calendar: BusinessCalendar, now: int, first: int, second: int
) -> None:
    middle = add_business(calendar, now, first)
    due = add_business(calendar, now, first + second)
    assert now <= middle <= due
    assert is_working(calendar, due) or is_working(calendar, due - 0.001)
    assert add_business(calendar, middle, second) == pytest.approx(due, abs=1e-3) or second == 0

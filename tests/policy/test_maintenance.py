from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.policy.maintenance import Window, held_until, is_open, next_change, parse_window

NEW_YORK = "Sun 02:00-04:00 America/New_York"


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def wall(text: str, zone: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def one(text: str) -> tuple[Window, ...]:
    return (parse_window(text),)


def test_a_weekly_window_opens_and_closes_by_its_zone() -> None:
    """REL-18"""
    windows = one(NEW_YORK)
    assert not is_open(windows, utc("2026-07-05 05:59:59"))
    assert is_open(windows, utc("2026-07-05 06:00"))
    assert not is_open(windows, utc("2026-07-05 08:00"))
    assert next_change(windows, utc("2026-07-05 06:30")) == utc("2026-07-05 08:00")
    assert next_change(windows, utc("2026-07-05 08:00")) == utc("2026-07-12 06:00")
    assert held_until(windows, utc("2026-07-05 06:30")) == utc("2026-07-05 08:00")
    assert held_until(windows, utc("2026-07-05 08:30")) is None


def test_a_window_whose_start_the_clock_jumps_over_opens_at_the_jump() -> None:
    """The clock of New York goes from 02:00 to 03:00 on 8 March 2026."""
    windows = one(NEW_YORK)
    assert not is_open(windows, utc("2026-03-08 06:59:59"))
    assert is_open(windows, utc("2026-03-08 07:00"))
    assert held_until(windows, utc("2026-03-08 07:00")) == utc("2026-03-08 08:00")


def test_a_window_inside_the_jump_keeps_its_length() -> None:
    windows = one("Sun 02:15-02:45 America/New_York")
    assert next_change(windows, utc("2026-03-08 05:00")) == utc("2026-03-08 07:00")
    assert held_until(windows, utc("2026-03-08 07:00")) == utc("2026-03-08 07:30")


def test_a_window_in_the_hour_that_comes_twice_lasts_through_both() -> None:
    """The clock of New York goes back from 02:00 to 01:00 on 1 November 2026."""
    windows = one("Sun 01:15-01:45 America/New_York")
    assert next_change(windows, utc("2026-11-01 04:00")) == utc("2026-11-01 05:15")
    assert held_until(windows, utc("2026-11-01 05:50")) == utc("2026-11-01 06:45")


def test_a_window_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    windows = one("Mon-Fri 22:00-02:00 UTC")
    assert is_open(windows, utc("2026-07-04 01:00"))  # a Saturday
    assert not is_open(windows, utc("2026-07-04 23:00"))
    assert not is_open(windows, utc("2026-07-06 01:00"))  # Monday, after a Sunday


def test_a_daily_window_opens_every_day() -> None:
    windows = one("daily 01:00-01:30 UTC")
    assert all(is_open(windows, utc(f"2026-07-0{day} 01:10")) for day in range(1, 8))


def test_a_dated_window_opens_once() -> None:
    windows = one("2026-12-24 18:00 - 2026-12-26 06:00 Europe/Berlin")
    assert next_change(windows, utc("2026-12-01 00:00")) == utc("2026-12-24 17:00")
    assert held_until(windows, utc("2026-12-25 00:00")) == utc("2026-12-26 05:00")
    assert next_change(windows, utc("2026-12-27 00:00")) is None


def test_a_monthly_window_opens_on_the_nth_weekday() -> None:
    first = one("1st Sun of month 02:00-05:00 Europe/Berlin")
    assert next_change(first, utc("2026-07-06 00:00")) == wall("2026-08-02 02:00", "Europe/Berlin")
    last = one("last Fri of the month 20:00-23:00 UTC")
    assert next_change(last, utc("2026-07-01 00:00")) == utc("2026-07-31 20:00")


def test_windows_that_touch_hold_traffic_to_the_end_of_the_last() -> None:
    windows = (
        parse_window("Sun 02:00-04:00 UTC"),
        parse_window("Sun 04:00-05:00 UTC"),
        parse_window("Sun 03:00-03:30 UTC"),
    )
    assert held_until(windows, utc("2026-07-05 02:30")) == utc("2026-07-05 05:00")


def test_a_system_that_is_always_in_maintenance_is_still_answered() -> None:
    windows = one("daily 00:00-24:00 UTC")
    assert (held_until(windows, utc("2026-07-05 02:30")) or 0) > utc("2027-07-05 00:00")


def test_no_windows_never_hold_anything() -> None:
    assert not is_open((), 0)
    assert next_change((), 0) is None


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("Sun 02:00-04:00", "expected a time zone at the end"),
        ("Sun 02:00-04:00 America/New_Yrok", "did you mean 'America/New_York'"),
        ("Sum 02:00-04:00 UTC", "did you mean 'Sun'"),
        ("Sun 02:00-25:00 UTC", "between 00:00 and 24:00"),
        ("Sun 02:60-04:00 UTC", "between 00:00 and 24:00"),
        ("Sun 02:00-02:00 UTC", "do not end as they start"),
        ("5th Sun of month 02:00-03:00 UTC", "expected 1st, 2nd, 3rd, 4th or last"),
        ("2026-02-30 18:00 - 2026-12-26 06:00 UTC", "expected a date of the calendar"),
        ("2026-12-26 18:00 - 2026-12-24 06:00 UTC", "ends after it starts"),
        ("0001-01-01 18:00 - 2026-12-24 06:00 UTC", "year between"),
        ("Sundays at two", "expected a maintenance window such as"),
        ("Sun 02:00-04:00 ../etc/passwd", "expected an IANA time zone"),
    ],
)
def test_a_window_that_cannot_be_read_says_why(text: str, finding: str) -> None:
    with pytest.raises(ValueError, match=finding):
        parse_window(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        parse_window(text)


@given(
    st.sampled_from(
        [
            NEW_YORK,
            "daily 01:30-02:30 Europe/Berlin",
            "Mon-Fri 22:00-02:00 America/New_York",
            "last Sun of month 00:30-03:30 UTC",
        ]
    ),
    st.integers(int(utc("2026-01-01 00:00")), int(utc("2027-12-31 00:00"))),
)
def test_the_answer_is_constant_until_the_next_change_and_differs_after(text: str, now: int) -> None:
    windows = one(text)
    change = next_change(windows, now)
    assert change is not None
    assert change > now
    before = is_open(windows, now)
    assert is_open(windows, (now + change) / 2) is before
    assert is_open(windows, change - 0.001) is before
    assert is_open(windows, change) is not before

"""Business calendars: working days and hours of a desk, so that "4 business hours" has an answer.

A calendar is written as hours (`Mon-Fri 08:00-17:00`, several lines for a lunch break or a short Friday), a time zone
and holidays. Due times are computed in its zone, across weekends, holidays and clock changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from engine.policy.wall_time import WEEKDAYS, DayHours, at, local, parse_days, parse_hours, parse_zone

_MAX_DAYS = 20 * 366


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """`hours[n]` are the spans worked on weekday n (Monday 0), in order; none on `holidays`."""

    name: str
    zone: ZoneInfo
    hours: tuple[tuple[DayHours, ...], ...]
    holidays: frozenset[date] = frozenset()

    def spans_on(self, day: date) -> tuple[tuple[float, float], ...]:
        """The spans worked on a day, as (start, end) in epoch seconds."""
        if day in self.holidays:
            return ()
        return tuple(hours.on(day, self.zone) for hours in self.hours[day.weekday()])

    def works_on(self, day: date) -> bool:
        return day not in self.holidays and bool(self.hours[day.weekday()])


def parse_calendar(name: str, hours: Iterable[str], zone: str, holidays: Iterable[str | date] = ()) -> BusinessCalendar:
    """Read a calendar; `ValueError` says which line is wrong and what was expected."""
    week: list[list[DayHours]] = [[] for _ in WEEKDAYS]
    for line in hours:
        days_text, _, hours_text = line.strip().rpartition(" ")
        if not days_text:
            raise ValueError(f"expected working hours such as 'Mon-Fri 08:00-17:00', got {line!r}")
        span = parse_hours(hours_text)
        if span.overnight:
            raise ValueError(f"expected working hours that end on the day they start, got {line!r}: split it at 24:00")
        for day in parse_days(days_text):
            week[day].append(span)
    if not any(week):
        raise ValueError(f"expected calendar '{name}' to have working hours, got none")
    ordered = tuple(tuple(sorted(spans, key=lambda span: span.start)) for spans in week)
    for weekday, spans in zip(WEEKDAYS, ordered, strict=True):
        if any(after.start < before.end for before, after in pairwise(spans)):
            raise ValueError(f"expected the working hours of a day not to overlap, got some on {weekday} in '{name}'")
    return BusinessCalendar(name, parse_zone(zone), ordered, frozenset(_holiday(day) for day in holidays))


def is_working(calendar: BusinessCalendar, now: float) -> bool:
    """Whether `now` lies in working hours."""
    return any(start <= now < end for start, end in calendar.spans_on(local(now, calendar.zone).date()))


def add_business(calendar: BusinessCalendar, now: float, seconds: float) -> float:
    """The time by which `seconds` of working time have passed since `now`: for "4 business hours".

    `ValueError` when that is more than twenty years away.
    """
    if seconds < 0:
        raise ValueError(f"expected a duration of 0 s or more, got {seconds:g}")
    left = seconds
    for start, end in _spans_from(calendar, now):
        begin = max(start, now)
        if left <= end - begin:
            return begin + left
        left -= end - begin
    raise ValueError(f"calendar '{calendar.name}' has no {seconds:g} s of working time within twenty years")


def add_business_days(calendar: BusinessCalendar, now: float, days: int) -> float:
    """The same time of day `days` working days later: for "2 business days".

    Outside working hours the count begins at the next opening. A time of day that the last day does not work is due at
    that day's closing.
    """
    if days < 0:
        raise ValueError(f"expected 0 business days or more, got {days}")
    begin = add_business(calendar, now, 0)
    wall = local(begin, calendar.zone)
    day = wall.date()
    for _ in range(days):
        day = _next_working_day(calendar, day)
    due = at(day, wall.hour * 60 + wall.minute, calendar.zone, later=False) + wall.second + wall.microsecond / 1e6
    if not days:
        return begin
    spans = calendar.spans_on(day)
    return min(max(due, spans[0][0]), spans[-1][1]) if spans else due


def _spans_from(calendar: BusinessCalendar, now: float) -> Iterator[tuple[float, float]]:
    today = local(now, calendar.zone).date()
    for offset in range(_MAX_DAYS):
        for start, end in calendar.spans_on(today + timedelta(days=offset)):
            if end > now:
                yield start, end


def _next_working_day(calendar: BusinessCalendar, day: date) -> date:
    for offset in range(1, _MAX_DAYS):
        candidate = day + timedelta(days=offset)
        if calendar.works_on(candidate):
            return candidate
    raise ValueError(f"calendar '{calendar.name}' has no working day within twenty years")


def _holiday(day: str | date) -> date:
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day.strip())
    except ValueError:
        raise ValueError(f"expected a holiday as a date such as '2026-12-25', got {day!r}") from None

"""Maintenance windows: the times at which a system's owner has announced that it does not answer.

    Sun 02:00-04:00 America/New_York
    Mon-Fri 22:00-02:00 UTC                      (ends the next day)
    daily 01:00-01:30 UTC
    1st Sun of month 02:00-05:00 Europe/Berlin   (1st to 4th, or last)
    2026-12-24 18:00 - 2026-12-26 06:00 Europe/Berlin

While a window is open the system's channel pauses; what waits is released in order when it closes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from engine.policy.wall_time import (
    DayHours,
    at,
    local,
    minutes,
    parse_days,
    parse_hours,
    parse_weekday,
    parse_zone,
)

_ORDINALS = {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "last": -1}
_MONTHLY = re.compile(r"(\S+)\s+(\S+)\s+of\s+(?:the\s+)?month\s+([0-9:]+\s*-\s*[0-9:]+)\s+(\S+)", re.IGNORECASE)
_WEEKLY = re.compile(r"([A-Za-z]+(?:\s*[,-]\s*[A-Za-z]+)*)\s+([0-9:]+\s*-\s*[0-9:]+)\s+(\S+)")
_STAMP = r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{1,2}):([0-9]{2})"
_DATED = re.compile(rf"{_STAMP}\s*-\s*{_STAMP}\s+(\S+)")
_EXAMPLES = "'Sun 02:00-04:00 America/New_York', 'daily 01:00-01:30 UTC' or '2026-12-24 18:00 - 2026-12-26 06:00 UTC'"
_SEARCH_DAYS = 70  # more than the longest gap between two occurrences, of a monthly window
_MAX_CHAIN = 400  # windows that touch each other, such as a daily one of 24 hours, are followed this far


@dataclass(frozen=True, slots=True)
class RecurringWindow:
    """On the weekdays (Monday 0), every week, or only on the month's `nth` such day (-1 the last)."""

    text: str
    days: frozenset[int]
    hours: DayHours
    zone: ZoneInfo
    nth: int | None = None

    def from_time(self, now: float) -> tuple[float, float] | None:
        """The occurrence open at `now` or else the next, as (start, end)."""
        today = local(now, self.zone).date()
        for offset in range(-1, _SEARCH_DAYS):
            day = today + timedelta(days=offset)
            if self._falls_on(day):
                start, end = self.hours.on(day, self.zone)
                if end > now:
                    return start, end
        return None

    def _falls_on(self, day: date) -> bool:
        if day.weekday() not in self.days:
            return False
        if self.nth is None:
            return True
        if self.nth < 0:
            return (day + timedelta(days=7)).month != day.month
        return (day.day - 1) // 7 + 1 == self.nth


@dataclass(frozen=True, slots=True)
class DatedWindow:
    """Once, from `start` to `end` in epoch seconds."""

    text: str
    start: float
    end: float

    def from_time(self, now: float) -> tuple[float, float] | None:
        """The window while it is open or still to come."""
        return (self.start, self.end) if self.end > now else None


Window = RecurringWindow | DatedWindow


def parse_window(text: str) -> Window:
    """Read one window in the spellings above; `ValueError` says what was expected and what was found."""
    stripped = text.strip()
    if match := _DATED.fullmatch(stripped):
        return _dated(stripped, match)
    if match := _MONTHLY.fullmatch(stripped):
        nth = _ORDINALS.get(match[1].lower())
        if nth is None:
            raise ValueError(f"expected 1st, 2nd, 3rd, 4th or last before the weekday, got {match[1]!r}")
        days = frozenset({parse_weekday(match[2])})
        return RecurringWindow(stripped, days, parse_hours(match[3]), parse_zone(match[4]), nth)
    if match := _WEEKLY.fullmatch(stripped):
        return RecurringWindow(stripped, parse_days(match[1]), parse_hours(match[2]), parse_zone(match[3]))
    if _WEEKLY.fullmatch(f"{stripped} UTC"):
        raise ValueError(f"expected a time zone at the end of the window, such as 'UTC', got {text!r}")
    raise ValueError(f"expected a maintenance window such as {_EXAMPLES}, got {text!r}")


def is_open(windows: Iterable[Window], now: float) -> bool:
    """Whether traffic is held by any of the windows at `now`."""
    return any(found[0] <= now for window in windows if (found := window.from_time(now)))


def next_change(windows: Iterable[Window], now: float) -> float | None:
    """When `is_open` next changes: the end of all windows open now, touching ones included, or the next start.
    None when no window is to come."""
    known = tuple(windows)
    if is_open(known, now):
        return _end_of_chain(known, now)
    return min((found[0] for window in known if (found := window.from_time(now))), default=None)


def held_until(windows: Iterable[Window], now: float) -> float | None:
    """The time until which traffic is held, or None when it may flow now."""
    known = tuple(windows)
    return _end_of_chain(known, now) if is_open(known, now) else None


def _end_of_chain(windows: tuple[Window, ...], now: float) -> float:
    end = now
    for _ in range(_MAX_CHAIN):
        open_ends = [found[1] for window in windows if (found := window.from_time(end)) and found[0] <= end]
        if not open_ends:
            break
        end = max(open_ends)
    return end


def _dated(text: str, match: re.Match[str]) -> DatedWindow:
    zone = parse_zone(match[7])
    start = _instant(text, match[1], match[2], match[3], zone, later=False)
    end = _instant(text, match[4], match[5], match[6], zone, later=True)
    if end <= start:
        raise ValueError(f"expected a window that ends after it starts, got {text!r}")
    return DatedWindow(text, start, end)


def _instant(text: str, day: str, hour: str, minute: str, zone: ZoneInfo, *, later: bool) -> float:
    try:
        parsed = date.fromisoformat(day)
    except ValueError:
        raise ValueError(f"expected a date of the calendar, got {day!r} in {text!r}") from None
    if not 1970 <= parsed.year < 9999:
        raise ValueError(f"expected a year between 1970 and 9998, got {day!r} in {text!r}")
    return at(parsed, minutes(int(hour), int(minute), text), zone, later=later)

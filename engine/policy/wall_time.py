"""Wall-clock time in a zone: what maintenance windows and business calendars are written in.

Clock changes are decided here, once. A wall time that does not exist (the clock jumps over it) is the instant of the
jump; one that exists twice is the first for a start and the second for an end.
"""

from __future__ import annotations

import difflib
import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_MINUTES = 24 * 60
_HOURS = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class DayHours:
    """From `start` to `end`, in minutes after midnight; an end not after the start lies on the next day."""

    start: int
    end: int

    @property
    def overnight(self) -> bool:
        return self.end <= self.start

    def on(self, day: date, zone: zoneinfo.ZoneInfo) -> tuple[float, float]:
        """The epoch seconds at which it starts and ends when it starts on `day`."""
        first = at(day, self.start, zone, later=False)
        last = at(day + timedelta(days=int(self.overnight)), self.end, zone, later=True)
        # Both ends inside a jump of the clock: it keeps its length, counted from the jump.
        return first, last if last > first else first + ((self.end - self.start) % _DAY_MINUTES) * 60.0


def parse_zone(name: str) -> zoneinfo.ZoneInfo:
    """The IANA time zone of that name; `ValueError` with the nearest right one when there is none."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(name, zoneinfo.available_timezones(), n=1)
        hint = f"; did you mean {near[0]!r}" if near else ""
        raise ValueError(f"expected an IANA time zone such as 'Europe/Berlin', got {name!r}{hint}") from None


def parse_hours(text: str) -> DayHours:
    """`HH:MM-HH:MM`, the end up to 24:00 and possibly on the next day (`22:00-02:00`)."""
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected hours as 'HH:MM-HH:MM', got {text!r}")
    start = minutes(int(match[1]), int(match[2]), text)
    end = minutes(int(match[3]), int(match[4]), text)
    if start in (_DAY_MINUTES, end):
        raise ValueError(f"expected hours that start before 24:00 and do not end as they start, got {text!r}")
    return DayHours(start, end)


def minutes(hour: int, minute: int, text: str) -> int:
    """Minutes after midnight; `ValueError` naming `text` when there is no such time of day."""
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        raise ValueError(f"expected a time of day between 00:00 and 24:00, got {hour:02}:{minute:02} in {text!r}")
    return hour * 60 + minute


def parse_days(text: str) -> frozenset[int]:
    """Weekday numbers (Monday 0) from `daily`, `Sun`, `Mon-Fri`, `Sat,Sun` or `Fri-Mon`."""
    if text.lower() == "daily":
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        start = parse_weekday(first)
        end = parse_weekday(last) if dash else start
        days.update((start + offset) % 7 for offset in range((end - start) % 7 + 1))
    return frozenset(days)


def parse_weekday(text: str) -> int:
    """Monday is 0; three letters or the whole English name, in any case."""
    word = text.strip().capitalize()
    if word[:3] in WEEKDAYS and word in (word[:3], _FULL_NAMES[word[:3]]):
        return WEEKDAYS.index(word[:3])
    near = difflib.get_close_matches(word, (*WEEKDAYS, *_FULL_NAMES.values()), n=1)
    hint = f"; did you mean {near[0]!r}" if near else ""
    raise ValueError(f"expected a weekday ({', '.join(WEEKDAYS)}) or 'daily', got {text.strip()!r}{hint}")


_FULL_NAMES = {
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Fri": "Friday",
    "Sat": "Saturday",
    "Sun": "Sunday",
}


def local(now: float, zone: zoneinfo.ZoneInfo) -> datetime:
    """The wall clock in the zone at that instant."""
    return datetime.fromtimestamp(now, UTC).astimezone(zone)


def at(day: date, minute: int, zone: zoneinfo.ZoneInfo, *, later: bool) -> float:
    """The instant at which the zone's clock reads `minute` minutes after midnight of `day` (1440 is the next midnight).
    `later` chooses the second when the clock shows it twice."""
    naive = datetime.combine(day, time()) + timedelta(minutes=minute)
    early = naive.replace(tzinfo=zone, fold=0).timestamp()
    late = naive.replace(tzinfo=zone, fold=1).timestamp()
    if early > late:  # the clock jumps over it: with fold=0 it is read on the clock before the jump
        return _jump(late, early, zone)
    return late if later else early


def _jump(before: float, after: float, zone: zoneinfo.ZoneInfo) -> float:
    """The instant between the two at which the zone's offset changes, to the second."""
    target = local(after, zone).utcoffset()
    low, high = int(before), int(after)
    while low < high:
        middle = (low + high) // 2
        if local(middle, zone).utcoffset() == target:
            high = middle
        else:
            low = middle + 1
    return float(low)

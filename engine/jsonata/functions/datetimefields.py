"""The fields of an instant: calendar, weeks and time of day, for all the years a JavaScript date has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY: Final = 86_400_000
MAX_MILLIS: Final = 8_640_000_000_000_000  # the range of a JavaScript date, on both sides of 1970

_FIELDS: Final = {
    "Y": "year",
    "M": "month",
    "D": "day",
    "F": "weekday",
    "H": "hour",
    "m": "minute",
    "s": "second",
    "f": "millisecond",
}


def days_from_date(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the proleptic Gregorian calendar; a day beyond its month runs on."""
    shifted = year - (month <= 2)  # years that start in March put the leap day last
    era, of_era = divmod(shifted, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year + day - 719_469


def date_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of an instant in UTC. `days` counts from 1970-01-01, `weekday` is 1 for Monday to 7 for Sunday."""

    days: int
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millisecond: int

    @classmethod
    def of(cls, millis: int) -> Fields:
        """The fields of an instant given in milliseconds since 1970-01-01T00:00Z."""
        days, rest = divmod(millis, DAY)
        seconds, millisecond = divmod(rest, 1000)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        return cls(days, *date_from_days(days), hour, minute, second, millisecond)

    @property
    def weekday(self) -> int:
        return (self.days + 3) % 7 + 1

    def component(self, name: str) -> int:
        """The number that a component of a date picture (Y, M, D, d, F, W, w, X, x, H, h, m, s, f) has."""
        field = _FIELDS.get(name)
        if field is not None:
            return int(getattr(self, field))
        if name == "h":
            return (self.hour - 1) % 12 + 1
        if name == "d":
            return self.days - days_from_date(self.year, 1, 1) + 1
        if name in "Ww":
            return self._week(12 if name == "W" else 1)
        return self._week_year() if name == "X" else self._week_month()

    def _week(self, months: int) -> int:
        """The week of the year (12 months) or of the month (1): the first one has the first Thursday."""
        year, month = (self.year, 1) if months == 12 else (self.year, self.month)
        if self.days >= first_week(*_shifted(year, month, months)):
            return 1
        start = first_week(year, month)
        if self.days < start:
            start = first_week(*_shifted(year, month, -months))
        return (self.days - start) // 7 + 1

    def _week_year(self) -> int:
        if self.days < first_week(self.year, 1):
            return self.year - 1
        return self.year + (self.days >= first_week(self.year + 1, 1))

    def _week_month(self) -> int:
        if self.days < first_week(self.year, self.month):
            return _shifted(self.year, self.month, -1)[1]
        following = _shifted(self.year, self.month, 1)
        return following[1] if self.days >= first_week(*following) else self.month


def _shifted(year: int, month: int, months: int) -> tuple[int, int]:
    years, index = divmod(month - 1 + months, 12)
    return year + years, index + 1


def first_week(year: int, month: int) -> int:
    """The days since 1970 of the Monday that starts the week of the month's first Thursday."""
    first = days_from_date(year, month, 1)
    weekday = (first + 3) % 7 + 1
    return first + 8 - weekday if weekday > 4 else first - weekday + 1

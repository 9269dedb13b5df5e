"""Cron lines of five fields, checked when the workspace loads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from engine.fields.nearest import did_you_mean
from engine.fields.scalar import BadScalar, Scalar, bad_scalar

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_EXPECTED = "a cron line of five fields such as '0 6 * * mon-fri'"
_PART = re.compile(r"(\*|[a-z0-9]+(?:-[a-z0-9]+)?)(?:/([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True)
class _Field:
    title: str
    first: int
    last: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _WEEKDAYS),
)


@dataclass(frozen=True, slots=True)
class CronText(Scalar):
    """A cron line: minute, hour, day of month, month, day of week (0 and 7 are Sunday, or names).

    `weekday` is the fifth field with names in place of numbers, because schedulers do not agree on which day is 0.
    """

    noun: ClassVar[str] = "cron line"
    description: ClassVar[str] = (
        "a cron line: minute, hour, day of month, month, day of week (0 or 7 is Sunday, or names)"
    )
    examples: ClassVar[tuple[str, ...]] = ("*/5 * * * *", "0 6 * * mon-fri")
    pattern: ClassVar[str | None] = r"^\s*\S+(\s+\S+){4}\s*$"

    text: str
    minute: str
    hour: str
    day: str
    month: str
    weekday: str

    @classmethod
    def parse(cls, value: object) -> Self:
        if not isinstance(value, str):
            raise bad_scalar("XD801", _EXPECTED, value)
        parts = value.lower().split()
        if len(parts) != len(_FIELDS):
            raise bad_scalar("XD801", _EXPECTED, value, f"it has {len(parts)} fields")
        values = [_field_values(field, part, value) for field, part in zip(_FIELDS, parts, strict=True)]
        minute, hour, day, month, weekday = parts
        if weekday != "*":
            days = sorted({number % 7 for number in values[4]})
            weekday = ",".join(_WEEKDAYS[number] for number in days)
        if not any(_month_has(month_number, min(values[2])) for month_number in values[3]) and parts[4] == "*":
            raise bad_scalar("XD801", _EXPECTED, value, "no month has that day")
        return cls(str(value), minute, hour, day, month, weekday)

    @property
    def with_named_days(self) -> str:
        """The line with the names of the weekdays, which mean the same to every scheduler."""
        return f"{self.minute} {self.hour} {self.day} {self.month} {self.weekday}"

    def __str__(self) -> str:
        return self.text


def _month_has(month: int, day: int) -> bool:
    return day <= {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)


def _field_values(field: _Field, text: str, whole: str) -> set[int]:
    """The numbers a field stands for; raises `BadScalar` with the field's name."""
    values: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise _bad(field, part, whole)
        first, last = _range(field, match[1], whole)
        step = int(match[2]) if match[2] else 1
        if step == 0:
            raise _bad(field, part, whole)
        if match[2] and match[1] != "*" and "-" not in match[1]:
            last = field.last
        values.update(range(first, last + 1, step))
    return values


def _range(field: _Field, text: str, whole: str) -> tuple[int, int]:
    if text == "*":
        return field.first, field.last
    first, _, last = text.partition("-")
    low = _number(field, first, whole)
    high = _number(field, last, whole) if last else low
    if field.names and low > high and high == 0 and "sun" in field.names:
        high = 7  # fri-sun
    if low > high:
        raise _bad(field, text, whole)
    return low, high


def _number(field: _Field, text: str, whole: str) -> int:
    if text in field.names:
        return field.first + field.names.index(text)
    if not text.isdecimal() or not field.first <= int(text) <= field.last:
        raise _bad(field, text, whole)
    return int(text)


def _bad(field: _Field, part: str, whole: str) -> BadScalar:
    hint = did_you_mean(part, field.names) or f"its {field.title} '{part}' is not within {field.first} to {field.last}"
    return bad_scalar("XD801", _EXPECTED, whole, hint)

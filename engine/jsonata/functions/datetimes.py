"""`$fromMillis`, `$now` and `$millis`; times are milliseconds since 1970-01-01T00:00Z, the clock is the caller's."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final

from engine.jsonata.functions.datetimefields import MAX_MILLIS, Fields
from engine.jsonata.functions.datetimepicture import DAYS, ISO_PICTURE, MONTHS, NUMERIC, Marker, date_picture
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.integerpicture import IntegerPicture, write_integer, write_nan
from engine.jsonata.functions.timezones import Offset, zone_offset
from engine.jsonata.missing import MISSING

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_YEAR_DIGITS: Final = 300


def millis(moment: datetime) -> int:
    """Milliseconds since the epoch of an aware datetime, rounded down."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def now(moment: datetime, picture: Any = MISSING, timezone: Any = MISSING) -> str:
    """An aware datetime as `from_millis` writes it."""
    return str(from_millis(millis(moment), picture, timezone))


def from_millis(value: Any, picture: Any = MISSING, timezone: Any = MISSING) -> Any:
    """An instant by a date picture (default ISO 8601 with milliseconds) in a time zone (default UTC).

    Beyond the years that a date has, its fields are NaN. Raises D3131 to D3135 for the picture, D3143 for the zone,
    D1001 for a name or words of NaN.
    """
    if value is MISSING:
        return MISSING
    instant = int(value) if -math.inf < value < math.inf else MAX_MILLIS + 1
    parts = date_picture(ISO_PICTURE if picture is MISSING else picture)
    offset = Offset() if timezone is MISSING else zone_offset(timezone, min(instant, MAX_MILLIS))
    local = instant + offset.total * 60_000
    fields = Fields.of(local) if -MAX_MILLIS <= local <= MAX_MILLIS else None
    if picture is MISSING and timezone is MISSING and fields is not None:
        return _iso(fields)
    return "".join([part if isinstance(part, str) else _written(part, fields, offset) for part in parts])


def _iso(fields: Fields) -> str:
    year = fields.year if 0 <= fields.year < 10_000 else math.fmod(fields.year, 10_000)
    sign = "-" if year < 0 else ""
    return (
        f"{sign}{abs(int(year)):04}-{fields.month:02}-{fields.day:02}"
        f"T{fields.hour:02}:{fields.minute:02}:{fields.second:02}.{fields.millisecond:03}Z"
    )


def _written(marker: Marker, fields: Fields | None, offset: Offset) -> str:
    component = marker.component
    if component in "Zz":
        return _zone(marker, offset)
    if component in "CE":
        return "ISO"
    if component == "P":
        half = "pm" if fields is not None and fields.hour >= 12 else "am"
        return half.upper() if marker.names == "upper" else half
    if component not in NUMERIC:
        return "undefined"  # what the reference writes for a letter that means nothing
    if marker.names is not None:
        return _name(marker, fields)
    assert marker.integer is not None  # numeric components have a number format unless they are names
    if fields is None:
        return write_nan(marker.integer)
    value = fields.component(component)
    if 0 < marker.year_digits < _MOST_YEAR_DIGITS:
        value = int(math.fmod(value, 10**marker.year_digits))
    return write_integer(value, marker.integer)


def _name(marker: Marker, fields: Fields | None) -> str:
    if marker.component not in "MxF":
        raise FunctionError("D3133", marker.component)
    if fields is None:
        raise FunctionError("D1001", math.nan)
    name = (DAYS if marker.component == "F" else MONTHS)[fields.component(marker.component) - 1]
    if marker.names != "title":
        name = name.upper() if marker.names == "upper" else name.lower()
    return name[: marker.max_width]


def _zone(marker: Marker, offset: Offset) -> str:
    """An offset as the marker says: +01:00, +0100, +1 or GMT+01:00."""
    assert marker.integer is not None  # set for both zone components
    sign = "-" if offset.total < 0 else "+"
    text = sign + _offset(offset.hours, offset.minutes, marker.integer)
    if offset.total == 0 and marker.zulu:
        return "Z"
    return "GMT" + text if marker.component == "z" else text


def _offset(hours: int, minutes: int, integer: IntegerPicture) -> str:
    if integer.interval or integer.mandatory in (3, 4):
        return write_integer(100 * hours + minutes, integer)
    if integer.mandatory in (1, 2):
        return write_integer(hours, integer) + (f":{minutes:02}" if minutes else "")
    raise FunctionError("D3134", integer.mandatory)

"""`$fromMillis`, `$now` and `$millis`; times are milliseconds since 1970-01-01T00:00Z, the clock is the caller's."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from engine.jsonata.functions.datetimefields import MAX_MILLIS, Fields
from engine.jsonata.functions.datetimepicture import DAYS, ISO_PICTURE, MONTHS, Marker, date_picture
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.integerpicture import IntegerPicture, write_integer
from engine.jsonata.functions.timezones import offset_minutes
from engine.jsonata.missing import MISSING

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def millis(moment: datetime) -> int:
    """Milliseconds since the epoch of an aware datetime, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def now(moment: datetime, picture: Any = MISSING, timezone: Any = MISSING) -> str:
    """An aware datetime as `from_millis` writes it."""
    return str(from_millis(millis(moment), picture, timezone))


def from_millis(value: Any, picture: Any = MISSING, timezone: Any = MISSING) -> Any:
    """An instant by a date picture (default ISO 8601 with milliseconds) in a time zone (default UTC).

    Raises D1001 beyond the years a date has, D3131 to D3135 for the picture, D3143 for the zone.
    """
    if value is MISSING:
        return MISSING
    if (isinstance(value, float) and not math.isfinite(value)) or abs(value) > MAX_MILLIS:
        raise FunctionError("D1001", value)
    instant = int(value)
    if picture is MISSING and timezone is MISSING:
        return _iso(Fields.of(instant))
    offset = 0 if timezone is MISSING else offset_minutes(timezone, instant)
    fields = Fields.of(instant + offset * 60_000)
    parts = date_picture(ISO_PICTURE if picture is MISSING else picture)
    return "".join([part if isinstance(part, str) else _written(part, fields, offset) for part in parts])


def _iso(fields: Fields) -> str:
    year = fields.year if 0 <= fields.year < 10_000 else math.fmod(fields.year, 10_000)
    sign = "-" if year < 0 else ""
    return (
        f"{sign}{abs(int(year)):04}-{fields.month:02}-{fields.day:02}"
        f"T{fields.hour:02}:{fields.minute:02}:{fields.second:02}.{fields.millisecond:03}Z"
    )


def _written(marker: Marker, fields: Fields, offset: int) -> str:
    component = marker.component
    if component in "Zz":
        return _zone(marker, offset)
    if component in "CE":
        return "ISO"
    if component == "P":
        half = "am" if fields.hour < 12 else "pm"
        return half.upper() if marker.names == "upper" else half
    if marker.names is not None:
        return _name(marker, fields)
    assert marker.integer is not None  # numeric components have a number format unless they are names
    value = fields.component(component)
    if marker.year_digits:
        value = int(math.fmod(value, 10**marker.year_digits))
    return write_integer(value, marker.integer)


def _name(marker: Marker, fields: Fields) -> str:
    value = fields.component(marker.component)
    if marker.component in "Mx":
        name = MONTHS[value - 1]
    elif marker.component == "F":
        name = DAYS[value - 1]
    else:
        raise FunctionError("D3133", marker.component)
    if marker.names != "title":
        name = name.upper() if marker.names == "upper" else name.lower()
    return name[: marker.max_width]


def _zone(marker: Marker, offset: int) -> str:
    """An offset of minutes as the marker says: +01:00, +0100, +1 or GMT+01:00."""
    assert marker.integer is not None  # set for both zone components
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset), 60)
    text = sign + _offset(hours, minutes, marker.integer)
    if offset == 0 and marker.zulu:
        return "Z"
    return "GMT" + text if marker.component == "z" else text


def _offset(hours: int, minutes: int, integer: IntegerPicture) -> str:
    if integer.interval or integer.mandatory in (3, 4):
        return write_integer(100 * hours + minutes, integer)
    if integer.mandatory in (1, 2):
        return write_integer(hours, integer) + (f":{minutes:02}" if minutes else "")
    raise FunctionError("D3134", integer.mandatory)

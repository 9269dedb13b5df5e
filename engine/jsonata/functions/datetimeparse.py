"""`$toMillis`: read a timestamp in ISO 8601, or as a date picture says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from math import nan
from typing import Any, Final

import regex

from engine.jsonata.functions.datetimefields import DAY, MAX_MILLIS, Fields, date_from_days, days_from_date
from engine.jsonata.functions.datetimepicture import DAYS, MONTHS, Marker, Part, date_picture
from engine.jsonata.functions.datetimes import millis
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.integerpicture import IntegerPicture, read_integer
from engine.jsonata.functions.numberwords import WORD_VALUES
from engine.jsonata.missing import MISSING

_ISO: Final = re.compile(
    r"(\d{4})(?:-([01]\d))?(?:-([0-3]\d))?(?:T([0-2]\d):([0-5]\d):([0-5]\d))?(?:\.(\d+))?"
    r"(?:([+-])([0-2]\d):?([0-5]\d)|Z)?",
    re.ASCII,
)
_USUAL: Final = frozenset(("--T::Z", "--T::+:", "--T::-:"))
"""Every third character from the fifth on of a date and a time to the second with a zone."""
_WORDS: Final = "(?:" + "|".join([*WORD_VALUES, "and", "[-, ]"]) + ")+"
_DAY_OF_YEAR: Final = frozenset("Yd")
_WEEK_DATES: Final = (frozenset("Xxw"), frozenset("XW"))
_SECONDS: Final = 1.0  # far more than any timestamp takes to match

Value = int | float | None
"""What stands for a component: NaN for a number that is none, None for a name that means nothing."""

Reader = Callable[[str], Value]


def to_millis(timestamp: Any, picture: Any = MISSING, now: datetime | None = None) -> Any:
    """Milliseconds since the epoch of a timestamp in ISO 8601, or in the form of a picture; UTC where it has no zone.

    MISSING where the timestamp does not fit the picture. What a picture leaves out on the left is taken from `now`.
    NaN for a day or time that does not exist. Raises D3110 for text that is no ISO timestamp, D3136 for a picture with
    gaps, D3131 to D3135 for a wrong picture.
    """
    if timestamp is MISSING:
        return MISSING
    if picture is MISSING:
        return _from_iso(timestamp)
    if timestamp.__class__ is not str:  # where the argument was given in part
        raise FunctionError("T0410", timestamp, index=1)
    values = _read(timestamp, date_picture(picture))
    if not values:
        return MISSING
    return _instant(values, None if now is None else Fields.of(millis(now)))


def _from_iso(timestamp: Any) -> int | float:
    if timestamp.__class__ is not str:
        raise FunctionError("D3110", timestamp)
    if timestamp[4::3] in _USUAL and timestamp[23:24] < "6":  # Python takes 60 minutes for an offset
        try:
            return millis(datetime.fromisoformat(timestamp))
        except ValueError:  # the reference also reads 31 February
            pass
    found = _ISO.fullmatch(timestamp)
    if found is None:
        raise FunctionError("D3110", timestamp)
    year, month, day = int(found[1]), int(found[2] or "1"), int(found[3] or "1")
    hour, minute, second = (int(text or "0") for text in found.groups()[3:6])
    seconds = (hour * 60 + minute) * 60 + second
    fraction = int((found[7] or "0")[:3].ljust(3, "0"))
    offset = int(found[9] or "0") * 60 + int(found[10] or "0")
    untimed = found[4] is None and (found[7] or found[8])
    if untimed or not 1 <= month <= 12 or not 1 <= day <= 31 or seconds * 1000 + fraction > DAY or offset >= 1440:
        return nan
    shift = -offset if found[8] == "-" else offset
    return days_from_date(year, month, day) * DAY + (seconds - 60 * shift) * 1000 + fraction


@lru_cache(maxsize=256)
def _reader(parts: tuple[Part, ...]) -> tuple[regex.Pattern[str], tuple[tuple[str, Reader], ...]]:
    """The expression that a timestamp must match as a whole, one group a marker, and what reads each group."""
    pattern: list[str] = []
    readers: list[tuple[str, Reader]] = []
    for part in parts:
        if isinstance(part, str):
            pattern.append(re.escape(part))
        else:
            expression, reader = _marker_reader(part)
            pattern.append(f"({expression})")
            readers.append((part.component, reader))
    return regex.compile("".join(pattern), regex.V0 | regex.IGNORECASE), tuple(readers)


def _read(timestamp: str, parts: tuple[Part, ...]) -> dict[str, Value]:
    """The components of a timestamp, empty where it does not fit."""
    pattern, readers = _reader(parts)
    try:
        found = pattern.fullmatch(timestamp, timeout=_SECONDS)
    except TimeoutError as error:
        raise FunctionError("D3142", timestamp) from error
    if found is None:
        return {}
    return {component: reader(text) for (component, reader), text in zip(readers, found.groups(), strict=True)}


def _marker_reader(marker: Marker) -> tuple[str, Reader]:
    if marker.component in "Zz":
        return _zone_reader(marker)
    if marker.component == "f":
        return "[0-9]+", lambda text: int(text[:3].ljust(3, "0"))
    if marker.integer is not None:
        picture = marker.integer
        return _integer_expression(picture, marker.parse_width), lambda text: read_integer(text, picture)
    names: Mapping[str, int]
    if marker.component in "Mx":
        names = {name[: marker.max_width]: place + 1 for place, name in enumerate(MONTHS)}
    elif marker.component == "F":
        names = {name[: marker.max_width]: place + 1 for place, name in enumerate(DAYS)}
    elif marker.component == "P":
        names = {"am": 0, "AM": 0, "pm": 1, "PM": 1}
    else:
        raise FunctionError("D3133", marker.component)
    return "[a-zA-Z]+", names.get


def _integer_expression(picture: IntegerPicture, width: int) -> str:
    if picture.primary == "letters":
        return "[a-z]+"
    if picture.primary == "roman":
        return "[mdclxvi]+"
    if picture.primary == "words":
        return _WORDS
    if picture.primary == "sequence":
        raise FunctionError("D3130", picture.token)
    return "[0-9]" + (f"{{{width}}}" if width else "+") + ("(?:th|st|nd|rd)" if picture.ordinal else "")


def _zone_reader(marker: Marker) -> tuple[str, Reader]:
    assert marker.integer is not None  # set for both zone components
    separator = marker.integer.separators[0][1] if marker.integer.interval else ""
    prefix = "GMT" if marker.component == "z" else ""

    def minutes(text: str) -> int:
        digits = text[len(prefix) + 1 :]
        if separator:
            hour, _, minute = digits.partition(separator)
        elif len(digits) <= 2:
            hour, minute = digits, "0"
        else:
            hour, minute = digits[:2], digits[2:]
        total = 60 * int(hour) + int(minute)
        return -total if text[len(prefix)] == "-" else total

    return prefix + "[-+][0-9]+" + (re.escape(separator) + "[0-9]+" if separator else ""), minutes


def _instant(values: dict[str, Value], now: Fields | None) -> int | float:
    given = {component for component, value in values.items() if value and value == value}  # NaN counts as not given
    dated, timed = given & frozenset("YXMxWwdD"), given & frozenset("PHhmsf")
    if dated and any(dated <= kind for kind in _WEEK_DATES):
        raise FunctionError("D3136")  # the reference reads no week dates either
    by_day_of_year = "d" in dated and dated <= _DAY_OF_YEAR
    half_day = bool(timed) and not timed <= frozenset("Hmsf") and timed <= frozenset("Phmsf")
    order = ("YD" if by_day_of_year else "YMD") + ("Phmsf" if half_day else "Hmsf")
    complete = _completed(values, order, now)
    if half_day:
        hour = complete["h"]
        complete["H"] = (0 if hour == 12 else hour) + 12 * (complete["P"] == 1)
    days = _day_of_year(complete, values["d"]) if by_day_of_year else _date(complete)
    result = days * DAY + ((complete["H"] * 60 + complete["m"]) * 60 + complete["s"]) * 1000 + complete["f"]
    if not -MAX_MILLIS <= result <= MAX_MILLIS:
        return nan
    return result - (values.get("Z") or values.get("z") or 0) * 60_000


def _completed(values: dict[str, Value], order: str, now: Fields | None) -> dict[str, int | float]:
    """The values with what lacks: on the left of those given from now, on the right the least; D3136 for gaps."""
    complete: dict[str, int | float] = {}
    started = ended = False
    for component in order:
        value = values.get(component)
        if value is not None:
            if ended:
                raise FunctionError("D3136")
            started = True
            complete[component] = value
        elif started:
            ended = True
            complete[component] = int(component in "MDd")
        elif component == "P":
            complete[component] = 0
        elif now is None:
            raise FunctionError("D3136")
        else:
            complete[component] = now.component(component)
    return complete


def _date(values: dict[str, int | float]) -> int | float:
    """Days since the epoch; years of two digits are of the twentieth century, as for JavaScript."""
    if values["Y"] != values["Y"]:
        return nan
    month = values["M"] - 1 if values["M"] > 0 else 0
    years, month = divmod(int(month), 12)
    return days_from_date(_century(values["Y"]) + years, month + 1, 1) + values["D"] - 1


def _day_of_year(values: dict[str, int | float], day: Value) -> int | float:
    """Days since the epoch of a day of the year, whose month and day are then taken to the year that is given."""
    if day is None or values["Y"] != values["Y"] or not -MAX_MILLIS <= day * DAY <= MAX_MILLIS:
        return nan
    year = _century(values["Y"])
    _, month, of_month = date_from_days(days_from_date(year, 1, 1) + int(day) - 1)
    return days_from_date(year, month, of_month)


def _century(year: int | float) -> int:
    return int(year) + 1900 if 0 <= year <= 99 else int(year)

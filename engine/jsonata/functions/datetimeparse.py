"""`$toMillis`: read a timestamp in ISO 8601, or as a date picture says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import regex

from engine.jsonata.functions.datetimefields import DAY, Fields, days_from_date
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
_WORDS: Final = "(?:" + "|".join([*WORD_VALUES, "and", "[-, ]"]) + ")+"
_DATE_KINDS: Final = ((frozenset("YMD"), "YMD"), (frozenset("Yd"), "Yd"))
_WEEK_DATES: Final = (frozenset("Xxw"), frozenset("XW"))
_SECONDS: Final = 1.0  # far more than any timestamp takes to match

Reader = Callable[[str], int]


def to_millis(timestamp: Any, picture: Any = MISSING, now: datetime | None = None) -> Any:
    """Milliseconds since the epoch of a timestamp in ISO 8601, or in the form of a picture; UTC where it has no zone.

    MISSING where the timestamp does not fit the picture. What a picture leaves out on the left is taken from `now`.
    Raises D3110 for text that is no ISO timestamp, D3136 for a picture with gaps, D3131 to D3135 for a wrong picture.
    """
    if timestamp is MISSING:
        return MISSING
    if picture is MISSING:
        return _from_iso(timestamp)
    values = _read(timestamp, date_picture(picture))
    if not values:
        return MISSING
    return _instant(values, picture, None if now is None else Fields.of(millis(now)))


def _from_iso(timestamp: str) -> int:
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
        raise FunctionError("D3110", timestamp)
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


def _read(timestamp: str, parts: tuple[Part, ...]) -> dict[str, int]:
    """The components of a timestamp, empty where it does not fit."""
    pattern, readers = _reader(parts)
    try:
        found = pattern.fullmatch(timestamp, timeout=_SECONDS)
    except TimeoutError as error:
        raise FunctionError("D3142", timestamp) from error
    if found is None:
        return {}
    values: dict[str, int] = {}
    for (component, reader), text in zip(readers, found.groups(), strict=True):
        try:
            values[component] = reader(text)
        except KeyError:  # a word that is no name of a month, day or half of the day
            return {}
    return values


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
        names = {name[: marker.max_width].lower(): place + 1 for place, name in enumerate(MONTHS)}
    elif marker.component == "F":
        names = {name[: marker.max_width].lower(): place + 1 for place, name in enumerate(DAYS)}
    elif marker.component == "P":
        names = {"am": 0, "pm": 1}
    else:
        raise FunctionError("D3133", marker.component)
    return "[a-zA-Z]+", lambda text: names[text.lower()]


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


def _instant(values: dict[str, int], picture: str, now: Fields | None) -> int:
    given = {component for component, value in values.items() if value}
    dated = given & frozenset("YXMxWwdD")
    if any(dated and dated <= kind for kind in _WEEK_DATES):
        raise FunctionError("D3136", picture)  # the reference reads no week dates either
    date = next((order for kind, order in _DATE_KINDS if dated and dated <= kind), "YMD")
    timed = given & frozenset("PHhmsf")
    half_day = bool(timed) and not timed <= frozenset("Hmsf") and timed <= frozenset("Phmsf")
    complete = _completed(values, date + ("Phmsf" if half_day else "Hmsf"), picture, now)
    hour = complete["h"] % 12 + 12 * (complete["P"] == 1) if half_day else complete["H"]
    seconds = (hour * 60 + complete["m"]) * 60 + complete["s"]
    zone = values.get("Z") or values.get("z") or 0
    return _date(complete) * DAY + seconds * 1000 + complete["f"] - zone * 60_000


def _completed(values: dict[str, int], order: str, picture: str, now: Fields | None) -> dict[str, int]:
    """The values with what lacks: on the left of those given from now, on the right the least; D3136 for gaps."""
    complete: dict[str, int] = {}
    started = ended = False
    for component in order:
        value = values.get(component)
        if value is not None:
            if ended:
                raise FunctionError("D3136", picture)
            started = True
            complete[component] = value
        elif started:
            ended = True
            complete[component] = int(component in "MDd")
        elif component == "P":
            complete[component] = 0
        elif now is None:
            raise FunctionError("D3136", picture)
        else:
            complete[component] = now.component(component)
    return complete


def _date(values: dict[str, int]) -> int:
    """Days since the epoch; years of two digits are of the twentieth century, as for JavaScript."""
    year = values["Y"] + 1900 if 0 <= values["Y"] <= 99 else values["Y"]
    if "d" in values:
        return days_from_date(year, 1, 1) + values["d"] - 1
    years, month = divmod(max(values["M"], 1) - 1, 12)
    return days_from_date(year + years, month + 1, 1) + values["D"] - 1

"""Time zones as `$fromMillis` takes them: an offset (`+0100`, `-03:30`, `Z`) or a name of the IANA database."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from engine.jsonata.functions.errors import FunctionError

_OFFSET: Final = re.compile(r"\s*([-+]?)(\d{1,2}?):?(\d{2})?\s*")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def offset_minutes(zone: str, millis: int) -> int:
    """The minutes that a zone is ahead of UTC at an instant. Raises D3143 for an unknown zone."""
    if zone == "Z":
        return 0
    found = _OFFSET.fullmatch(zone)
    if found is not None:
        return _signed(found)
    try:
        local = (_EPOCH + timedelta(milliseconds=millis)).astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError, OverflowError) as error:
        message = f"expected a time zone such as +0100 or America/New_York, got {zone!r}"
        raise FunctionError("D3143", zone, message=message) from error
    offset = local.utcoffset() or timedelta()
    return offset // timedelta(minutes=1)


def _signed(found: re.Match[str]) -> int:
    """Digits as the reference reads them: the last two are minutes, those before hours; one or two are minutes."""
    sign = -1 if found[1] == "-" else 1
    hours, minutes = (found[2], found[3]) if found[3] else ("0", found[2])
    return sign * (60 * int(hours) + int(minutes))

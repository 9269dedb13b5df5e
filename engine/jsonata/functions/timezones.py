"""Time zones as `$fromMillis` takes them: an offset (`+0100`, `-03:30`, `Z`) or a name of the IANA database."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from engine.jsonata.functions.errors import FunctionError

_OFFSET: Final = re.compile(r"\s*([-+]?)(?:(\d{1,2}):(\d{2})|(\d{0,6}?)(\d{1,2}))\s*", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Offset(NamedTuple):
    """How far a zone is ahead of UTC: hours and minutes, and -1 as the sign of one that is behind."""

    hours: int = 0
    minutes: int = 0
    sign: int = 1

    @property
    def total(self) -> int:
        """In minutes."""
        return self.sign * (60 * self.hours + self.minutes)


def zone_offset(zone: str, millis: int) -> Offset:
    """The offset of a zone at an instant. Raises D3143 for an unknown zone."""
    if zone == "Z":
        return Offset()
    found = _OFFSET.fullmatch(zone)
    if found is not None:
        return _signed(found)
    try:
        local = (_EPOCH + timedelta(milliseconds=millis)).astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError, OverflowError) as error:
        message = f"expected a time zone such as +0100 or America/New_York, got {zone!r}"
        raise FunctionError("D3143", zone, message=message) from error
    offset = local.utcoffset() or timedelta()
    minutes = offset // timedelta(minutes=1)
    return Offset(*divmod(abs(minutes), 60), -1 if minutes < 0 else 1)


def _signed(found: re.Match[str]) -> Offset:
    """Digits as the reference reads them: the last two are minutes, those before hours; one or two are minutes."""
    hours, minutes = found[2] or found[4] or "0", found[3] or found[5]
    return Offset(int(hours), int(minutes), -1 if found[1] == "-" else 1)

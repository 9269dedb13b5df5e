"""Texts for a terminal: what came from outside can never steer it, and times and lengths read as people say them."""

from __future__ import annotations

import re
from datetime import datetime

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def harmless(text: str) -> str:
    """The text with control characters written out, so that a payload cannot move the cursor or hide a line."""
    return _CONTROL.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def one_line(text: str, longest: int = 120) -> str:
    """The text on one line, shortened with `…`."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def local(stamp: str | None) -> str:
    """An RFC 3339 time as the clock on the wall shows it: `2026-03-01 14:03:07`."""
    return "" if stamp is None else _moment(stamp).strftime("%Y-%m-%d %H:%M:%S")


def day_of(stamp: str) -> str:
    """The day of a time, here: `2026-03-01`."""
    return _moment(stamp).strftime("%Y-%m-%d")


def time_of(stamp: str) -> str:
    """The time of day, here, to the millisecond: `14:03:07.123`."""
    return _moment(stamp).strftime("%H:%M:%S.%f")[:-3]


def seconds_of(stamp: str) -> float:
    """An RFC 3339 time as epoch seconds."""
    return _moment(stamp).timestamp()


def lasted(seconds: float) -> str:
    """A length of time: `35 ms`, `2.4 s`, `3 min`, `2 h 10 min`, `4 days`."""
    if seconds < 1:
        return f"{max(0.0, seconds) * 1000:.0f} ms"
    if seconds < _MINUTE - 0.05:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{max(1, seconds // _MINUTE):.0f} min"
    if seconds < _DAY:
        hours, rest = divmod(int(seconds), _HOUR)
        return f"{hours} h {rest // _MINUTE} min" if rest >= _MINUTE else f"{hours} h"
    days = int(seconds // _DAY)
    return "1 day" if days == 1 else f"{days} days"


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone()

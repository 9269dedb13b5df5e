"""The nearest right name, for the `did you mean` of a finding."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_CUTOFF = 0.6


def nearest(name: object, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None when none is like it; case, `_`, `-` and `.` count little."""
    if not isinstance(name, str) or not name or len(name) > 200:
        return None
    plain: dict[str, str] = {}
    for candidate in candidates:
        plain.setdefault(_plain(candidate), candidate)
    matches = get_close_matches(_plain(name), plain, n=1, cutoff=_CUTOFF)
    return plain[matches[0]] if matches else None


def did_you_mean(name: object, candidates: Iterable[str]) -> str:
    """`did you mean 'x'`, or nothing."""
    match = nearest(name, candidates)
    return f"did you mean '{match}'" if match is not None else ""


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")

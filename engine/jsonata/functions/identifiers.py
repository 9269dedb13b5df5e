"""Identifiers: lists of `{scheme, value}`, of which one is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.missing import MISSING


def identifier(ids: Any, schemes: Any) -> Any:
    """The value of the first identifier of a scheme, or of the first of several schemes that is there; else MISSING.

    Raises D3164 for entries that are no objects with a scheme.
    """
    if ids is MISSING or ids is None or schemes is MISSING:
        return MISSING
    entries: Sequence[Any] = ids if isinstance(ids, list) else [ids]
    for entry in entries:
        if not isinstance(entry, dict) or "scheme" not in entry:
            raise FunctionError("D3164", entry)
    for scheme in [schemes] if isinstance(schemes, str) else schemes:
        for entry in entries:
            if entry["scheme"] == scheme:
                return entry.get("value", MISSING)
    return MISSING

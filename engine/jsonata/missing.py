"""The value of an expression that found nothing: what the JSONata documentation calls *undefined*."""

from __future__ import annotations

import enum
from typing import Any, Final, Literal


class Missing(enum.Enum):
    """Type of the single value `MISSING`. It is falsy, and distinct from `None`, which is JSON null."""

    MISSING = "MISSING"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"

    def __str__(self) -> str:
        return "MISSING"

    def get(self, key: str, default: Any = None) -> Any:
        """Look up like a dict that holds nothing, so compiled paths need not test every step."""
        return default


MISSING: Final = Missing.MISSING
MissingType = Literal[Missing.MISSING]

"""The error every built-in function raises; the caller adds the place in the mapping with `located`."""

from __future__ import annotations

from typing import Any

from engine.jsonata.errors import ExpressionError
from engine.jsonata.missing import MISSING


class FunctionError(ExpressionError):
    """A built-in function cannot give a result.

    `code` is the JSONata code, `value` the offending value (None where there is none), `details` what else the message
    of that code names (`token` for the function, `index` of the argument, `message` for a text of one's own ...).
    """

    def __init__(self, code: str, value: Any = MISSING, **details: Any) -> None:
        if value is not MISSING:
            details["value"] = value
        super().__init__(code, **details)


def present(argument: Any, index: int) -> Any:
    """An argument that a function cannot do without. Raises T0410 where it is missing; `index` counts from 1."""
    if argument is MISSING:
        raise FunctionError("T0410", None, index=index)
    return argument

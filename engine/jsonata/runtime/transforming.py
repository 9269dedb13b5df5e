"""The transform `| pattern | update, delete |`: a function that gives a changed copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.jsonata.errors import ExpressionError
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.state import State
from engine.jsonata.signature import parse_signature

_SIGNATURE = parse_signature("<(oa):o>")


class Transformer:
    """A transform as a function value; `pattern`, `update` and `delete` are functions of a context.

    `broken`: a variable hides the function `$clone` that a transform needs.
    """

    __slots__ = ("arity", "broken", "delete", "pattern", "state", "update")

    def __init__(
        self,
        pattern: Callable[[Any], Any],
        update: Callable[[Any], Any],
        delete: Callable[[Any], Any] | None,
        state: State,
    ) -> None:
        self.pattern = pattern
        self.update = update
        self.delete = delete
        self.state = state
        self.arity = 1
        self.broken = False

    def __call__(self, *arguments: Any) -> Any:
        (subject,) = _SIGNATURE.validate(arguments, None)
        if subject is MISSING:
            return MISSING
        if self.broken:
            raise ExpressionError("T2013")
        result = clone(subject)
        matches = self.pattern(result)
        if matches is MISSING:
            return result
        for match in matches if isinstance(matches, list) else [matches]:
            self._update(match)
            self._delete(match)
            self.state.budget -= 1
            if self.state.budget < 0:
                self.state.poll()
        return result

    def _update(self, match: Any) -> None:
        update = self.update(match)
        if update is MISSING:
            return
        if not isinstance(update, dict):
            raise ExpressionError("T2011", value=update)
        if isinstance(match, dict):
            match.update(update)
        elif update and not isinstance(match, list) and not callable(match):
            raise ExpressionError("D3168", value=None if match is MISSING else match)

    def _delete(self, match: Any) -> None:
        deletions = self.delete(match) if self.delete is not None else MISSING
        if deletions is MISSING:
            return
        names = deletions if isinstance(deletions, list) else [deletions]
        if not all(name.__class__ is str for name in names):
            raise ExpressionError("T2012", value=deletions)
        if isinstance(match, dict):
            for name in names:
                match.pop(name, None)


def clone(value: Any) -> Any:
    """A deep copy of data; numbers stay as they are."""
    if isinstance(value, dict):
        return {key: clone(item) for key, item in value.items() if item is not MISSING}
    if isinstance(value, list):
        return [None if item is MISSING else clone(item) for item in value]
    return "" if callable(value) else value

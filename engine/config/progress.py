"""How far a long piece of work has come, told as so many parts of a hundred."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""

_WHOLE = 100


class Stages:
    """Work in stages, each with its share of the whole."""

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self._done = 0.0
        self._told = -1

    def through(self, items: Collection[T], share: float) -> Iterator[T]:
        """The items, one after the other; together they are `share` parts of a hundred."""
        size, before = len(items), self._done
        for number, item in enumerate(items):
            self._tell(before + share * number / size)
            yield item
        self._tell(before + share)

    def _tell(self, done: float) -> None:
        self._done = done
        if self._progress is not None and int(done) != self._told:
            self._told = int(done)
            self._progress(self._told, _WHOLE)

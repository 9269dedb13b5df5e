"""Standing aside: a message that waits for a system takes none of the process's places meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from engine.policy.priorities import Places


class Aside:
    """Gives a message's place back while the block runs; `pump` starts who was kept waiting by it."""

    __slots__ = ("_places", "_pump", "_rank")

    def __init__(self, places: Places, rank: int, pump: Callable[[], None]) -> None:
        self._places = places
        self._rank = rank
        self._pump = pump

    def __enter__(self) -> None:
        was_in_the_way = not self._places.may_start(self._rank)
        self._places.leave(self._rank)
        if was_in_the_way:
            self._pump()

    def __exit__(self, *_: object) -> None:
        self._places.enter(self._rank)

"""The alarm of the waiting messages: rings when one is due before the next look at them is planned."""

from __future__ import annotations

import math
from asyncio import Event


class Alarm:
    """When the next look at the waiting messages is planned; a message that is due earlier rings."""

    def __init__(self) -> None:
        self.rung = Event()
        self._planned = math.inf

    def plan(self, at: float) -> None:
        """Note when the next look is, in epoch seconds; infinite while one is under way."""
        self._planned = at

    def ring_for(self, at: float) -> None:
        """A message waits until `at`: look then, and not only when the next look is planned."""
        if at < self._planned:
            self._planned = at
            self.rung.set()

"""What happens when a lookup or a target finds nothing."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import StepFailed
from engine.flow.exchange import Exchange
from engine.flow.steps.park import released
from engine.flow.steps.step import Result
from engine.outcome import Parked


@dataclass(frozen=True, slots=True)
class Fallback:
    """Park, fail, or go on (neither)."""

    park: str | None
    fail: str | None
    owner: str

    def apply(self, exchange: Exchange, key: str, why: str) -> Result:
        """The outcome at the step `key`.

        A parked message that is released has tried once more, with the code tables of the running revision; it parks
        again when they have nothing for it either.
        """
        if self.fail is not None:
            raise StepFailed(f"{key}: {why}", error_class="data", reason=self.fail, owner=self.owner)
        if self.park is None:
            return None
        again = "; it was released before, and still is so" if released(exchange, key) else ""
        return Parked(self.park, self.owner, key, detail=f"{why}{again}")

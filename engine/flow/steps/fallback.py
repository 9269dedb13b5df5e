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
        """The outcome at the step `key`; a parked message that was released tries once more and then fails."""
        if self.fail is not None:
            raise StepFailed(f"{key}: {why}", error_class="data", reason=self.fail, owner=self.owner)
        if self.park is None:
            return None
        if released(exchange, key) and key not in exchange.message.again:
            return Parked(self.park, self.owner, key, detail=f"{why}; it was released before, and still is so")
        return Parked(self.park, self.owner, key, detail=why)

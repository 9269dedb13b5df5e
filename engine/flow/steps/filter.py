"""Message Filter: what does not match ends as discarded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.flow.exchange import Exchange
from engine.flow.steps.step import Result, Step
from engine.jsonata import Expression
from engine.outcome import Discarded


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Step):
    """Goes on when `condition` is true, else ends the exchange as discarded for `reason`."""

    condition: Expression
    reason: str

    word: ClassVar[str] = "filter"

    def run(self, exchange: Exchange) -> Result:
        if exchange.evaluate(self.condition, self.id) is True:
            return None
        return Discarded(self.reason, f"{self.condition.source} is not true")

"""Content Enricher: values kept under `$saved`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.flow.exchange import Exchange
from engine.flow.steps.step import Result, Step
from engine.jsonata import MISSING, Expression


@dataclass(frozen=True, slots=True, eq=False)
class Set(Step):
    """Keeps each value as `$saved.NAME`; an expression that finds nothing clears the name."""

    values: tuple[tuple[str, Expression], ...]

    word: ClassVar[str] = "set"

    def run(self, exchange: Exchange) -> Result:
        for name, expression in self.values:
            value = exchange.evaluate(expression, self.id)
            if value is MISSING:
                exchange.saved.pop(name, None)
            else:
                exchange.saved[name] = value
        return None

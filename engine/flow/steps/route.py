"""Content-Based Router: the first arm whose condition holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from engine.flow.exchange import Exchange
from engine.flow.steps.step import Result, Step, run_steps
from engine.jsonata import Expression


@dataclass(frozen=True, slots=True, eq=False)
class Route(Step):
    """Runs the steps of the first arm that matches, else `otherwise`."""

    arms: tuple[tuple[Expression, tuple[Step, ...]], ...]
    otherwise: tuple[Step, ...]

    word: ClassVar[str] = "route"

    async def run(self, exchange: Exchange) -> Result:
        for condition, steps in self.arms:
            if exchange.evaluate(condition, self.id) is True:
                return await run_steps(steps, exchange)
        return await run_steps(self.otherwise, exchange)

    def children(self) -> Sequence[Sequence[Step]]:
        return (*(steps for _, steps in self.arms), self.otherwise)

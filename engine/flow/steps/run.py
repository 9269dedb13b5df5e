"""Process call: another flow's steps, run inside this exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.flow.exchange import Exchange
from engine.flow.mapping import Mapping
from engine.flow.steps.step import Result, Step, run_steps


@dataclass(frozen=True, slots=True, eq=False)
class Run(Step):
    """Runs the steps of `flow` on the payload, or on what `payload` makes of it, and keeps what they leave of it.

    They see nothing that this flow saved, and this flow sees of them the answer only. An outcome ends the exchange.
    """

    flow: str
    payload: Mapping | None
    save: str | None
    steps: tuple[Step, ...]

    word: ClassVar[str] = "run"

    async def run(self, exchange: Exchange) -> Result:
        document, saved, variables = exchange.document, exchange.saved, exchange.variables
        given = document if self.payload is None else exchange.map(self.payload, self.id, document)
        own: dict[str, Any] = {}
        exchange.document, exchange.saved = given, own
        outside = {name: value for name, value in variables.items() if name not in ("group", "parent")}
        exchange.variables = {**outside, "saved": own}
        try:
            result = await run_steps(self.steps, exchange)
            answer = exchange.document
        finally:
            exchange.document, exchange.saved, exchange.variables = document, saved, variables
        if result is None and self.save is not None:
            saved[self.save] = answer
        return result

    def children(self) -> Sequence[Sequence[Step]]:
        return (self.steps,)

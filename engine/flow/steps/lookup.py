"""Content Enricher: a value from a code table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.errors import StepFailed
from engine.flow.exchange import Exchange
from engine.flow.steps.fallback import Fallback
from engine.flow.steps.step import Result, Step
from engine.jsonata import MISSING, Expression


@dataclass(frozen=True, slots=True, eq=False)
class Lookup(Step):
    """Keeps what `table` has for a key as `$saved.NAME`; an unmapped key fails unless `fallback` says else."""

    table: str
    key: Expression
    column: str | None
    save: str
    fallback: Fallback | None

    word: ClassVar[str] = "lookup"

    def run(self, exchange: Exchange) -> Result:
        key = exchange.evaluate(self.key, self.id)
        text = None if key is MISSING or key is None else str(key)
        value = exchange.revision.codes.lookup(self.table, text, self.column) if text is not None else None
        if value is not None:
            exchange.saved[self.save] = value
            return None
        why = f"the table '{self.table}' has no entry for {text!r}"
        if self.fallback is None:
            raise StepFailed(f"{self.id}: {why}", error_class="data", reason="unmapped-code")
        return self.fallback.apply(exchange, exchange.step_key(self.id), why)

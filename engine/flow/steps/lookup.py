"""Content Enricher: a value from a code table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.errors import StepFailed
from engine.flow.exchange import Exchange
from engine.flow.steps.fallback import Fallback
from engine.flow.steps.step import Result, Step
from engine.jsonata import MISSING, Expression
from engine.store.records import JournalEntry, JournalKind


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
        step = exchange.step_key(self.id)
        found = exchange.entry(step, JournalKind.DONE)
        if found is not None:
            exchange.saved[self.save] = found.facts["value"]
            return None
        key = exchange.evaluate(self.key, self.id)
        text = None if key is MISSING or key is None else str(key)
        value = exchange.revision.codes.lookup(self.table, text, self.column) if text is not None else None
        if value is None and text is not None and exchange.entry(step, JournalKind.RELEASED) is not None:
            value = self._later(exchange, step, text)
        if value is not None:
            exchange.saved[self.save] = value
            return None
        why = f"the table '{self.table}' has no entry for {text!r}"
        if self.fallback is None:
            raise StepFailed(f"{self.id}: {why}", error_class="data", reason="unmapped-code")
        return self.fallback.apply(exchange, step, why)

    def _later(self, exchange: Exchange, step: str, text: str) -> str | None:
        """The value in the running revision's table, for who waited until it was entered; noted, so that a further
        passage sees the same."""
        value: str | None = exchange.services.current_value(self.table, text, self.column)
        if value is not None:
            now = exchange.services.now()
            exchange.write(JournalEntry(step, JournalKind.DONE, now, facts={"value": value, "key": text}))
        return value

"""Validate: the document must hold to a contract."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from engine.contracts.schema import CompiledSchema
from engine.errors import StepFailed
from engine.flow.exchange import Exchange
from engine.flow.steps.step import Result, Step

_SHOWN = 20


@dataclass(frozen=True, slots=True, eq=False)
class Validate(Step):
    """The document must hold to `schema`."""

    schema: CompiledSchema

    word: ClassVar[str] = "validate"

    def run(self, exchange: Exchange) -> Result:
        require_valid(self.schema, exchange.document, self.id)
        return None


def require_valid(schema: CompiledSchema, document: Any, step: str) -> None:
    """Raise StepFailed (class `data`) unless the document holds to the schema; it names path, rule, value and owner."""
    if schema.is_valid(document):
        return
    violations = schema.validate(document)
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    raise StepFailed(
        f"{step}: {schema.name}: {first.message}{more}",
        error_class="data",
        reason="broken-contract",
        owner=first.owner,
        details={"contract": schema.name, "violations": [asdict(violation) for violation in violations[:_SHOWN]]},
    )

"""A compiled contract: says in microseconds whether a payload holds it, and in words where it does not.

jsonschema-rs decides, on Decimals and integers of any size as they are. Only when it refuses does `jsonschema` walk the
document to find the words; for a document too large to walk while others wait they come from jsonschema-rs too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

import jsonschema_rs

from engine.contracts.checking import CheckedSchema, Resolve, SchemaFinding, checked, compile_rust
from engine.contracts.faults import Fault, flattened, from_rust
from engine.contracts.values import NotJson, more_nodes_than, plain
from engine.contracts.violations import OwnerOf, Violation, unreadable, violation
from engine.contracts.wording import WordingValidator, faults_of, wordable

MAX_VIOLATIONS = 50
# `jsonschema` takes some 30 µs a value, jsonschema-rs less than one; this keeps a refusal within some 10 ms.
MAX_WORDED_VALUES = 300


@dataclass(frozen=True, slots=True)
class CompiledSchema:
    """One JSON Schema, ready to use. `warnings` are the oddities that do not keep it from working."""

    name: str
    document: Mapping[str, Any]
    warnings: tuple[SchemaFinding, ...]
    _checked: CheckedSchema
    _decider: jsonschema_rs.Validator
    _wording: Any
    _owner_of: OwnerOf | None

    @classmethod
    def compile(cls, document: Any, *, name: str, resolve: Resolve, owner_of: OwnerOf | None = None) -> Self:
        """Compile `document`; `name` is how findings call it.

        `resolve` gives the schema of a `crossdock:` URI; nothing else is ever fetched. `owner_of` names owners.
        Raises `BadSchema` with every finding.
        """
        schema = checked(document, name=name, resolve=resolve)
        decider = compile_rust(schema)
        wording = WordingValidator(wordable(schema.document), registry=schema.registry)
        return cls(name, schema.document, schema.warnings, schema, decider, wording, owner_of)

    @property
    def documents(self) -> Mapping[str, Mapping[str, Any]]:
        """The schema and all that it refers to, by URI."""
        return self._checked.documents

    def is_valid(self, document: Any) -> bool:
        """Whether `document` holds the contract. A document is what a codec gives: JSON types, Decimals as numbers."""
        try:
            return self._decider.is_valid(document)
        except ValueError:  # a subclass of str, a date, a lone surrogate: not what a codec gives, so look closely
            return not self.validate(document)

    def validate(self, document: Any) -> tuple[Violation, ...]:
        """The broken rules of `document` in the order of their places, `MAX_VIOLATIONS` at most; none when valid."""
        try:
            if self._decider.is_valid(document):
                return ()
        except ValueError:
            return self._validate_foreign(document)
        return self._violations(document)

    def _validate_foreign(self, document: Any) -> tuple[Violation, ...]:
        """Look at a document that is not made of plain JSON types."""
        try:
            readable = plain(document)
            return () if self._decider.is_valid(readable) else self._violations(readable)
        except NotJson as error:
            return (unreadable(error, self._owner_of),)

    def _violations(self, document: Any) -> tuple[Violation, ...]:
        return tuple(violation(fault, document, self._owner_of) for fault in self._faults(document))

    def _faults(self, document: Any) -> list[Fault]:
        worded = [] if more_nodes_than(document, MAX_WORDED_VALUES) else self._worded_faults(document)
        return flattened(worded or list(islice(self._decided_faults(document), MAX_VIOLATIONS)))[:MAX_VIOLATIONS]

    def _worded_faults(self, document: Any) -> list[Fault]:
        try:
            return list(islice(faults_of(self._wording, document), MAX_VIOLATIONS))
        except RecursionError:  # a document nested deeper than Python follows; jsonschema-rs has no such limit
            return []

    def _decided_faults(self, document: Any) -> Iterator[Fault]:
        for error in self._decider.iter_errors(document):
            yield from from_rust(error, document, self._names_beside)

    def _names_beside(self, location: str) -> tuple[str, ...]:
        """The properties declared in the schema that holds the keyword at `location`."""
        parent = location.rpartition("/")[0]
        if not parent:
            return ()
        schema = self._checked.registry.resolver().lookup(parent).contents
        return tuple(schema.get("properties", ())) if isinstance(schema, Mapping) else ()

"""Right mappings and mistakes in them: `mappings/*.yaml`, with the contracts of what enters and what must leave.

A mutant replaces the text `was` of a mapping by `is`; it is found when a problem stands on the line of the change, or
on that of `place` where something was taken out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.contracts.types import SchemaTypes
from engine.jsonata.resolve import parse_expression
from engine.jsonata.types.compare import compare
from engine.jsonata.types.infer import Given, infer
from engine.jsonata.types.lattice import ANY, Type
from engine.jsonata.types.walk import Problem

FOLDER = Path(__file__).parent / "mappings"
VARIABLES = dict.fromkeys(("message", "headers", "attributes"), ANY)


@dataclass(frozen=True, slots=True)
class Codes:
    """Code tables of a corpus file."""

    tables: Mapping[str, Mapping[str, str]]

    def entries(self, name: str) -> Mapping[str, str] | None:
        return self.tables.get(name)

    def nearest(self, name: str) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake in a mapping."""

    mapping: RightMapping
    text: str
    what: str
    line: int
    last: int

    @property
    def name(self) -> str:
        return f"{self.mapping.name}: {self.what} on line {self.line}"

    def found(self) -> bool:
        """Whether a problem stands where the mistake is."""
        lines = [self.text[: problem.at].count("\n") + 1 for problem in self.mapping.problems(self.text)]
        return any(self.line <= line <= self.last for line in lines)


@dataclass(frozen=True, slots=True)
class RightMapping:
    """A mapping without mistakes."""

    name: str
    text: str
    schema: Mapping[str, Any]
    source: Type
    target: Type
    codes: Codes
    changes: tuple[Mapping[str, Any], ...]

    def problems(self, text: str) -> list[Problem]:
        """What the checker says of the mapping, or of another text in its place."""
        made = infer(parse_expression(text), Given(self.source, VARIABLES, self.codes))
        return [*made.problems, *compare(made.type, self.target, 0)]

    def mutants(self) -> Iterator[Mutant]:
        for change in self.changes:
            was, new = change["was"], change["is"]
            assert self.text.count(was) == 1, f"{self.name}: {was!r} stands {self.text.count(was)} times"
            start = self.text.index(was)
            text = self.text.replace(was, new)
            if "place" in change:
                start, size = text.index(change["place"]), 0
            else:
                size = new.count("\n")
            line = text[:start].count("\n") + 1
            yield Mutant(self, text, str(change["what"]), line, line + size)


def right_mappings() -> Iterator[RightMapping]:
    """Every mapping of the corpus."""
    for file in sorted(FOLDER.glob("*.yaml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        schemas = SchemaTypes(lambda address: {}[address])
        codes = Codes(content.get("tables", {}))
        types = {name: schemas.type_of(schema, schema) for name, schema in content["schemas"].items()}
        for mapping in content["mappings"]:
            yield RightMapping(
                f"{file.stem}: {mapping['name']}",
                mapping["text"],
                content["schemas"].get(mapping["from"], {}),
                types.get(mapping["from"], ANY),
                types.get(mapping["to"], ANY),
                codes,
                tuple(mapping.get("mutants") or ()),
            )

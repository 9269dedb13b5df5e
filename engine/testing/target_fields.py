"""The fields that a mapping may set, and which of them it has set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.flow.mapping import (
    Constant,
    ExpressionMapping,
    FieldsMapping,
    ItemsMapping,
    Mapping,
    ObjectMapping,
    TemplateMapping,
    Variables,
)
from engine.jsonata import EvaluationContext
from engine.jsonata.lineage import lineage
from engine.testing.points import Point

Path = tuple[str, ...]
"""Names of fields from the top; lists do not show."""

_ANY = "*"


def target_fields(mapping: Mapping) -> list[Path]:
    """The fields of a mapping's target, in their order; none when it makes no object, or one it takes from elsewhere.

    `*` stands for names that only the data knows.
    """
    return list(dict.fromkeys(path for path in _fields(mapping) if path))


def _fields(mapping: Mapping) -> Iterator[Path]:
    if isinstance(mapping, ExpressionMapping):
        yield from lineage(mapping.expression)
    elif isinstance(mapping, ObjectMapping):
        yield from _fields(mapping.fields)
    elif isinstance(mapping, FieldsMapping):
        for name, inner in mapping.fields:
            yield from ((name, *path) for path in list(_fields(inner)) or [()])
    elif isinstance(mapping, ItemsMapping):
        for item in mapping.items:
            yield from _fields(item)
    elif isinstance(mapping, Constant | TemplateMapping):
        yield ()


@dataclass(frozen=True, slots=True, eq=False)
class WatchedMapping:
    """A mapping that notes which of its target fields it has set."""

    inner: Mapping
    points: dict[Path, Point]
    note: Callable[[Point], None]

    def __call__(self, data: Any, variables: Variables, context: EvaluationContext) -> Any:
        made = self.inner(data, variables, context)
        found = set(_paths(made, ()))
        for path, point in self.points.items():
            if path in found or (_ANY in path and any(_matches(path, other) for other in found)):
                self.note(point)
        return made


def _paths(value: Any, path: Path) -> Iterator[Path]:
    """The paths of all fields of a document."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from _paths(inner, (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, path)


def _matches(pattern: Path, path: Path) -> bool:
    return len(pattern) == len(path) and all(one in (_ANY, other) for one, other in zip(pattern, path, strict=True))

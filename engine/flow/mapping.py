"""Mappings and renderers: what an expression, a .jsonata file or a tree of fields makes of a document."""

from __future__ import annotations

import collections.abc
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.jsonata import MISSING, EvaluationContext, Expression, ExpressionError

Variables = collections.abc.Mapping[str, Any]


class Mapping(Protocol):
    """Makes one document of another; MISSING when there is nothing."""

    def __call__(self, data: Any, variables: Variables, context: EvaluationContext) -> Any: ...


@dataclass(frozen=True, slots=True)
class ExpressionMapping:
    """One expression makes the whole document."""

    expression: Expression

    def __call__(self, data: Any, variables: Variables, context: EvaluationContext) -> Any:
        return self.expression.evaluate(data, variables, context)


@dataclass(frozen=True, slots=True)
class FieldsMapping:
    """Each field has its own mapping; a field whose expression finds nothing is left out."""

    fields: tuple[tuple[str, Mapping], ...]

    def __call__(self, data: Any, variables: Variables, context: EvaluationContext) -> Any:
        document = {}
        for name, mapping in self.fields:
            value = mapping(data, variables, context)
            if value is not MISSING:
                document[name] = value
        return document


@dataclass(frozen=True, slots=True)
class ObjectMapping:
    """Fields compiled to one expression. When it fails, the fields are evaluated one by one to find the place."""

    expression: Expression
    fields: FieldsMapping

    def __call__(self, data: Any, variables: Variables, context: EvaluationContext) -> Any:
        try:
            return self.expression.evaluate(data, variables, context)
        except ExpressionError:
            return self.fields(data, variables, context)


@dataclass(frozen=True, slots=True)
class ItemsMapping:
    """A list, item by item."""

    items: tuple[Mapping, ...]

    def __call__(self, data: Any, variables: Variables, context: EvaluationContext) -> Any:
        values = [item(data, variables, context) for item in self.items]
        return [value for value in values if value is not MISSING]


@dataclass(frozen=True, slots=True)
class TemplateMapping:
    """A text with holes; a hole that finds nothing is an error, for a half-filled path must not be sent.

    `written` says how a hole's value stands in the text, such as percent-encoded in a path.
    """

    parts: tuple[str | Expression, ...]
    written: collections.abc.Callable[[str], str]

    def __call__(self, data: Any, variables: Variables, context: EvaluationContext) -> Any:
        return "".join(
            part if isinstance(part, str) else self.written(_hole(part, part.evaluate(data, variables, context)))
            for part in self.parts
        )


class EmptyHole(Exception):
    """A hole of a template found nothing. `expression` is its text."""

    def __init__(self, expression: str) -> None:
        super().__init__(f"the hole '{{{expression}}}' found nothing to fill it with")
        self.expression = expression


def _hole(expression: Expression, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is MISSING or value is None or isinstance(value, dict | list):
        raise EmptyHole(expression.source)
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Constant:
    """A plain value of a settings model."""

    value: Any

    def __call__(self, data: Any, variables: Variables, context: EvaluationContext) -> Any:
        return self.value


@dataclass(frozen=True, slots=True)
class Renderer:
    """Fills the holes of a connector's settings: what it yields are plain values, as a destination receives them.

    `filled` are the settings where they have no holes: one object, the same for every message.
    """

    fields: FieldsMapping
    filled: collections.abc.Mapping[str, Any] | None = field(init=False)

    def __post_init__(self) -> None:
        filled = self.fields({}, {}, EvaluationContext()) if _has_no_holes(self.fields) else None
        object.__setattr__(self, "filled", filled)

    def __call__(self, data: Any, variables: Variables, context: EvaluationContext) -> dict[str, Any]:
        rendered: dict[str, Any] = self.fields(data, variables, context)
        return rendered


def _has_no_holes(mapping: Mapping) -> bool:
    if isinstance(mapping, FieldsMapping):
        return all(_has_no_holes(inner) for _, inner in mapping.fields)
    if isinstance(mapping, ItemsMapping):
        return all(_has_no_holes(inner) for inner in mapping.items)
    return isinstance(mapping, Constant)

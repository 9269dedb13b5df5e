"""The expressions of a stand-in: compiled once with findings at their place, evaluated with the place in the error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.config.findings import Findings
from engine.errors import CrossdockError
from engine.fields.expressions import Fields
from engine.fields.marks import Mark
from engine.fields.scalars import Expr, MappingRef, Template
from engine.jsonata import LIBRARY, MISSING, EvaluationContext, Expression, ExpressionError, compile_expression


class FormulaFailed(CrossdockError):
    """An expression could not be evaluated; the sentence begins with its place."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions see: the input document, variables without their `$`, and the time."""

    data: Any
    variables: Mapping[str, Any]
    context: EvaluationContext

    def having(self, **variables: Any) -> Scope:
        """The same with more variables."""
        return Scope(self.data, {**self.variables, **variables}, self.context)


class Formula(Protocol):
    """Makes a value of a scope; MISSING when there is none. Raises FormulaFailed."""

    def __call__(self, scope: Scope) -> Any: ...


@dataclass(frozen=True, slots=True)
class ExpressionFormula:
    """One JSONata expression. `place_at` gives the place of a character of it."""

    expression: Expression
    place_at: Callable[[int], Mark]

    def __call__(self, scope: Scope) -> Any:
        try:
            return self.expression.evaluate(scope.data, scope.variables, scope.context)
        except ExpressionError as error:
            raise FormulaFailed(f"{self.place_at(error.offset or 0)} {error.code} {error.message}") from error


@dataclass(frozen=True, slots=True)
class ObjectFormula:
    """A formula for each field; a field that finds nothing is left out."""

    fields: Mapping[str, Formula]

    def __call__(self, scope: Scope) -> Any:
        values = {name: formula(scope) for name, formula in self.fields.items()}
        return {name: value for name, value in values.items() if value is not MISSING}


@dataclass(frozen=True, slots=True)
class ListFormula:
    """A formula for each item."""

    items: tuple[Formula, ...]

    def __call__(self, scope: Scope) -> Any:
        values = [formula(scope) for formula in self.items]
        return [value for value in values if value is not MISSING]


@dataclass(frozen=True, slots=True)
class TextFormula:
    """A text with holes; a hole that finds nothing stays empty."""

    parts: tuple[str | Formula, ...]

    def __call__(self, scope: Scope) -> str:
        return "".join(part if isinstance(part, str) else as_text(part(scope)) for part in self.parts)


def as_text(value: Any) -> str:
    """A value as it stands in a header or a path."""
    if value is MISSING or value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@dataclass(frozen=True, slots=True)
class FormulaCompiler:
    """Compiles what a sandbox file holds. `read` gives path and text of a `.jsonata` file, None where there is none."""

    findings: Findings
    read: Callable[[str], tuple[str, str] | None]

    def expression(self, expr: Expr, place: Mark) -> Formula | None:
        """The formula of an expression; None with a finding. `place` is where its field stands."""
        origin = expr.origin
        return self._compiled(expr.text, origin.at if origin is not None else lambda _: place)

    def mapping(self, mapping: MappingRef, place: Mark) -> Formula | None:
        """The formula of an expression, a tree of fields or a `.jsonata` file."""
        if mapping.file is not None:
            return self._file(mapping.file, place)
        return self._fields(mapping.expr if mapping.expr is not None else mapping.fields or {}, place)

    def text(self, template: Template, place: Mark) -> Formula:
        """The formula of a text with holes."""
        parts = [part if isinstance(part, str) else self.expression(part, place) for part in template.parts]
        return TextFormula(tuple(part for part in parts if part is not None))

    def _fields(self, fields: Fields, place: Mark) -> Formula | None:
        if isinstance(fields, Expr):
            return self.expression(fields, place)
        if isinstance(fields, tuple):
            items = [self._fields(item, place) for item in fields]
            return ListFormula(tuple(item for item in items if item is not None))
        named = {name: self._fields(field, place) for name, field in fields.items()}
        return ObjectFormula({name: field for name, field in named.items() if field is not None})

    def _file(self, name: str, place: Mark) -> Formula | None:
        found = self.read(name)
        if found is None:
            self.findings.add("XD201", place, expected="a .jsonata file in the system's folder", found=f"'{name}'")
            return None
        path, text = found

        def place_at(offset: int) -> Mark:
            before = text[:offset]
            return Mark(path, before.count("\n") + 1, offset - before.rfind("\n"))

        return self._compiled(text, place_at)

    def _compiled(self, text: str, place_at: Callable[[int], Mark]) -> Formula | None:
        try:
            return ExpressionFormula(compile_expression(text, functions=LIBRARY), place_at)
        except ExpressionError as error:
            self.findings.add("XD304", place_at(error.offset or 0), f"{error.code} {error.message}", found=text[:60])
            return None

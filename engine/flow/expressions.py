"""Compiling what a workspace's files hold of expressions: each error stands at its place in the file."""

from __future__ import annotations

import json
from collections.abc import Mapping as MappingOf
from typing import Any

from pydantic import BaseModel

from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.fields.expressions import Expr, Fields, MappingRef, Template
from engine.fields.marks import Mark
from engine.fields.scalar import Scalar
from engine.fields.scalars import Duration, SecretText
from engine.flow.mapping import (
    Constant,
    ExpressionMapping,
    FieldsMapping,
    ItemsMapping,
    Mapping,
    ObjectMapping,
    Renderer,
    TemplateMapping,
)
from engine.jsonata import LIBRARY, Expression, ExpressionSyntaxError, Origin, Trees, compile_expression

_NOTHING = "null"


class Expressions:
    """Compiles; a text that does not compile becomes a finding and stands as `null`, so that all findings come at once.

    Equal texts are compiled once. `lazy` is for those who only check: what is found is the same.
    """

    def __init__(self, bundle: Bundle, findings: Findings, trees: Trees | None = None, *, lazy: bool = False) -> None:
        self._bundle = bundle
        self._findings = findings
        self._trees = trees if trees is not None else Trees()
        self._lazy = lazy
        self._compiled: dict[str, Expression] = {}

    def expression(self, expr: Expr, fallback: Mark) -> Expression:
        """A field's expression."""
        compiled = self._compiled.get(expr.text)
        if compiled is not None:
            return compiled
        try:
            compiled = self._compile(expr.text)
        except ExpressionSyntaxError as error:
            mark = expr.origin.at(error.offset or 0) if expr.origin is not None else fallback
            self._refuse(mark, error)
            return compile_expression(_NOTHING)
        self._compiled[expr.text] = compiled
        return compiled

    def optional(self, expr: Expr | None, fallback: Mark) -> Expression | None:
        """The same for a field that may be absent."""
        return self.expression(expr, fallback) if expr is not None else None

    def mapping(self, ref: MappingRef, folder: str, place: Mark) -> Mapping:
        """A mapping; a `.jsonata` file is looked for in `folder`."""
        if ref.file is not None:
            return ExpressionMapping(self._file(folder, ref.file, place))
        if ref.expr is not None:
            return ExpressionMapping(self.expression(ref.expr, place))
        return self._object(ref.fields or {}, place)

    def mapping_of(self, expr: Expr, place: Mark) -> Mapping:
        """One expression as a mapping."""
        return ExpressionMapping(self.expression(expr, place))

    def template(self, template: Template, place: Mark) -> Mapping:
        """A text with holes."""
        if template.literal is not None:
            return Constant(template.literal)
        return TemplateMapping(
            tuple(self.expression(part, place) if isinstance(part, Expr) else part for part in template.parts),
            template.written,
        )

    def renderer(self, settings: BaseModel, place: Mark, *, leave_out: frozenset[str] = frozenset()) -> Renderer:
        """What fills the holes of a connector's settings; mappings such as a `body` are compiled on their own."""
        fields = []
        for name in type(settings).model_fields:
            value = getattr(settings, name)
            if name not in leave_out and not isinstance(value, MappingRef) and value is not None:
                fields.append((name, self._value(value, place)))
        return Renderer(FieldsMapping(tuple(fields)))

    def _value(self, value: Any, place: Mark) -> Mapping:
        if isinstance(value, Template):
            return self.template(value, place)
        if isinstance(value, Expr):
            return ExpressionMapping(self.expression(value, place))
        if isinstance(value, BaseModel):
            return self.renderer(value, place).fields
        if isinstance(value, MappingOf):
            return FieldsMapping(tuple((str(name), self._value(item, place)) for name, item in value.items()))
        if isinstance(value, list | tuple):
            return ItemsMapping(tuple(self._value(item, place) for item in value))
        return Constant(plain_setting(value))

    def _object(self, fields: MappingOf[str, Fields], place: Mark) -> Mapping:
        """Fields as one expression, which is several times cheaper than one each."""
        found = len(self._findings)
        separate = self._fields(fields, place)
        if self._lazy or not fields or len(self._findings) > found or not isinstance(separate, FieldsMapping):
            return separate
        try:
            return ObjectMapping(self._compile(_source_of(fields)), separate)
        except ExpressionSyntaxError:  # deep as the fields are, they are too deep together
            return separate

    def _fields(self, fields: Fields, place: Mark) -> Mapping:
        if isinstance(fields, Expr):
            return ExpressionMapping(self.expression(fields, place))
        if isinstance(fields, tuple):
            return ItemsMapping(tuple(self._fields(item, place) for item in fields))
        return FieldsMapping(tuple((name, self._fields(item, place)) for name, item in fields.items()))

    def _file(self, folder: str, name: str, place: Mark) -> Expression:
        try:
            path = self._bundle.beside(f"{folder}/x", name)
        except ValueError as error:
            self._findings.add("XD201", place, expected="a mapping file of the workspace", found=str(error))
            return compile_expression(_NOTHING)
        compiled = self._compiled.get(f"\x00{path}")
        if compiled is not None:
            return compiled
        if path not in self._bundle:
            near = self._bundle.nearest(path)
            self._findings.add(
                "XD201",
                place,
                expected="a mapping file",
                found=f"no '{path}'",
                hint=f"did you mean '{near}'" if near else "",
            )
            return compile_expression(_NOTHING)
        try:
            text = self._bundle.read(path).decode("utf-8-sig")
            compiled = self._compile(text, Origin(path))
        except UnicodeDecodeError:
            self._findings.add("XD116", Mark(path, 1, 1), expected="UTF-8 text", found="other bytes")
            return compile_expression(_NOTHING)
        except ExpressionSyntaxError as error:
            self._refuse(Mark(path, error.line or 1, error.column or 1), error)
            return compile_expression(_NOTHING)
        self._compiled[f"\x00{path}"] = compiled
        return compiled

    def _compile(self, text: str, origin: Origin | None = None) -> Expression:
        return compile_expression(text, functions=LIBRARY, origin=origin, trees=self._trees, lazy=self._lazy)

    def _refuse(self, mark: Mark, error: ExpressionSyntaxError) -> None:
        self._findings.add("XD304", mark, f"{error.message} ({error.code})", found=error.token or "")


def _source_of(fields: Fields) -> str:
    """A tree of fields as the text of one object constructor."""
    if isinstance(fields, Expr):
        return f"(\n{fields.text}\n)"
    if isinstance(fields, tuple):
        return f"[{', '.join(map(_source_of, fields))}]"
    return "{" + ", ".join(f"{json.dumps(name)}: {_source_of(item)}" for name, item in fields.items()) + "}"


def plain_setting(value: Any) -> Any:
    """A setting as a destination receives it."""
    if isinstance(value, SecretText):
        return value.reveal()
    if isinstance(value, Duration):
        return value.seconds
    return str(value) if isinstance(value, Scalar) else value


def plain_settings(model: BaseModel, names: frozenset[str]) -> dict[str, Any]:
    """Chosen fields of a settings model as plain values."""
    return {name: plain_setting(getattr(model, name)) for name in type(model).model_fields if name in names}

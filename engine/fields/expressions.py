"""Texts that the engine evaluates: JSONata expressions, templates with holes, and references to mappings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Self

from engine.fields.marks import Text, TextOrigin
from engine.fields.scalar import BadScalar, Scalar, bad_scalar

_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*\.jsonata")


@dataclass(frozen=True, slots=True)
class Expr(Scalar):
    """A JSONata expression. `origin` says where its text stands in the file, None for one made by the program."""

    noun: ClassVar[str] = "expression"
    description: ClassVar[str] = "a JSONata expression"
    examples: ClassVar[tuple[str, ...]] = ("orderNumber", 'status = "hold"')
    format: ClassVar[str | None] = "jsonata"
    pattern: ClassVar[str | None] = r"\S"
    json_types: ClassVar[tuple[str, ...]] = ("string", "number", "boolean")

    text: str
    origin: TextOrigin | None = field(default=None, compare=False, repr=False)

    @classmethod
    def parse(cls, value: object) -> Self:
        if isinstance(value, bool):
            return cls("true" if value else "false")
        if isinstance(value, int | Decimal):
            return cls(str(value))
        if not isinstance(value, str):
            raise bad_scalar("XD301", "a JSONata expression", value)
        if not value.strip():
            raise bad_scalar("XD301", "a JSONata expression", value, "it is empty")
        return cls(str(value), value.origin if isinstance(value, Text) else None)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Template(Scalar):
    """A text with `{expression}` holes; `{{` and `}}` are braces.

    `parts` are literal texts and expressions, in order. What the environment filled in is always literal.
    """

    noun: ClassVar[str] = "template"
    description: ClassVar[str] = "a text with {expression} holes; {{ and }} stand for braces"
    examples: ClassVar[tuple[str, ...]] = ("/orders/{orderId}/fulfillments",)

    text: str
    parts: tuple[str | Expr, ...]

    @classmethod
    def parse(cls, value: object) -> Self:
        if not isinstance(value, str):
            raise bad_scalar("XD302", "a text, with {expression} holes if need be", value)
        return cls(str(value), tuple(_parts(value)))

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The holes, in order."""
        return tuple(part for part in self.parts if isinstance(part, Expr))

    @property
    def literal(self) -> str | None:
        """The text itself when it has no holes, else None."""
        return None if self.expressions else "".join(map(str, self.parts))

    def written(self, value: str) -> str:
        """A hole's value as it stands in the text; a kind of template that must escape values overrides it."""
        return value

    def __str__(self) -> str:
        return self.text


def _parts(text: str) -> Iterator[str | Expr]:
    filled = text.filled if isinstance(text, Text) else ()
    literal: list[str] = []
    position = 0
    while position < len(text):
        end = next((stop for start, stop in filled if start <= position < stop), None)
        if end is not None:
            literal.append(text[position:end])
            position = end
        elif text[position : position + 2] in ("{{", "}}"):
            literal.append(text[position])
            position += 2
        elif text[position] == "{":
            if literal:
                yield "".join(literal)
                literal.clear()
            end = _hole_end(text, position + 1)
            yield _hole(text, position + 1, end)
            position = end + 1
        elif text[position] == "}":
            raise _bad_template(text, "'}' closes nothing; write '}}' for a brace")
        else:
            literal.append(text[position])
            position += 1
    if literal:
        yield "".join(literal)


def _hole(text: str, start: int, end: int) -> Expr:
    inner = text[start:end]
    if not inner.strip():
        raise _bad_template(text, "the hole '{}' is empty; write '{{' for a brace")
    origin = text.origin.shifted(start) if isinstance(text, Text) and text.origin is not None else None
    return Expr(str(inner), origin)


def _hole_end(text: str, start: int) -> int:
    """The index of the `}` that closes a hole; quoted texts and inner braces are passed over."""
    depth, position = 0, start
    while position < len(text):
        character = text[position]
        if character in "\"'`":
            position = _quote_end(text, position)
        elif character == "{":
            depth += 1
        elif character == "}" and depth:
            depth -= 1
        elif character == "}":
            return position
        position += 1
    raise _bad_template(text, "'{' is not closed; write '{{' for a brace")


def _quote_end(text: str, start: int) -> int:
    quote, position = text[start], start + 1
    while position < len(text) and text[position] != quote:
        position += 2 if text[position] == "\\" and quote != "`" else 1
    return position


def _bad_template(text: str, hint: str) -> BadScalar:
    return bad_scalar("XD302", "a text with {expression} holes", text, hint)


Fields = Expr | Mapping[str, "Fields"] | tuple["Fields", ...]


@dataclass(frozen=True, slots=True)
class MappingRef(Scalar):
    """What makes one document of another; exactly one of the three is set.

    `file` is the name of a `.jsonata` file, `fields` a tree whose leaves are expressions, `expr` an expression.
    """

    noun: ClassVar[str] = "mapping"
    description: ClassVar[str] = "the name of a .jsonata file, fields with an expression each, or an expression"
    examples: ClassVar[tuple[str, ...]] = ("order-to-canonical.jsonata",)
    json_types: ClassVar[tuple[str, ...]] = ("string", "object")

    file: str | None = None
    fields: Mapping[str, Fields] | None = None
    expr: Expr | None = None

    @classmethod
    def parse(cls, value: object) -> Self:
        if isinstance(value, Mapping):
            return cls(fields={str(name): _fields(part) for name, part in value.items()})
        if isinstance(value, str) and _FILE.fullmatch(value):
            return cls(file=str(value))
        if not isinstance(value, str):
            raise bad_scalar("XD303", "a .jsonata file, fields with an expression each, or an expression", value)
        return cls(expr=Expr.parse(value))

    def expressions(self) -> Iterator[tuple[tuple[str | int, ...], Expr]]:
        """Every inline expression with its path below this mapping; none for a file."""
        if self.expr is not None:
            yield (), self.expr
        if self.fields is not None:
            yield from _leaves(self.fields, ())

    def __str__(self) -> str:
        return self.file or (self.expr.text if self.expr is not None else "fields")


def _fields(value: object) -> Fields:
    if isinstance(value, Mapping):
        return {str(name): _fields(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_fields(part) for part in value)
    return Expr.parse(value)


def _leaves(fields: Fields, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Expr]]:
    if isinstance(fields, Expr):
        yield path, fields
    elif isinstance(fields, tuple):
        for index, part in enumerate(fields):
            yield from _leaves(part, (*path, index))
    else:
        for name, part in fields.items():
            yield from _leaves(part, (*path, name))

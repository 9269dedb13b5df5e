"""The tree of an expression: typed, frozen nodes, each with its children and its place in the source.

Paths are flat (`a.b[0].c` is one `Path` of three `Step`s) and the parent operator `%` has been resolved: the step that
the parent is taken from carries an `ancestor` label, and the `Parent` node names that label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from engine.jsonata.signature import Signature

_NO_NODES = frozenset({"start", "end", "at", "keep_array", "below"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every node has.

    `start` and `end` are offsets into the source; `at` is the offset that an error points to (the operator, for
    example). `predicates` are the `[…]` that follow a node which is not a path step, `group` the `{…}`, and
    `keep_array` says that `[]` follows. `below` is what `children` remembers.
    """

    start: int
    end: int
    at: int
    predicates: tuple[Predicate, ...] = ()
    group: Group | None = None
    keep_array: bool = False
    below: tuple[Node, ...] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def type(self) -> str:
        """The kind of node, for linters and printing."""
        return type(self).__name__

    def children(self) -> tuple[Node, ...]:
        """The nodes directly below this one, in source order of their kind."""
        below = self.below
        if below is None:
            below = _below(self)
            object.__setattr__(self, "below", below)
        return below

    def walk(self) -> Iterator[Node]:
        """This node and every node below it, depth first."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.children()[::-1]


@lru_cache(maxsize=64)
def _parts(kind: Any) -> tuple[str, ...]:
    """The names of the fields of a kind of node that may hold nodes."""
    return tuple(part.name for part in fields(kind) if part.name not in _NO_NODES)


def _below(node: Node) -> tuple[Node, ...]:
    found: list[Node] = []
    for name in _parts(cast(Any, node.__class__)):
        value = getattr(node, name)
        if value:
            _gather(value, found)
    return tuple(found)


def _gather(value: object, found: list[Node]) -> None:
    if value.__class__ is tuple:
        for item in cast(tuple[object, ...], value):
            _gather(item, found)
    elif isinstance(value, Node):
        found.append(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate(Node):
    """A filter `[condition]`, or a number that selects by position."""

    condition: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStage(Node):
    """A position variable `#$name` that follows a predicate."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Node):
    """The pairs of a grouping `path{key: value, …}`."""

    pairs: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Node):
    """A string literal."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Node):
    """A number literal, exact."""

    value: int | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Node):
    """`true`, `false` or `null`."""

    value: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Regex(Node):
    """A regular expression literal."""

    pattern: str
    flags: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A field name as a step of a path."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wildcard(Node):
    """`*`: all field values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Descendant(Node):
    """`**`: all values below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent(Node):
    """`%`: the value that the step labelled `label` was taken from."""

    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Node):
    """`$name`; the empty name is the context, `$` is the input document."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Node):
    """One step of a path, with its stages (filters and positions) and the variables that it binds."""

    expression: Node
    stages: tuple[Predicate | IndexStage, ...] = ()
    focus: str | None = None
    index: str | None = None
    ancestor: str | None = None
    tuples: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Path(Node):
    """A location path. `keep_singleton`: some step has `[]`. `tuples`: keeps its bindings for an outer path's `%`."""

    steps: tuple[Step, ...]
    keep_singleton: bool = False
    tuples: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SortTerm(Node):
    """One term of an order-by."""

    expression: Node
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort(Node):
    """An order-by `^(…)` as a step of a path."""

    terms: tuple[SortTerm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Negate(Node):
    """Unary minus."""

    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    """An operator between two expressions: arithmetic, comparison, `and`, `or`, `in`, `&`, `..`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Array(Node):
    """An array constructor. `whole`: as first or last step of a path it is kept in one piece."""

    items: tuple[Node, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Object(Node):
    """An object constructor."""

    pairs: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function call."""

    procedure: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder(Node):
    """A `?` among the arguments of a partial application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial(Node):
    """A function call with placeholders: a function of the arguments left open."""

    procedure: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lambda(Node):
    """A function definition."""

    parameters: tuple[str, ...]
    body: Node
    signature: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Node):
    """`condition ? then : otherwise`."""

    condition: Node
    then: Node
    otherwise: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Default(Node):
    """`left ?: right`: the left value if it is true in the sense of $boolean, else the right one."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Coalesce(Node):
    """`left ?? right`: the left value if it exists, else the right one."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Node):
    """`( … ; … )`: a scope of variables; its value is that of the last expression."""

    expressions: tuple[Node, ...]
    whole: bool = False
    tuples: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind(Node):
    """`$name := value`."""

    name: str
    value: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply(Node):
    """`left ~> right`."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform(Node):
    """`| pattern | update, delete |`: a function that copies and changes."""

    pattern: Node
    update: Node
    delete: Node | None = None


def path_text(node: Node, steps: int | None = None) -> str:
    """A path as text, or its first steps, for messages; what is no plain step shows as (…), what is no path as ""."""
    if not isinstance(node, Path):
        return ""
    parts = []
    for step in node.steps[:steps]:
        expression = step.expression
        if isinstance(expression, Name):
            parts.append(expression.value)
        elif isinstance(expression, Variable):
            parts.append("$" + expression.name)
        else:
            parts.append({"Wildcard": "*", "Descendant": "**"}.get(expression.type, "(…)"))
    return ".".join(parts)

"""The tree of an expression: typed, frozen nodes, each with its children and its place in the source.

Paths are flat (`a.b[0].c` is one `Path` of three `Step`s) and the parent operator `%` has been resolved: the step that
the parent is taken from carries an `ancestor` label, and the `Parent` node names that label.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar, cast

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from engine.jsonata.signature import Signature

N = TypeVar("N", bound="Node")

_NO_NODES = frozenset({"start", "end", "at", "keep_array", "below"})


class Node(Struct, frozen=True, kw_only=True, eq=False):
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
    below: tuple[Node, ...] | None = None

    @property
    def type(self) -> str:
        """The kind of node, for linters and printing."""
        return type(self).__name__

    def children(self) -> tuple[Node, ...]:
        """The nodes directly below this one, in source order of their kind."""
        below = self.below
        if below is None:
            below = _below(self)
            force_setattr(self, "below", below)
        return below

    def changed(self: N, **values: Any) -> N:
        """The same node with other values."""
        return replace(self, below=None, **values)

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
    return tuple(name for name in kind.__struct_fields__ if name not in _NO_NODES)


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


class Predicate(Node, frozen=True, kw_only=True, eq=False):
    """A filter `[condition]`, or a number that selects by position."""

    condition: Node


class IndexStage(Node, frozen=True, kw_only=True, eq=False):
    """A position variable `#$name` that follows a predicate."""

    name: str


class Group(Node, frozen=True, kw_only=True, eq=False):
    """The pairs of a grouping `path{key: value, …}`."""

    pairs: tuple[tuple[Node, Node], ...]


class Text(Node, frozen=True, kw_only=True, eq=False):
    """A string literal."""

    value: str


class Number(Node, frozen=True, kw_only=True, eq=False):
    """A number literal, exact."""

    value: int | Decimal


class Constant(Node, frozen=True, kw_only=True, eq=False):
    """`true`, `false` or `null`."""

    value: bool | None


class Regex(Node, frozen=True, kw_only=True, eq=False):
    """A regular expression literal."""

    pattern: str
    flags: str


class Name(Node, frozen=True, kw_only=True, eq=False):
    """A field name as a step of a path."""

    value: str


class Wildcard(Node, frozen=True, kw_only=True, eq=False):
    """`*`: all field values."""


class Descendant(Node, frozen=True, kw_only=True, eq=False):
    """`**`: all values below."""


class Parent(Node, frozen=True, kw_only=True, eq=False):
    """`%`: the value that the step labelled `label` was taken from."""

    label: str


class Variable(Node, frozen=True, kw_only=True, eq=False):
    """`$name`; the empty name is the context, `$` is the input document."""

    name: str


class Step(Node, frozen=True, kw_only=True, eq=False):
    """One step of a path, with its stages (filters and positions) and the variables that it binds."""

    expression: Node
    stages: tuple[Predicate | IndexStage, ...] = ()
    focus: str | None = None
    index: str | None = None
    ancestor: str | None = None
    tuples: bool = False


class Path(Node, frozen=True, kw_only=True, eq=False):
    """A location path. `keep_singleton`: some step has `[]`. `tuples`: keeps its bindings for an outer path's `%`."""

    steps: tuple[Step, ...]
    keep_singleton: bool = False
    tuples: bool = False


class SortTerm(Node, frozen=True, kw_only=True, eq=False):
    """One term of an order-by."""

    expression: Node
    descending: bool


class Sort(Node, frozen=True, kw_only=True, eq=False):
    """An order-by `^(…)` as a step of a path."""

    terms: tuple[SortTerm, ...]


class Negate(Node, frozen=True, kw_only=True, eq=False):
    """Unary minus."""

    operand: Node


class Binary(Node, frozen=True, kw_only=True, eq=False):
    """An operator between two expressions: arithmetic, comparison, `and`, `or`, `in`, `&`, `..`."""

    operator: str
    left: Node
    right: Node


class Array(Node, frozen=True, kw_only=True, eq=False):
    """An array constructor. `whole`: as first or last step of a path it is kept in one piece."""

    items: tuple[Node, ...]
    whole: bool = False


class Object(Node, frozen=True, kw_only=True, eq=False):
    """An object constructor."""

    pairs: tuple[tuple[Node, Node], ...]


class Call(Node, frozen=True, kw_only=True, eq=False):
    """A function call."""

    procedure: Node
    arguments: tuple[Node, ...]


class Placeholder(Node, frozen=True, kw_only=True, eq=False):
    """A `?` among the arguments of a partial application."""


class Partial(Node, frozen=True, kw_only=True, eq=False):
    """A function call with placeholders: a function of the arguments left open."""

    procedure: Node
    arguments: tuple[Node, ...]


class Lambda(Node, frozen=True, kw_only=True, eq=False):
    """A function definition."""

    parameters: tuple[str, ...]
    body: Node
    signature: Signature | None = None


class Condition(Node, frozen=True, kw_only=True, eq=False):
    """`condition ? then : otherwise`."""

    condition: Node
    then: Node
    otherwise: Node | None = None


class Default(Node, frozen=True, kw_only=True, eq=False):
    """`left ?: right`: the left value if it is true in the sense of $boolean, else the right one."""

    left: Node
    right: Node


class Coalesce(Node, frozen=True, kw_only=True, eq=False):
    """`left ?? right`: the left value if it exists, else the right one."""

    left: Node
    right: Node


class Block(Node, frozen=True, kw_only=True, eq=False):
    """`( … ; … )`: a scope of variables; its value is that of the last expression."""

    expressions: tuple[Node, ...]
    whole: bool = False
    tuples: bool = False


class Bind(Node, frozen=True, kw_only=True, eq=False):
    """`$name := value`."""

    name: str
    value: Node


class Apply(Node, frozen=True, kw_only=True, eq=False):
    """`left ~> right`."""

    left: Node
    right: Node


class Transform(Node, frozen=True, kw_only=True, eq=False):
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

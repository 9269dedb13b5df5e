"""What a condition asks of single fields, as far as it is plain: `status = "hold" and channel in ["web", "edi"]`.

Everything else counts as a condition that may hold; so whoever asks gets no wrong answer, only none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine.jsonata import ast
from engine.lint.scope import Scope
from engine.lint.shapes import Shape, Shapes

Value = str | int | Decimal | bool | None
Field = tuple[str, ...]
"""The names of a path, `$saved` among them where it begins with it."""

_KINDS = {str: "string", bool: "boolean", int: "number", Decimal: "number", type(None): "null"}


@dataclass(frozen=True, slots=True)
class Asked:
    """That a field is one of some values; `node` is where it is asked."""

    field: Field
    values: frozenset[Value]
    node: ast.Node


@dataclass(frozen=True, slots=True)
class Impossible:
    """Why a condition never holds: the field cannot have the value."""

    node: ast.Node
    field: str
    value: Value
    allowed: tuple[Value, ...]
    kinds: frozenset[str]


def only_asks(tree: ast.Node) -> Asked | None:
    """The one thing that the whole condition asks; None where it asks more."""
    if isinstance(tree, ast.Block) and len(tree.expressions) == 1 and not tree.predicates:
        return only_asks(tree.expressions[0])
    if not isinstance(tree, ast.Binary) or tree.predicates:
        return None
    if tree.operator == "or":
        left, right = only_asks(tree.left), only_asks(tree.right)
        if left is None or right is None or left.field != right.field:
            return None
        return Asked(left.field, left.values | right.values, left.node)
    return _equality(tree)


def all_asked(tree: ast.Node) -> Iterator[Asked]:
    """What must hold of single fields for the condition to hold."""
    if isinstance(tree, ast.Block) and len(tree.expressions) == 1 and not tree.predicates:
        yield from all_asked(tree.expressions[0])
    elif isinstance(tree, ast.Binary) and tree.operator == "and":
        yield from all_asked(tree.left)
        yield from all_asked(tree.right)
    else:
        asked = only_asks(tree)
        if asked is not None:
            yield asked


def impossible(tree: ast.Node, scope: Scope, shapes: Shapes) -> Impossible | None:
    """Why the condition never holds, by the schemas of what it reads; None where it may."""
    for asked in all_asked(tree):
        shape = shape_at(asked.field, scope, shapes)
        if shape is None or not shape.alternatives:
            continue
        allowed, kinds = shapes.values(shape), shapes.kinds(shape)
        fits = [value for value in asked.values if _may_be(value, allowed, kinds)]
        if not fits:
            value = sorted(asked.values, key=str)[0]
            name = ".".join(asked.field)
            return Impossible(asked.node, name, value, tuple(allowed or ()), frozenset(kinds))
    return None


def shape_at(path: Field, scope: Scope, shapes: Shapes) -> Shape | None:
    """The shape of a field; None where the schemas leave it open."""
    shape: Shape | None
    if path[0] == "$saved":
        shape, rest = (scope.saved or {}).get(path[1]) if len(path) > 1 else None, path[2:]
    else:
        shape, rest = scope.document, path
    for name in rest:
        if shape is None or not shape.alternatives:
            return None
        shape = shapes.field(shape, name)
    return shape


def covered(conditions: Iterable[Asked | None]) -> Mapping[Field, frozenset[Value]]:
    """The values of each field for which one of the conditions holds."""
    found: dict[Field, frozenset[Value]] = {}
    for asked in conditions:
        if asked is not None:
            found[asked.field] = found.get(asked.field, frozenset()) | asked.values
    return found


def _equality(tree: ast.Binary) -> Asked | None:
    sides = ((tree.left, tree.right), (tree.right, tree.left))
    if tree.operator == "=":
        for one, other in sides:
            field, values = _field(one), _literals(other)
            if field is not None and values is not None and not isinstance(other, ast.Array):
                return Asked(field, values, one)
    if tree.operator == "in":
        field, values = _field(tree.left), _literals(tree.right)
        if field is not None and values is not None:
            return Asked(field, values, tree.left)
    return None


def _field(node: ast.Node) -> Field | None:
    if isinstance(node, ast.Name) and not node.predicates and node.group is None:
        return (node.value,)
    if not isinstance(node, ast.Path) or node.predicates or node.group is not None:
        return None
    names: list[str] = []
    for index, step in enumerate(node.steps):
        inner = step.expression
        if step.stages or step.focus or step.index or inner.predicates:
            return None
        if isinstance(inner, ast.Name):
            names.append(inner.value)
        elif index == 0 and isinstance(inner, ast.Variable) and inner.name in ("", "saved"):
            names += ["$saved"] if inner.name else []
        else:
            return None
    return tuple(names) or None


def _literals(node: ast.Node) -> frozenset[Value] | None:
    if isinstance(node, ast.Text | ast.Number | ast.Constant) and not node.predicates:
        return frozenset({node.value})
    if isinstance(node, ast.Array):
        each = [_literals(item) for item in node.items if not isinstance(item, ast.Array)]
        if len(each) == len(node.items) and None not in each:
            return frozenset(value for values in each if values is not None for value in values)
    return None


def _may_be(value: Value, allowed: frozenset[Value] | None, kinds: set[str]) -> bool:
    if allowed is not None:
        return any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in allowed)
    kind = _KINDS[type(value)]
    return not kinds or kind in kinds or (kind == "number" and "integer" in kinds)

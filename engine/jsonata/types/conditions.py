"""What the truth or falsehood of a condition says of the values it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.jsonata import ast
from engine.jsonata.types.narrowing import Fact, Test
from engine.jsonata.types.scope import Scope

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_MEASURES = frozenset(("count", "length", "sum"))
_PASSING = frozenset(("lowercase", "uppercase", "trim", "string", "number"))


def facts(node: ast.Node, holds: bool, scope: Scope) -> Iterator[Fact]:
    """What is known where a condition is true, or where it is not."""
    if node.predicates or node.group is not None:
        if holds:
            yield from _of_value(_bare(node), Test.EXISTS, scope)
        return
    if isinstance(node, ast.Block) and len(node.expressions) == 1:
        yield from facts(node.expressions[0], holds, scope)
    elif isinstance(node, ast.Binary):
        yield from _operator(node, holds, scope)
    elif isinstance(node, ast.Call):
        yield from _function(node, holds, scope)
    else:
        yield from _of_value(node, Test.TRUE if holds else Test.FALSE, scope)


def place(node: ast.Node, scope: Scope) -> tuple[int, tuple[str, ...]] | None:
    """The binding and the path of field names below it that an expression reads; None for any other expression."""
    if node.group is not None or node.predicates:
        return None
    if isinstance(node, ast.Block) and len(node.expressions) == 1:
        return place(node.expressions[0], scope)
    if isinstance(node, ast.Variable):
        return _variable(node, scope)
    if not isinstance(node, ast.Path):
        return None
    steps = list(node.steps)
    base: tuple[int, tuple[str, ...]] | None = (scope.here.id, ())
    if isinstance(steps[0].expression, ast.Variable):
        base = _variable(steps[0].expression, scope) if not steps[0].stages else None
        steps = steps[1:]
    names = []
    for step in steps:
        if not isinstance(step.expression, ast.Name) or step.stages or step.focus or step.index:
            return None
        names.append(step.expression.value)
    return (base[0], (*base[1], *names)) if base is not None else None


def _variable(node: ast.Variable, scope: Scope) -> tuple[int, tuple[str, ...]] | None:
    if node.name == "":
        return scope.here.id, ()
    if node.name == "$":
        return scope.root.id, ()
    binding = scope.names.get(node.name)
    return (binding.id, ()) if binding is not None else None


def _of_value(node: ast.Node, test: Test, scope: Scope, values: frozenset[Any] = frozenset()) -> Iterator[Fact]:
    found = place(node, scope)
    if found is not None:
        yield Fact(found[0], found[1], test, values)
    elif test not in (Test.FALSE, Test.MISSING, Test.NOT_EQUAL, Test.NOT_KIND):
        yield from _of_start(node, scope)


def _of_start(node: ast.Node, scope: Scope) -> Iterator[Fact]:
    """A path with filters has a value: then the plain names that it starts with have one too."""
    if not isinstance(node, ast.Path) or node.group is not None:
        return
    base, names = scope.here.id, []
    for index, step in enumerate(node.steps):
        expression = step.expression
        if index == 0 and isinstance(expression, ast.Variable):
            found = _variable(expression, scope)
            if found is None:
                return
            base = found[0]
        elif isinstance(expression, ast.Name):
            names.append(expression.value)
        else:
            break
        if step.stages:
            break
    if names:
        yield Fact(base, tuple(names), Test.EXISTS)


def _bare(node: ast.Node) -> ast.Node:
    """What a node with filters selects from."""
    if isinstance(node, ast.Block) and len(node.expressions) == 1:
        return node.expressions[0]
    return node


def _operator(node: ast.Binary, holds: bool, scope: Scope) -> Iterator[Fact]:
    operator, left, right = node.operator, node.left, node.right
    if (operator == "and" and holds) or (operator == "or" and not holds):
        yield from facts(left, holds, scope)
        yield from facts(right, holds, scope)
    elif operator in ("=", "!="):
        yield from _equality(left, right, operator, holds, scope)
        yield from _equality(right, left, operator, holds, scope)
    elif operator == "in":
        listed = _constants(right)
        if listed is not None:
            yield from _of_value(left, Test.EQUAL if holds else Test.NOT_EQUAL, scope, listed)
        elif holds:
            yield from _of_value(left, Test.EXISTS, scope)
            yield from _of_value(right, Test.EXISTS, scope)
    elif operator in _FLIPPED and holds:
        for side in (left, right):
            yield from _measured(side, scope)


def _measured(node: ast.Node, scope: Scope) -> Iterator[Fact]:
    """A side of `<` and the like is there where the comparison is true."""
    if isinstance(node, ast.Call) and isinstance(node.procedure, ast.Variable) and len(node.arguments) == 1:
        if node.procedure.name in _MEASURES or node.procedure.name == "number":
            yield from _of_value(node.arguments[0], Test.EXISTS, scope)
        return
    yield from _of_value(node, Test.EXISTS, scope)


def _equality(left: ast.Node, right: ast.Node, operator: str, holds: bool, scope: Scope) -> Iterator[Fact]:
    """What `left = right` says of the left side."""
    same = (operator == "=") is holds
    if isinstance(left, ast.Call) and isinstance(left.procedure, ast.Variable) and len(left.arguments) == 1:
        yield from _of_measure(left.procedure.name, left.arguments[0], right, (same, holds), scope)
        return
    constants = _constant(right)
    if operator == "=":
        if constants is not None:
            yield from _of_value(left, Test.EQUAL if holds else Test.NOT_EQUAL, scope, constants)
        elif holds:
            yield from _of_value(left, Test.EXISTS, scope)
    elif holds:
        test = Test.UNEQUAL if constants is not None else Test.EXISTS
        yield from _of_value(left, test, scope, constants or frozenset())


def _of_measure(
    name: str, argument: ast.Node, right: ast.Node, known: tuple[bool, bool], scope: Scope
) -> Iterator[Fact]:
    """What a comparison of `$type(x)`, `$count(x)` and the like says of x; `known`: they are equal, it holds."""
    same, holds = known
    kinds = _constants(right)
    if name == "type" and kinds is not None:
        yield from _of_value(argument, Test.KIND if same else Test.NOT_KIND, scope, kinds)
    elif (name in _MEASURES and _is_zero(right) and not same) or (holds and name in _PASSING):
        yield from _of_value(argument, Test.EXISTS, scope)


def _is_zero(node: ast.Node) -> bool:
    return isinstance(node, ast.Number) and node.value == 0


def _constant(node: ast.Node) -> frozenset[Any] | None:
    """The value of a literal, as a set of one."""
    if isinstance(node, ast.Text | ast.Number | ast.Constant) and not node.predicates:
        return frozenset((node.value,))
    return None


def _constants(node: ast.Node) -> frozenset[Any] | None:
    """The values of a literal, or of a list of them."""
    if isinstance(node, ast.Array) and not node.predicates:
        each = [_constant(item) for item in node.items]
        found = [one for one in each if one is not None]
        return frozenset().union(*found) if len(found) == len(each) else None
    return _constant(node)


def _function(node: ast.Call, holds: bool, scope: Scope) -> Iterator[Fact]:
    if not isinstance(node.procedure, ast.Variable) or node.procedure.name in scope.names or not node.arguments:
        return
    name, argument = node.procedure.name, node.arguments[0]
    if name == "not":
        yield from facts(argument, not holds, scope)
    elif name == "boolean":
        yield from facts(argument, holds, scope)
    elif name == "exists":
        yield from _of_value(argument, Test.EXISTS if holds else Test.MISSING, scope)
    elif holds and name in ("contains", "count", "length", "match", "keys", "number", "trim", "string"):
        yield from _of_value(argument, Test.EXISTS, scope)

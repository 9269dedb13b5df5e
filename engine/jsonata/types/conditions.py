"""What the truth or falsehood of a condition says of the values it names."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import Any, cast

from engine.jsonata import ast
from engine.jsonata.types.narrowing import Fact, Test
from engine.jsonata.types.scope import Scope

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_MEASURES = frozenset(("count", "length", "sum"))
_OF_TEXT = frozenset(
    ("length", "contains", "trim", "lowercase", "uppercase", "number", "toMillis", "match", "substring")
)
"""Functions that give nothing for nothing, and fail for null."""
_OF_ANYTHING = frozenset(("count", "keys", "string", "sum"))
_NO_NULL: frozenset[Any] = frozenset((None,))


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


@lru_cache(maxsize=64)
def _parts(kind: Any) -> tuple[str, ...]:
    """The fields of a kind of node that say what it is, and not where."""
    return tuple(name for name in kind.__struct_fields__ if name not in ("start", "end", "at", "below"))


def form(node: object) -> Hashable:
    """An expression without its place: two that look alike have the same."""
    if isinstance(node, ast.Node):
        return (node.__class__, *[form(getattr(node, name)) for name in _parts(cast(Any, node.__class__))])
    if isinstance(node, tuple):
        return tuple(map(form, node))
    return node if isinstance(node, Hashable) else id(node)


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
        return
    if test not in (Test.FALSE, Test.MISSING, Test.NOT_EQUAL, Test.NOT_KIND, Test.SINGLE):
        yield from _of_start(node, scope)
    if isinstance(node, ast.Path | ast.Call):
        yield Fact(scope.here.id, (), test, values, form(node))


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
    yield from _counted(node, holds, scope)
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


def _counted(node: ast.Binary, holds: bool, scope: Scope) -> Iterator[Fact]:
    """`$count(x) = 1`, or that it is not above 1: then there are not several."""
    call, number = node.left, node.right
    if not isinstance(call, ast.Call) or not isinstance(number, ast.Number) or not call.arguments:
        return
    if not isinstance(call.procedure, ast.Variable) or call.procedure.name != "count":
        return
    beyond = {("=", True): 0, ("<=", True): 0, ("<", True): 1, ("!=", False): 0, (">", False): 0, (">=", False): 1}
    less = beyond.get((node.operator, holds))
    if less is not None and number.value - less <= 1:
        yield from _of_value(call.arguments[0], Test.SINGLE, scope)


def _measured(node: ast.Node, scope: Scope) -> Iterator[Fact]:
    """A side of `<` and the like is there where the comparison is true, and is not null."""
    if isinstance(node, ast.Call):
        yield from _passed(node, scope)
    else:
        yield from _of_value(node, Test.UNEQUAL, scope, _NO_NULL)


def _passed(node: ast.Call, scope: Scope) -> Iterator[Fact]:
    """A call that gives something: then its first argument is there."""
    if not isinstance(node.procedure, ast.Variable) or node.procedure.name in scope.names or not node.arguments:
        return
    argument = node.arguments[0]
    if node.procedure.name in _OF_TEXT:
        yield from _of_value(argument, Test.UNEQUAL, scope, _NO_NULL)
    elif node.procedure.name in _OF_ANYTHING:
        yield from _of_value(argument, Test.EXISTS, scope)
    else:
        return
    if isinstance(argument, ast.Call):
        yield from _passed(argument, scope)


def _equality(left: ast.Node, right: ast.Node, operator: str, holds: bool, scope: Scope) -> Iterator[Fact]:
    """What `left = right` says of the left side."""
    same = (operator == "=") is holds
    constants = _constant(right)
    if isinstance(right, ast.Constant) and right.value is not None and isinstance(left, ast.Call | ast.Binary):
        yield from facts(left, right.value is same, scope)
    elif isinstance(left, ast.Call):
        yield from _of_measure(left, right, same, holds, scope)
    elif operator == "=":
        if constants is not None:
            yield from _of_value(left, Test.EQUAL if holds else Test.NOT_EQUAL, scope, constants)
        elif holds:
            yield from _of_value(left, Test.EXISTS, scope)
    elif holds:
        test = Test.UNEQUAL if constants is not None else Test.EXISTS
        yield from _of_value(left, test, scope, constants or frozenset())


def _of_measure(left: ast.Call, right: ast.Node, same: bool, holds: bool, scope: Scope) -> Iterator[Fact]:
    """What a comparison of `$type(x)`, `$count(x)` and the like says of x."""
    name = left.procedure.name if isinstance(left.procedure, ast.Variable) else ""
    kinds = _constants(right)
    if name == "type" and kinds is not None and left.arguments:
        if holds:
            yield from _of_value(left.arguments[0], Test.EXISTS, scope)
        yield from _of_value(left.arguments[0], Test.KIND if same else Test.NOT_KIND, scope, kinds)
    elif holds or (name in _MEASURES and _is_zero(right) and not same):
        yield from _passed(left, scope)


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
    elif holds:
        yield from _passed(node, scope)

"""Function calls: of the expression's own functions, whose bodies are followed, and of the library's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.jsonata import ast
from engine.jsonata.registry import Function as Built
from engine.jsonata.types.builtins import result_of
from engine.jsonata.types.call import Call
from engine.jsonata.types.lattice import (
    ANY,
    NEVER,
    Absence,
    Atom,
    Boolean,
    Function,
    List,
    Null,
    Number,
    Record,
    Text,
    Type,
    described,
)
from engine.jsonata.types.scope import Binding, Scope
from engine.jsonata.types.streams import stream_of
from engine.jsonata.types.values import binds_of
from engine.jsonata.types.walk import Walk

_LETTERS: Mapping[type, str] = {
    Text: "s",
    Number: "n",
    Boolean: "b",
    Null: "l",
    Record: "o",
    List: "a",
    Function: "f",
}
_WORDS = {"s": "text", "n": "a number", "b": "true or false", "o": "an object", "f": "a function", "a": "a list"}
_LIST_ITEMS: Mapping[str, type[Atom]] = {"n": Number, "s": Text, "o": Record}
_PLURALS = {"n": "numbers", "s": "texts", "o": "objects"}
_TESTS = frozenset(("exists", "boolean", "not", "type", "count"))


def call(walk: Walk, node: ast.Call, scope: Scope) -> Type:
    """`f(a, b)`"""
    arguments = tuple(walk.value(argument, scope) for argument in node.arguments)
    return _called(walk, node, arguments, node.arguments, scope)


def _called(walk: Walk, node: ast.Call, arguments: tuple[Type, ...], nodes: Sequence[ast.Node], scope: Scope) -> Type:
    procedure = node.procedure
    if isinstance(procedure, ast.Variable) and procedure.name not in scope.names and not procedure.predicates:
        return _library(walk, node, procedure.name, arguments, nodes, scope)
    functions = list(walk.value(procedure, scope).of_kind(Function))
    if len(functions) != 1:
        return ANY
    return (
        functions[0].called(arguments).here(walk.at(node.start))
        if not _unfit(walk, node, functions[0], len(nodes))
        else ANY
    )


def _result(function: Function, arguments: tuple[Type, ...]) -> Type:
    """What a function of the expression's own gives."""
    return function.called(arguments)


def _unfit(walk: Walk, node: ast.Call, function: Function, count: int) -> bool:
    """Whether an own function is given more or fewer arguments than it works with."""
    most, least = function.parameters, function.needed
    if most < 0 or least <= count <= most:
        return False
    walk.report("arity", walk.at(node.start), _arguments(least, most), str(count))
    return True


def _arguments(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least} argument{'s' * (least != 1)}"
    if least == most:
        return f"{most} argument{'s' * (most != 1)}" if most else "no arguments"
    return f"{least} to {most} arguments"


def _library(
    walk: Walk, node: ast.Call, name: str, arguments: tuple[Type, ...], nodes: Sequence[ast.Node], scope: Scope
) -> Type:
    """A call of a function of the library."""
    built = walk.functions.get(name)
    if built is None:
        names = (*walk.functions, *(each for each in scope.names if not each.startswith("!")))
        walk.report("function", walk.at(node.procedure.start), "", name, names)
        return ANY
    if _arity(walk, node, built, len(nodes)):
        _check_kinds(walk, built, arguments, nodes)
    given, parts = arguments, tuple(nodes)
    if _takes_context(built, arguments):
        given = (scope.value(scope.here), *arguments)
        _check_context(walk, node, built, given[0])
        parts = (ast.Variable(start=node.start, end=node.end, at=node.at, name=""), *nodes)
    result = result_of(Call(walk, name, node, given, parts, scope))
    return result.here(walk.at(node.start)) if result.at < 0 else result


def _arity(walk: Walk, node: ast.Call, built: Built, count: int) -> bool:
    """Check the number of arguments against the signature."""
    if built.parsed is None:
        return True
    parameters = built.parsed.parameters
    variadic = any(parameter.pattern.endswith("+") for parameter in parameters)
    least = sum(not parameter.pattern.endswith("?") for parameter in parameters)
    most = None if variadic else len(parameters)
    if least <= count and (most is None or count <= most):
        return True
    walk.report("arity", walk.at(node.start), f"{_arguments(least, most)} for '${built.name}'", str(count))
    return False


def _takes_context(built: Built, arguments: Sequence[Type]) -> bool:
    """Whether the context stands in for the first argument: too few are given, or a function in its place."""
    if built.parsed is None or not built.parsed.parameters:
        return False
    parameters = built.parsed.parameters
    first = parameters[0]
    rest = sum(not parameter.pattern.endswith("?") for parameter in parameters[1:])
    if first.context is None or len(arguments) >= len(parameters):
        return False
    ahead = len(arguments) == 1 and parameters[1].kind == "f" and arguments[0].only(Function)
    return ahead or len(arguments) <= rest


def _check_context(walk: Walk, node: ast.Call, built: Built, context: Type) -> None:
    """The context stands in for an argument: it must be one that the function takes."""
    assert built.parsed is not None
    first = built.parsed.parameters[0]
    at = walk.at(node.start)
    if _refused(first.kind, first.subtype, context):
        least = sum(not parameter.pattern.endswith("?") for parameter in built.parsed.parameters[1:]) + 1
        expected = f"{_arguments(least, len(built.parsed.parameters))} for '${built.name}'"
        walk.report("arity", at, expected, str(len(node.arguments)))
    else:
        walk.sound("arity", at)


def _check_kinds(walk: Walk, built: Built, arguments: Sequence[Type], nodes: Sequence[ast.Node]) -> None:
    """Arguments that are certainly of the wrong kind."""
    if built.parsed is None or _takes_context(built, arguments):
        return
    for parameter, argument, node in zip(built.parsed.parameters, arguments, nodes, strict=False):
        at = walk.at(node.start)
        expected = _refused(parameter.kind, parameter.subtype, argument)
        if expected:
            found = f"a list of {described(stream_of(argument).item)}" if argument.only(List) else described(argument)
            walk.report("argument", at, f"{expected} for '${built.name}'", found)
        else:
            walk.sound("argument", at)


def _refused(kind: str, subtype: str | None, argument: Type) -> str:
    """What a parameter takes, when the argument cannot be it."""
    if argument.any or not argument.atoms or kind in ("x", "j"):
        return ""
    if kind == "a":
        wanted = _LIST_ITEMS.get(subtype or "")
        item = stream_of(argument).item
        if wanted is None or item.any or not item.atoms or item.may(wanted):
            return ""
        return f"{_PLURALS[subtype or '']}"
    letters = kind.strip("()")
    if any(_LETTERS[atom.__class__] in letters for atom in argument.atoms):
        return ""
    return " or ".join(_WORDS[letter] for letter in letters if letter in _WORDS)


def apply(walk: Walk, node: ast.Apply, scope: Scope) -> Type:
    """`a ~> f` and `a ~> f(b)`"""
    left = walk.value(node.left, scope)
    if isinstance(node.right, ast.Call) and not node.right.predicates:
        further = tuple(walk.value(argument, scope) for argument in node.right.arguments)
        return _called(walk, node.right, (left, *further), (node.left, *node.right.arguments), scope)
    right = node.right
    if isinstance(right, ast.Transform):
        _changed(walk, right, stream_of(left).item, scope)
        return ANY.or_absent(left.absent)
    if isinstance(right, ast.Variable) and right.name in walk.functions and right.name not in scope.names:
        if left.only(Function):
            return Type((Function(lambda arguments: ANY),))
        made = ast.Call(start=right.start, end=right.end, at=right.at, procedure=right, arguments=())
        return _called(walk, made, (left,), (node.left,), scope)
    functions = list(walk.value(right, scope).of_kind(Function))
    if left.may(Function) or len(functions) != 1:
        return ANY
    return _result(functions[0], (left,))


def partial(walk: Walk, node: ast.Partial, scope: Scope) -> Type:
    """`f(a, ?)`: a function of what is left open."""
    for argument in node.arguments:
        if not isinstance(argument, ast.Placeholder):
            walk.value(argument, scope)
    procedure = node.procedure
    if isinstance(procedure, ast.Variable) and procedure.name not in scope.names:
        if procedure.name not in walk.functions:
            names = (*walk.functions, *scope.names)
            walk.report("function", walk.at(procedure.start), "", procedure.name, names)
    else:
        walk.value(procedure, scope)
    return Type((Function(lambda arguments: ANY),))


def transform(walk: Walk, node: ast.Transform, scope: Scope) -> Type:
    """`| pattern | update, delete |`: a function whose result is not followed."""
    _changed(walk, node, ANY, scope)
    return Type((Function(lambda arguments: ANY),))


def _changed(walk: Walk, node: ast.Transform, item: Type, scope: Scope) -> None:
    """The parts of a transform: the pattern is about what is changed, the others about what the pattern finds."""
    found = walk.value(node.pattern, scope.within(walk.bind(item)))
    inside = scope.within(walk.bind(stream_of(found).item))
    walk.value(node.update, inside)
    if node.delete is not None:
        walk.value(node.delete, inside)


def function(walk: Walk, node: ast.Lambda, scope: Scope) -> Type:
    """A function of the expression's own: its body is followed for the arguments of each call."""

    completed = node.signature is not None and any(
        each.context is not None or each.kind == "a" or each.pattern.endswith("+") for each in node.signature.parameters
    )

    def called(arguments: tuple[Type, ...]) -> Type:
        if not walk.enter(node):
            return ANY
        if completed:
            arguments = (ANY,) * len(node.parameters)
        names: dict[str, Binding] = {}
        for index, name in enumerate(node.parameters):
            given = arguments[index] if index < len(arguments) else NEVER.or_absent(Absence(True, "field", f"${name}"))
            names[name] = walk.bind(given)
        bound = {bind.name: walk.bind(ANY) for bind in binds_of(node.body)}
        result = walk.value(node.body, scope.binding({**names, **bound}))
        walk.leave()
        return result

    walk.defined(node, lambda: called((ANY,) * len(node.parameters)))
    if node.signature is not None:
        parameters = node.signature.parameters
        needed = sum(not parameter.pattern.endswith("?") for parameter in parameters)
        most = -1 if any(parameter.pattern.endswith("+") for parameter in parameters) else len(parameters)
    else:
        needed, most = _needed(node), len(node.parameters)
    return Type((Function(called, most, needed, walk.at(node.start)),))


def _needed(node: ast.Lambda) -> int:
    """How many arguments a function needs: those up to the last that it uses and never asks for."""
    asked: set[str] = set()
    used: set[str] = set()
    for part in node.body.walk():
        if isinstance(part, ast.Variable):
            used.add(part.name)
        for test in _tested(part):
            asked |= {each.name for each in test.walk() if isinstance(each, ast.Variable)}
    needed = 0
    for index, name in enumerate(node.parameters, 1):
        if name in used and name not in asked:
            needed = index
    return needed


def _tested(node: ast.Node) -> Sequence[ast.Node]:
    """The parts of a node that are tested for being there."""
    if isinstance(node, ast.Condition):
        return (node.condition,)
    if isinstance(node, ast.Default | ast.Coalesce):
        return (node.left,)
    if isinstance(node, ast.Array):
        return node.items
    if isinstance(node, ast.Binary) and node.operator in ("and", "or", "&"):
        return (node.left, node.right)
    if isinstance(node, ast.Call) and isinstance(node.procedure, ast.Variable) and node.procedure.name in _TESTS:
        return node.arguments
    return ()

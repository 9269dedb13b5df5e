"""Puts an expression's code together and makes a Python function of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CodeType, MappingProxyType
from typing import Any

from engine.jsonata import ast
from engine.jsonata.compiler import calls, literals, objects, operators, paths
from engine.jsonata.compiler.escapes import escaping
from engine.jsonata.compiler.names import RUNTIME
from engine.jsonata.compiler.scope import NotAsAssumed, Scope, closures_in, evaluates
from engine.jsonata.compiler.unit import Emitter, Loop, Unit
from engine.jsonata.compiler.values import Here, Val
from engine.jsonata.registry import FunctionRegistry

FILENAME = "<jsonata>"


def _wildcard(unit: Unit, node: ast.Wildcard, here: Here) -> Val:
    fields = "lead_fields" if here.lead else "wildcard"
    return Val(unit.assign(f"{fields}({here.code}, st)"), raw=True, clean=here.clean)


def _descendant(unit: Unit, node: ast.Descendant, here: Here) -> Val:
    return Val(unit.assign(f"descendants({here.code}, st)"), raw=True, clean=here.clean)


def _name(unit: Unit, node: ast.Name, here: Here) -> Val:
    return Val(unit.assign(f"field({here.code}, {node.value!r})"), raw=True, clean=here.clean)


_EMITTERS: Mapping[type[ast.Node], Emitter] = MappingProxyType(
    {
        ast.Text: literals.text,
        ast.Number: literals.number,
        ast.Constant: literals.constant,
        ast.Regex: literals.regex,
        ast.Variable: literals.variable,
        ast.Parent: literals.parent,
        ast.Condition: literals.condition,
        ast.Default: literals.default,
        ast.Coalesce: literals.coalesce,
        ast.Block: literals.block,
        ast.Bind: literals.bind,
        ast.Lambda: literals.lambda_,
        ast.Binary: operators.binary,
        ast.Negate: operators.negate,
        ast.Array: objects.array,
        ast.Object: objects.object_,
        ast.Path: paths.path,
        ast.Name: _name,
        ast.Wildcard: _wildcard,
        ast.Descendant: _descendant,
        ast.Call: calls.call,
        ast.Apply: calls.apply,
        ast.Partial: calls.partial,
        ast.Transform: calls.transform,
    }
)


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression: the function (context, document, variables, state), and where its lines come from.

    `clean`: what it gives needs no sequences, or arrays kept in one piece, turned into lists. `offsets[line - 1]` is
    the offset in the expression. `loops` tells where in the data a line is at work. `function_at` is the offset of a
    function that may be in what it gives.
    """

    run: Callable[[Any, Any, Mapping[str, Any], Any], Any]
    source: str
    offsets: tuple[int, ...]
    loops: tuple[Loop, ...]
    clean: bool
    function_at: int | None = None


def compile_tree(
    tree: ast.Node, functions: FunctionRegistry, *, careful: bool = False, evaluated: bool = False
) -> Program:
    """Compile the tree of an expression; `careful` code also allows for arrays of arrays of arrays in constructors.

    `evaluated`: it is the text of an `$eval`, which binds variables in the frame of the call.
    """
    try:
        return _written(tree, functions, careful, evaluated, True)
    except NotAsAssumed:
        return _written(tree, functions, careful, evaluated, False)


def _written(tree: ast.Node, functions: FunctionRegistry, careful: bool, evaluated: bool, trusting: bool) -> Program:
    unit = Unit(_EMITTERS, objects.suffix, functions, careful, closures_in(tree), trusting)
    scope = Scope()
    if evaluated:
        scope = Scope(frame=unit.assign("env['']", "e"), hides=evaluates((tree,)))
    elif not isinstance(tree, ast.Block):
        scope = literals.open_frame(unit, scope, (tree,))
    value = unit.value(tree, Here("ctx", scope, clean=True, group=True, output=True))
    unit.line(f"return {value.code}")
    source = "def main(ctx, root, env, st):\n" + "\n".join(unit.lines) + "\n"
    code = compile(source, FILENAME, "exec", dont_inherit=True, optimize=2)
    run = _define(code, {**RUNTIME, **unit.constants})
    clean = value.clean and not (value.sequence or unit.wholes)
    return Program(run, source, (0, *unit.offsets), tuple(unit.loops), clean, escaping(tree, functions))


def _define(code: CodeType, names: dict[str, Any]) -> Callable[..., Any]:
    exec(code, names)
    # the source is made from a parsed tree: what stands in it is ours, or the repr() of a string or number
    function: Callable[..., Any] = names["main"]
    return function

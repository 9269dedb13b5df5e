"""The type of what an expression gives, and what in it cannot be right, by the types of what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.jsonata import ast
from engine.jsonata.host import LIBRARY
from engine.jsonata.types import calls, paths, values
from engine.jsonata.types.lattice import ANY, Type
from engine.jsonata.types.scope import Scope
from engine.jsonata.types.usage import check_usage
from engine.jsonata.types.values import binds_of
from engine.jsonata.types.walk import Handler, NoTables, Problem, Tables, Walk

_NO_TABLES: Final = NoTables()


@dataclass(frozen=True, slots=True)
class Given:
    """What an expression is given: the type of its document, and of each variable in scope."""

    document: Type = ANY
    variables: Mapping[str, Type] = field(default_factory=dict)
    tables: Tables = _NO_TABLES


@dataclass(frozen=True, slots=True)
class Inferred:
    """The type of the value, and the problems found."""

    type: Type
    problems: tuple[Problem, ...]


def infer(tree: ast.Node, given: Given, base: int = 0) -> Inferred:
    """Walk an expression. Offsets are those of its text plus `base`. What nests too deep is left alone."""
    walk = Walk(_HANDLERS, paths.follow, LIBRARY, given.tables, base)
    root = walk.bind(given.document)
    names = {name: walk.bind(value) for name, value in given.variables.items()}
    bound = {bind.name: walk.bind(ANY) for bind in binds_of(tree)}
    try:
        result = walk.value(tree, Scope(root, root, {**names, **bound}))
        walk.finish()
        check_usage(walk, tree)
    except RecursionError:
        return Inferred(ANY, ())
    return Inferred(result, tuple(walk.problems))


_HANDLERS: Final[Mapping[type[ast.Node], Handler]] = {
    ast.Text: values.text,
    ast.Number: values.number,
    ast.Constant: values.constant,
    ast.Regex: values.regex,
    ast.Object: values.record,
    ast.Array: values.array,
    ast.Block: values.block,
    ast.Bind: values.bind,
    ast.Condition: values.condition,
    ast.Default: values.default,
    ast.Coalesce: values.coalesce,
    ast.Negate: values.negate,
    ast.Binary: values.binary,
    ast.Path: paths.path,
    ast.Variable: paths.variable,
    ast.Parent: paths.parent,
    ast.Call: calls.call,
    ast.Apply: calls.apply,
    ast.Partial: calls.partial,
    ast.Lambda: calls.function,
    ast.Transform: calls.transform,
}

"""Shows how each field of a result came about: the expression that made it, its place, the source values it read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from engine.jsonata import ast
from engine.jsonata.compiler.compile import Program, compile_tree
from engine.jsonata.errors import Origin
from engine.jsonata.expression import Environment, Expression
from engine.jsonata.functions.objects import is_true
from engine.jsonata.lineage import SourcePath, reads
from engine.jsonata.missing import MISSING
from engine.jsonata.registry import FunctionRegistry
from engine.jsonata.runtime.sequences import Outer, collapse, plain
from engine.jsonata.runtime.state import EvaluationContext, State
from engine.jsonata.runtime.steps import last_field


@dataclass(frozen=True, slots=True)
class Explained:
    """One field of a result: `target` such as `lines[0].netAmount`, its value, and what made it.

    `sources` are the paths that were read with their values, MISSING for what is not there.
    """

    target: str
    value: Any
    expression: str
    line: int
    column: int
    sources: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A context while explaining: its value, its path in the source, and the variables in scope."""

    value: Any
    path: str
    variables: Mapping[str, Any]


def explain(
    expression: Expression,
    data: Any,
    variables: Mapping[str, Any] | None = None,
    context: EvaluationContext | None = None,
) -> list[Explained]:
    """The fields of the result of an expression, in order; raises ExpressionError as the evaluation does."""
    expression.evaluate(data, variables, context)
    subject = Outer((data,)) if data.__class__ is list else data
    explainer = _Explainer(expression, data, context or EvaluationContext())
    return list(explainer.fields(expression.ast, _Place(subject, "", dict(variables or {})), ""))


class _Explainer:
    def __init__(self, expression: Expression, data: Any, context: EvaluationContext) -> None:
        self._expression = expression
        self._data = data
        self._state = State(context, Environment(expression.functions))
        self._programs: dict[int, Program] = {}

    def fields(self, node: ast.Node, place: _Place, target: str) -> Iterator[Explained]:
        """The fields that a node makes at a target."""
        plain_node = not node.predicates and node.group is None
        if isinstance(node, ast.Block) and plain_node and node.expressions:
            yield from self._block(node, place, target)
        elif isinstance(node, ast.Condition) and plain_node and _makes_object(node):
            yield from self._condition(node, place, target)
        elif isinstance(node, ast.Object) and plain_node:
            yield from self._object(node, place, target)
        elif isinstance(node, ast.Array) and plain_node and any(isinstance(item, ast.Object) for item in node.items):
            yield from self._array(node, place, target)
        elif isinstance(node, ast.Path) and _maps(node):
            yield from self._path(node, place, target)
        else:
            yield from self._leaf(node, place, target)

    def _run(self, node: ast.Node, place: _Place) -> Any:
        program = self._programs.get(id(node))
        if program is None:
            program = self._programs[id(node)] = compile_tree(node, self._functions(place), careful=True)
        self._state.deadline = monotonic() + self._state.limits.seconds
        return collapse(program.run(place.value, self._data, place.variables, self._state))

    def _functions(self, place: _Place) -> FunctionRegistry:
        """The functions that no variable hides: a part alone does not show what is bound around it."""
        functions = self._expression.functions
        if not functions.keys() & place.variables.keys():
            return functions
        return FunctionRegistry(functions[name] for name in functions if name not in place.variables)

    def _block(self, node: ast.Block, place: _Place, target: str) -> Iterator[Explained]:
        variables = dict(place.variables)
        inside = replace(place, variables=variables)
        for expression in node.expressions[:-1]:
            value = self._run(expression, inside)
            if isinstance(expression, ast.Bind):
                variables[expression.name] = value
        yield from self.fields(node.expressions[-1], inside, target)

    def _condition(self, node: ast.Condition, place: _Place, target: str) -> Iterator[Explained]:
        branch = node.then if is_true(self._run(node.condition, place)) else node.otherwise
        if branch is not None:
            yield from self.fields(branch, place, target)

    def _object(self, node: ast.Object, place: _Place, target: str) -> Iterator[Explained]:
        for key, value in node.pairs:
            name = self._run(key, place)
            if isinstance(name, str):
                yield from self.fields(value, place, f"{target}.{name}" if target else name)

    def _array(self, node: ast.Array, place: _Place, target: str) -> Iterator[Explained]:
        index = 0
        for item in node.items:
            value = self._run(item, place)
            size = len(value) if isinstance(value, list) and not isinstance(item, ast.Array) else value is not MISSING
            if size == 1:
                yield from self.fields(item, place, f"{target}[{index}]")
            elif size:
                yield from self._leaf(item, place, f"{target}[{index}..{index + size - 1}]")
            index += size

    def _path(self, node: ast.Path, place: _Place, target: str) -> Iterator[Explained]:
        """A path that ends in an object: the fields of the object for each item that the path leads to."""
        start = replace(node, steps=node.steps[:-1], keep_singleton=False)
        found = self._run(start, place)
        items = found if isinstance(found, list) else [] if found is MISSING else [found]
        label = _joined(place.path, ast.path_text(start))
        listed = len(items) > 1 or node.keep_singleton
        for index, item in enumerate(items):
            path = f"{label}[{index}]" if isinstance(found, list) else label
            inside = _Place(item, path, place.variables)
            yield from self.fields(node.steps[-1].expression, inside, f"{target}[{index}]" if listed else target)

    def _leaf(self, node: ast.Node, place: _Place, target: str) -> Iterator[Explained]:
        value = self._run(node, place)
        if value is MISSING:
            return
        line, column = self._line(node)
        source = self._expression.source[node.start : node.end]
        yield Explained(target, plain(value), source, line, column, tuple(self._sources(node, place)))

    def _line(self, node: ast.Node) -> tuple[int, int]:
        before = self._expression.source[: node.start]
        line, column = before.count("\n") + 1, node.start - (before.rfind("\n") + 1) + 1
        origin: Origin | None = self._expression.origin
        return origin.place(line, column) if origin is not None else (line, column)

    def _sources(self, node: ast.Node, place: _Place) -> Iterator[tuple[str, Any]]:
        """The source values that a node reads, each under its path."""
        part = replace(self._expression, ast=node)
        for path in sorted(reads(part)):
            if path[0].startswith("$"):
                value = _follow(place.variables.get(path[0][1:], MISSING), path[1:], self._state)
                label = ".".join(path)
            else:
                value = _follow(place.value, path, self._state)
                label = _joined(place.path, ".".join(path))
            if not callable(value):
                yield label, value if value is MISSING else plain(value)


def _maps(node: ast.Path) -> bool:
    """Whether a path ends in a constructor whose fields can be told apart."""
    last = node.steps[-1].expression
    whole = any(step.tuples for step in node.steps) or node.group is not None or node.steps[-1].stages
    return len(node.steps) > 1 and not whole and isinstance(last, ast.Object | ast.Block | ast.Condition)


def _makes_object(node: ast.Condition) -> bool:
    """Whether a branch of a condition makes an object of its own."""
    return any(
        isinstance(part, ast.Object) for branch in (node.then, node.otherwise) if branch for part in branch.walk()
    )


def _follow(value: Any, path: SourcePath, state: State) -> Any:
    for name in path:
        if name in ("*", "**"):
            break
        value = last_field(value, name, state)
    return value


def _joined(prefix: str, rest: str) -> str:
    return f"{prefix}.{rest}" if prefix and rest else prefix or rest

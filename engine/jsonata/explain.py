"""Shows how each field of a result came about: the expression that made it, its place, the source values it read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, TypeAlias

from engine.jsonata import ast
from engine.jsonata.compiler.compile import Program, compile_tree
from engine.jsonata.errors import Origin
from engine.jsonata.expression import Environment, Expression
from engine.jsonata.functions.objects import is_true
from engine.jsonata.lineage import reads
from engine.jsonata.missing import MISSING
from engine.jsonata.registry import FunctionRegistry
from engine.jsonata.runtime.sequences import Outer, collapse, plain
from engine.jsonata.runtime.state import EvaluationContext, State
from engine.jsonata.runtime.steps import last_field

_CONTEXT, _ROOT = "@", "$$"


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


_Element: TypeAlias = "tuple[ast.Node, _Place]"
"""A node that makes a value, and where."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A context while explaining: its value, its path in the source, and the variables in scope.

    `made` holds the expression behind each variable and `maker` the one behind a context that is no part of the
    source, both with their own places; `functions` are those that the expression itself defines.
    """

    value: Any
    path: str
    variables: dict[str, Any] = field(default_factory=dict)
    made: dict[str, _Element] = field(default_factory=dict)
    functions: dict[str, tuple[ast.Lambda, _Place]] = field(default_factory=dict)
    maker: _Element | None = None

    def inner(self) -> _Place:
        """The same place as a scope of its own."""
        return replace(self, variables=dict(self.variables), made=dict(self.made), functions=dict(self.functions))

    def bind(self, name: str, value: Any, made: _Element | None = None) -> None:
        """Set a variable to the value of an expression."""
        for known in (self.made, self.functions):
            known.pop(name, None)
        self.variables[name] = value
        if made is not None:
            self.made[name] = made


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
        self._programs: dict[tuple[int, frozenset[str]], tuple[ast.Node, Program]] = {}

    def fields(self, node: ast.Node, place: _Place, target: str) -> Iterator[Explained]:
        """The fields that a node makes at a target."""
        node, place = _behind(node, place)
        if not _makes_fields(node, place):
            yield from self._leaf(node, place, target)
        elif isinstance(node, ast.Block):
            yield from self.fields(*self._block(node, place), target)
        elif isinstance(node, ast.Call):
            yield from self.fields(*self._call(node, place), target)
        elif isinstance(node, ast.Condition):
            branch = node.then if is_true(self._run(node.condition, place)) else node.otherwise
            if branch is not None:
                yield from self.fields(branch, place, target)
        elif isinstance(node, ast.Object):
            yield from list(self._object(node, place, target)) or self._leaf(node, place, target)
        elif isinstance(node, ast.Array):
            elements = [element for item in node.items for element in self._elements(item, place)]
            yield from list(self._list(elements, target)) or self._leaf(node, place, target)
        elif isinstance(node, ast.Path):
            yield from self._path(node, place, target)

    # -- values

    def _run(self, node: ast.Node, place: _Place) -> Any:
        hidden = frozenset(name for name in place.variables if name in self._expression.functions)
        known = self._programs.get((id(node), hidden))
        if known is None:
            known = (node, compile_tree(node, self._functions(hidden), careful=True))
            self._programs[id(node), hidden] = known
        self._state.deadline = monotonic() + self._state.limits.seconds
        return collapse(known[1].run(place.value, self._data, place.variables, self._state))

    def _functions(self, hidden: frozenset[str]) -> FunctionRegistry:
        """The functions that no variable hides: a part alone does not show what is bound around it."""
        functions = self._expression.functions
        return FunctionRegistry(functions[name] for name in functions if name not in hidden) if hidden else functions

    # -- nodes that make fields

    def _block(self, node: ast.Block, place: _Place) -> _Element:
        """The last expression of a block, with what the others bind."""
        inside = place.inner()
        for expression in node.expressions[:-1]:
            before = inside.inner()
            value = self._run(expression, inside)
            if not isinstance(expression, ast.Bind):
                continue
            inside.bind(expression.name, value, (expression.value, before))
            if isinstance(expression.value, ast.Lambda):
                inside.functions[expression.name] = (expression.value, inside)
        return node.expressions[-1], inside

    def _call(self, node: ast.Call, place: _Place) -> _Element:
        """The body of a function of the expression's own, with its arguments."""
        assert isinstance(node.procedure, ast.Variable)
        function, home = place.functions[node.procedure.name]
        inside = home.inner()
        for index, name in enumerate(function.parameters):
            argument = node.arguments[index] if index < len(node.arguments) else None
            if argument is not None:
                inside.bind(name, self._run(argument, place), (argument, place))
            else:
                inside.bind(name, MISSING)
        return function.body, inside

    def _object(self, node: ast.Object, place: _Place, target: str) -> Iterator[Explained]:
        for key, value in node.pairs:
            name = self._run(key, place)
            if isinstance(name, str):
                yield from self.fields(value, place, f"{target}.{name}" if target else name)

    def _path(self, node: ast.Path, place: _Place, target: str) -> Iterator[Explained]:
        """A path that ends in a constructor: what that makes for each item that the path leads to."""
        elements = [one for one in self._elements(node, place) if self._run(*one) is not MISSING]
        if len(elements) > 1 or node.keep_singleton:
            yield from self._list(elements, target)
        elif elements:
            yield from self.fields(*elements[0], target)

    def _list(self, elements: list[_Element], target: str) -> Iterator[Explained]:
        index = 0
        for node, place in elements:
            value = self._run(node, place)
            size = len(value) if isinstance(value, list) and not isinstance(node, ast.Array) else value is not MISSING
            if size == 1:
                yield from self.fields(node, place, f"{target}[{index}]")
            elif size:
                yield from self._leaf(node, place, f"{target}[{index}..{index + size - 1}]")
            index += size

    def _elements(self, node: ast.Node, place: _Place) -> list[_Element]:
        """The values that an item of an array constructor adds, each by the node that makes it."""
        node, place = _behind(node, place)
        if not isinstance(node, ast.Path) or not _maps(node, place):
            return [(node, place)]
        last = node.steps[-1].expression
        return [(last, inside) for inside in self._places(node, place)]

    def _places(self, node: ast.Path, place: _Place) -> Iterator[_Place]:
        """The places that the steps of a path lead to before the last one, with the variables that they bind."""
        bound = [name for step in node.steps for name in _bound_by(step)]
        captured = self._run(_capturing(node, bound), place)
        before = _unfiltered(node.changed(steps=node.steps[:-1], keep_singleton=False))
        label = _path_of(before, place)
        everything = self._run(before, place) if label is not None else MISSING
        for position, item in enumerate(captured):
            value = item[_CONTEXT]
            path = _indexed(label or "", everything, value, position)
            inside = replace(place.inner(), value=value, path=path, maker=(before, place) if label is None else None)
            for name in bound:
                inside.bind(name, item.get(name, MISSING))
            yield inside

    # -- fields

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
        """The source values that a node reads, each once under its path."""
        found: dict[str, Any] = {}
        self._read(node, place, found)
        for label, value in found.items():
            if label and not callable(value):
                yield label, value if value is MISSING else plain(value)

    def _read(self, node: ast.Node, place: _Place, found: dict[str, Any]) -> None:
        part = replace(self._expression, ast=node)
        for first, *rest in sorted(reads(part, context=(_CONTEXT,), root=(_ROOT,))):
            below = ".".join(rest)
            if first == _ROOT:
                found.setdefault(below, _follow(self._data, rest, self._state))
            elif first != _CONTEXT:
                self._read_variable(first.removeprefix("$"), rest, place, found)
            elif place.maker is not None:
                self._read(*place.maker, found)
            else:
                found.setdefault(_joined(place.path, below), _follow(place.value, rest, self._state))

    def _read_variable(self, name: str, rest: list[str], place: _Place, found: dict[str, Any]) -> None:
        """What stands behind a variable; of one that was calculated its value and what that was made of."""
        value = _follow(place.variables.get(name, MISSING), rest, self._state)
        made = place.made.get(name)
        path = _path_of(*made) if made is not None else None
        if path is not None:
            found.setdefault(_joined(path, ".".join(rest)), value)
            return
        found.setdefault(_joined(f"${name}", ".".join(rest)), value)
        if made is not None and not isinstance(made[0], ast.Lambda):
            self._read(*made, found)


def _behind(node: ast.Node, place: _Place) -> _Element:
    """The expression that a variable stands for; any other node is itself."""
    while isinstance(node, ast.Variable) and node.name in place.made and not (node.predicates or node.group):
        node, place = place.made[node.name]
    return node, place


def _makes_fields(node: ast.Node | None, place: _Place) -> bool:
    """Whether a node makes a value whose fields can be told apart."""
    if node is None:
        return False
    node, place = _behind(node, place)
    if node.predicates or node.group is not None:
        return False
    if isinstance(node, ast.Object):
        return True
    if isinstance(node, ast.Block):
        return bool(node.expressions) and _makes_fields(node.expressions[-1], place)
    if isinstance(node, ast.Condition):
        return _makes_fields(node.then, place) or _makes_fields(node.otherwise, place)
    if isinstance(node, ast.Array):
        return any(_makes_fields(item, place) for item in node.items)
    if isinstance(node, ast.Call):
        return _calls_own(node, place)
    return isinstance(node, ast.Path) and _maps(node, place)


def _calls_own(node: ast.Call, place: _Place) -> bool:
    """Whether a call is one of a function that the expression defines and that makes fields."""
    name = node.procedure.name if isinstance(node.procedure, ast.Variable) else ""
    if name not in place.functions:
        return False
    function, home = place.functions[name]
    elsewhere = replace(home, functions={known: found for known, found in home.functions.items() if known != name})
    return function.signature is None and _makes_fields(function.body, elsewhere)


def _maps(node: ast.Path, place: _Place) -> bool:
    """Whether a path ends in a constructor whose fields can be told apart."""
    last = node.steps[-1]
    if len(node.steps) < 2 or node.group is not None or last.stages or last.focus or last.index or node.predicates:
        return False
    if any(step.ancestor for step in node.steps):
        return False  # `%` in the constructor would not find what it is about
    return not isinstance(last.expression, ast.Array) and _makes_fields(last.expression, place)


def _capturing(node: ast.Path, bound: list[str]) -> ast.Node:
    """The path with a last step that tells its context and what is bound, as a list."""
    last = node.steps[-1]
    start, end, at = last.start, last.end, last.at
    pairs = [
        (
            ast.Text(value=name or _CONTEXT, start=start, end=end, at=at),
            ast.Variable(name=name, start=start, end=end, at=at),
        )
        for name in ("", *bound)
    ]
    step = last.changed(expression=ast.Object(pairs=tuple(pairs), start=start, end=end, at=at))
    path = node.changed(steps=(*node.steps[:-1], step), keep_singleton=False)
    return ast.Array(items=(path,), start=start, end=end, at=at)


def _bound_by(step: ast.Step) -> Iterator[str]:
    """The variables that a step binds."""
    yield from (name for name in (step.focus, step.index) if name)
    yield from (stage.name for stage in step.stages if isinstance(stage, ast.IndexStage))


def _unfiltered(node: ast.Path) -> ast.Path:
    """The path without its filters and orders, which tells the positions in the source."""
    steps = tuple(
        step.changed(stages=(), focus=None, index=None, tuples=False)
        for step in node.steps
        if not isinstance(step.expression, ast.Sort)
    )
    return node.changed(steps=steps, tuples=False)


def _indexed(label: str, everything: Any, item: Any, position: int) -> str:
    """The path of an item: with its index where the path leads to several."""
    if not isinstance(everything, list):
        return label
    own = (index for index, other in enumerate(everything) if other is item)
    return f"{label}[{next(own, position) if isinstance(item, dict | list) else position}]"


def _path_of(node: ast.Node, place: _Place) -> str | None:
    """The path in the source of what a node gives, if it is nothing but a part of the source."""
    node, place = _behind(node, place)
    if node.predicates or node.group is not None:
        return None
    if isinstance(node, ast.Variable):
        own = node.name == "" and place.maker is None
        return place.path if own else "" if node.name == "$" else None
    if not isinstance(node, ast.Path) or any(step.ancestor or step.focus for step in node.steps):
        return None
    first = node.steps[0].expression
    start = _path_of(first, place) if isinstance(first, ast.Variable) else place.path if place.maker is None else None
    names = [_name_of(step.expression) for step in node.steps[isinstance(first, ast.Variable) :]]
    if start is None or None in names:
        return None
    return _joined(start, ".".join(name for name in names if name))


def _name_of(node: ast.Node) -> str | None:
    """A step as it shows in a path: an order shows as nothing, what is no plain step is None."""
    if isinstance(node, ast.Name):
        return node.value
    return {"Wildcard": "*", "Descendant": "**", "Sort": ""}.get(node.type)


def _follow(value: Any, path: Sequence[str], state: State) -> Any:
    for name in path:
        if name in ("*", "**"):
            break
        value = last_field(value, name, state)
    return value


def _joined(prefix: str, rest: str) -> str:
    return f"{prefix}.{rest}" if prefix and rest else prefix or rest

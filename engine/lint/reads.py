"""What an expression reads: fields, variables, functions, saved values and code tables, each at its place in the text.

The walk follows the shape of the context through paths, filters and function arguments as far as the schemas decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.jsonata import LIBRARY, UNIT_FUNCTIONS, ast, unit_table
from engine.lint.shapes import Shape, Shapes, joined

Kind = Literal["field", "variable", "function", "saved", "table"]

_KEEP_ITEMS = frozenset({"filter", "sort", "reverse", "distinct", "shuffle", "single"})
_GIVE_ITEMS = frozenset({"map", "filter", "single"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What is there for an expression: the document's shape, the variables, and what earlier steps saved.

    `saved` is None where `$saved` is not followed; `shapes` holds the variables whose shape is known.
    """

    variables: frozenset[str]
    document: Shape | None = None
    saved: Mapping[str, Shape | None] | None = None
    shapes: Mapping[str, Shape | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Read:
    """One thing that is read and is not there (`table`: that is read at all). `names` are those that would be."""

    kind: Kind
    name: str
    offset: int
    names: tuple[str, ...] = ()


def reads_of(tree: ast.Node, scope: Scope, shapes: Shapes) -> list[Read]:
    """The fields, variables, functions and saved values that are not in scope, and every code table that is read."""
    walk = _Walk(scope, shapes)
    try:
        walk.root(tree)
    except RecursionError:
        return []
    return walk.reads


_Names = Mapping[str, Shape | None]


class _Walk:
    def __init__(self, scope: Scope, shapes: Shapes) -> None:
        self._scope = scope
        self._shapes = shapes
        self.reads: list[Read] = []

    def root(self, tree: ast.Node) -> None:
        names: _Names = {**dict.fromkeys(self._scope.variables), **self._scope.shapes}
        self._of(tree, self._scope.document, {**names, **_bound_in((tree,))})

    def _of(self, node: ast.Node, here: Shape | None, names: _Names) -> Shape | None:
        """Walk a node whose context has the shape `here`; returns the shape of its value."""
        if isinstance(node, ast.Path):
            return self._path(node, here, names)
        value = self._value(node, here, names)
        for predicate in node.predicates:
            self._of(predicate.condition, value, names)
        return self._grouped(node, value, names)

    def _grouped(self, node: ast.Node, value: Shape | None, names: _Names) -> Shape | None:
        if node.group is None:
            return value
        for pair in node.group.pairs:
            for part in pair:
                self._of(part, value, names)
        return None

    def _value(self, node: ast.Node, here: Shape | None, names: _Names) -> Shape | None:
        """The node itself, without the filters that follow it."""
        if isinstance(node, ast.Name):
            return self._field(node, here)
        if isinstance(node, ast.Variable):
            return self._variable(node, here, names)
        if isinstance(node, ast.Call):
            return self._call(node.procedure, node.arguments, here, names)
        if isinstance(node, ast.Apply):
            return self._apply(node, here, names)
        if isinstance(node, ast.Block):
            return self._block(node, here, names)
        if isinstance(node, ast.Lambda):
            return self._lambda(node, here, names, ())
        if isinstance(node, ast.Condition | ast.Default | ast.Coalesce | ast.Array):
            return self._choice(node, here, names)
        if isinstance(node, ast.Bind):
            return self._of(node.value, here, names)
        if isinstance(node, ast.Transform):
            here = None  # its parts are about what the pattern finds
        if isinstance(node, ast.Sort):
            for term in node.terms:
                self._of(term.expression, here, names)
            return here
        for child in node.children():
            self._of(child, here, names)
        return None

    def _path(self, node: ast.Path, here: Shape | None, names: _Names) -> Shape | None:
        bound = {name: None for step in node.steps for name in (step.focus, step.index) if name}
        names = {**names, **bound}
        current = here
        steps = list(node.steps)
        if self._reads_saved(steps):
            current = self._saved_value(steps[1].expression)
            self._stages(steps[1], current, names)
            steps = steps[2:]
        for step in steps:
            current = self._of(step.expression, current, names)
            self._stages(step, current, names)
            if step.focus is not None or step.tuples:
                current = None
        for predicate in node.predicates:
            self._of(predicate.condition, current, names)
        return self._grouped(node, current, names)

    def _stages(self, step: ast.Step, current: Shape | None, names: _Names) -> None:
        for stage in step.stages:
            if isinstance(stage, ast.Predicate):
                self._of(stage.condition, current, names)

    def _reads_saved(self, steps: Sequence[ast.Step]) -> bool:
        """Whether a path begins `$saved.NAME`."""
        if self._scope.saved is None or len(steps) < 2 or steps[0].stages:
            return False
        first, second = steps[0].expression, steps[1].expression
        return isinstance(first, ast.Variable) and first.name == "saved" and isinstance(second, ast.Name)

    def _saved_value(self, node: ast.Node) -> Shape | None:
        assert isinstance(node, ast.Name)
        assert self._scope.saved is not None
        if node.value not in self._scope.saved:
            self.reads.append(Read("saved", node.value, node.start, tuple(self._scope.saved)))
            return None
        return self._scope.saved[node.value]

    def _field(self, node: ast.Name, here: Shape | None) -> Shape | None:
        if here is None:
            return None
        found = self._shapes.field(here, node.value)
        if found is not None and not found.alternatives:
            self.reads.append(Read("field", node.value, node.start, tuple(self._shapes.names(here))))
            return None
        return found

    def _variable(self, node: ast.Variable, here: Shape | None, names: _Names) -> Shape | None:
        if node.name == "":
            return here
        if node.name == "$":
            return self._scope.document
        if node.name not in names and node.name not in LIBRARY:
            self.reads.append(Read("variable", node.name, node.start, tuple(names)))
        return names.get(node.name)

    def _call(
        self, procedure: ast.Node, arguments: Sequence[ast.Node], here: Shape | None, names: _Names
    ) -> Shape | None:
        built_in = ""
        if isinstance(procedure, ast.Variable) and procedure.name not in names:
            built_in = procedure.name
            if built_in not in LIBRARY:
                self.reads.append(Read("function", built_in, procedure.start, (*LIBRARY, *names)))
        else:
            self._of(procedure, here, names)
        if built_in == "lookup" and arguments and isinstance(arguments[0], ast.Text):
            self.reads.append(Read("table", arguments[0].value, arguments[0].start))
        if built_in in UNIT_FUNCTIONS and len(arguments) == 2 and isinstance(arguments[1], ast.Text):
            self.reads.append(Read("table", unit_table(arguments[1].value), arguments[1].start))
        first: Shape | None = None
        for index, argument in enumerate(arguments):
            if isinstance(argument, ast.Lambda) and index == 1 and built_in in _GIVE_ITEMS:
                self._lambda(argument, here, names, (first,))
                continue
            value = self._of(argument, here, names)
            first = value if index == 0 else first
        return first if built_in in _KEEP_ITEMS else None

    def _apply(self, node: ast.Apply, here: Shape | None, names: _Names) -> Shape | None:
        if isinstance(node.right, ast.Call):
            return self._call(node.right.procedure, (node.left, *node.right.arguments), here, names)
        self._of(node.left, here, names)
        self._of(node.right, here, names)
        return None

    def _lambda(
        self, node: ast.Lambda, here: Shape | None, names: _Names, given: Sequence[Shape | None]
    ) -> Shape | None:
        parameters: dict[str, Shape | None] = dict.fromkeys(node.parameters)
        parameters.update(zip(node.parameters, given, strict=False))
        self._of(node.body, here, {**names, **parameters, **_bound_in((node.body,))})
        return None

    def _block(self, node: ast.Block, here: Shape | None, names: _Names) -> Shape | None:
        counts = Counter(bind.name for expression in node.expressions for bind in _binds(expression))
        inner = {**names, **dict.fromkeys(counts)}
        value: Shape | None = None
        for expression in node.expressions:
            value = self._of(expression, here, inner)
            if isinstance(expression, ast.Bind) and counts[expression.name] == 1:
                inner[expression.name] = value
        return value

    def _choice(
        self, node: ast.Condition | ast.Default | ast.Coalesce | ast.Array, here: Shape | None, names: _Names
    ) -> Shape | None:
        """One of several values, or all of them in a list."""
        if isinstance(node, ast.Array):
            return joined([self._of(item, here, names) for item in node.items])
        if isinstance(node, ast.Condition):
            self._of(node.condition, here, names)
            branches = [self._of(node.then, here, names)]
            if node.otherwise is not None:
                branches.append(self._of(node.otherwise, here, names))
            return joined(branches)
        return joined([self._of(node.left, here, names), self._of(node.right, here, names)])


def _bound_in(nodes: Sequence[ast.Node]) -> dict[str, None]:
    return dict.fromkeys(bind.name for node in nodes for bind in _binds(node))


def _binds(node: ast.Node) -> Iterator[ast.Bind]:
    """The bindings of one scope: those of inner blocks and functions are their own."""
    if isinstance(node, ast.Bind):
        yield node
    if not isinstance(node, ast.Block | ast.Lambda):
        for child in node.children():
            yield from _binds(child)

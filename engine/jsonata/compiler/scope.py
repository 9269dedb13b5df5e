"""Variables while compiling: which Python variable a JSONata variable lives in, and whether it is sure to be set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from engine.jsonata import ast
from engine.jsonata.compiler.values import Val


class Var:
    """A variable of a block or function.

    For a function that is bound once, by a literal: `lambda_node` and the Python function `lambda_body`; `leaf` is what
    is known of its results if it calls no other function of the expression and leaves no tail calls.
    """

    __slots__ = ("assigned", "code", "function", "lambda_body", "lambda_node", "leaf", "many", "touched", "value")

    def __init__(self, code: str, function: int, many: bool) -> None:
        self.code = code
        self.function = function
        self.many = many
        self.assigned = False
        self.touched = False
        self.value = Val(code)
        self.lambda_body: str | None = None
        self.lambda_node: ast.Lambda | None = None
        self.leaf: Val | None = None


class Scope:
    """The variables of one block, function or stream step, inside of another scope.

    A stream step's variables are read from its bindings: `stream` is the Python variable that holds them.
    """

    __slots__ = ("names", "parent", "stream", "variables")

    def __init__(self, parent: Scope | None = None, stream: str | None = None, names: Iterable[str] = ()) -> None:
        self.parent = parent
        self.variables: dict[str, Var] = {}
        self.stream = stream
        self.names = frozenset(names)

    def chain(self) -> Iterable[Scope]:
        """This scope and those around it, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def binding(self, name: str) -> Var | None:
        """The variable that `:=` sets here."""
        for scope in self.chain():
            if scope.stream is None:
                return scope.variables.get(name)
        return None

    def visible(self) -> set[str]:
        """All names that can be read here."""
        found: set[str] = set()
        for scope in self.chain():
            found.update(scope.variables)
            found.update(name for name in scope.names if not name.startswith("!"))
        return found


def bound_in(nodes: Iterable[ast.Node]) -> Counter[str]:
    """The names that `:=` binds in the frame of these expressions; those in loops count twice."""
    counts: Counter[str] = Counter()
    for node in nodes:
        _count(node, counts, 1)
    return counts


def _count(node: ast.Node, counts: Counter[str], weight: int) -> None:
    if isinstance(node, ast.Bind):
        counts[node.name] += weight
    if isinstance(node, (ast.Path, ast.Transform)) or node.predicates or node.group is not None:
        weight = 2
    for child in node.children():
        if not isinstance(child, (ast.Block, ast.Lambda)):
            _count(child, counts, weight)
        elif child.predicates or child.group is not None:
            for part in (*child.predicates, *([child.group] if child.group else [])):
                _count(part, counts, 2)


def closures_in(tree: ast.Node) -> set[int]:
    """The ids of the nodes whose evaluation may make a function value that remembers its surroundings."""
    found: set[int] = set()
    _closures(tree, found)
    return found


def _closures(node: ast.Node, found: set[int]) -> bool:
    inside = [_closures(child, found) for child in node.children()]
    if isinstance(node, ast.Lambda | ast.Transform) or _is_eval(node) or any(inside):
        found.add(id(node))
        return True
    return False


def _is_eval(node: ast.Node) -> bool:
    return isinstance(node, ast.Variable) and node.name == "eval"

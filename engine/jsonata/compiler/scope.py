"""Variables while compiling: which Python variable a JSONata variable lives in, and whether it is sure to be set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from engine.jsonata import ast
from engine.jsonata.compiler.values import Val


class Var:
    """A variable of a block or function.

    For a function that is bound once, by a literal: `lambda_node` and the Python function `lambda_body`; `leaf` is what
    is known of its results if it calls no other function of the expression and leaves no tail calls. It is `private` if
    it is called and nothing else: then its arguments are assumed to be clean, and there is no function value.
    """

    __slots__ = (
        "assigned",
        "code",
        "function",
        "lambda_body",
        "lambda_node",
        "leaf",
        "many",
        "private",
        "touched",
        "value",
    )

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
        self.private = False


class Scope:
    """The variables of one block, function or stream step, inside of another scope.

    A stream step's variables are read from its bindings: `stream` is the Python variable that holds them. `frame` is
    the Python variable that holds the bindings of a scope with a call of `$eval`, which may set any variable in it,
    those with names of functions too if it `hides` them.
    """

    __slots__ = ("frame", "hides", "names", "parent", "stream", "variables")

    def __init__(
        self,
        parent: Scope | None = None,
        stream: str | None = None,
        names: Iterable[str] = (),
        frame: str | None = None,
        hides: bool = False,
    ) -> None:
        self.hides = hides
        self.parent = parent
        self.variables: dict[str, Var] = {}
        self.stream = stream
        self.frame = frame
        self.names = frozenset(names)

    def holder(self, name: str) -> str | None:
        """The Python variable of the dict that may hold a variable of this scope."""
        if self.frame is not None and name != "eval":
            return self.frame
        return self.stream if name in self.names else None

    def may_hide(self, name: str) -> bool:
        """Whether a variable that is not seen in the code may have this name, that of a function."""
        return any((scope.hides and name != "eval") or name in scope.names for scope in self.chain())

    def evaluation_frame(self) -> str:
        """Code for the dict that `$eval` binds into; what it binds within a step of a stream is lost."""
        for scope in self.chain():
            if scope.frame is not None:
                return scope.frame
            if scope.stream is not None:
                return "{}"
        return "{}"

    def frames(self) -> list[str]:
        """The dicts of bindings that can be read here, outermost first."""
        return [scope.frame for scope in self.chain() if scope.frame is not None][::-1]

    def chain(self) -> Iterable[Scope]:
        """This scope and those around it, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def binding(self, name: str) -> Var | str | None:
        """The variable that `:=` sets here, or the Python variable of the dict that it is set in."""
        for scope in self.chain():
            if scope.frame is not None:
                return scope.frame
            if scope.stream is None:
                return scope.variables.get(name)
        return None

    def variable(self, name: str) -> Var | None:
        """The variable of the code that a name stands for; None if it is none, or may be one of a dict of bindings."""
        for scope in self.chain():
            if name in scope.names or scope.frame is not None:
                return None
            if name in scope.variables:
                return scope.variables[name]
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


def private_functions(block: ast.Block) -> set[str]:
    """The variables that a block binds to functions which are called, and used in no other way."""
    bound = [part for part in block.expressions[:-1] if isinstance(part, ast.Bind)]
    names = {part.name for part in bound if isinstance(part.value, ast.Lambda) and part.value.signature is None}
    if not names:
        return names
    uses: Counter[str] = Counter()
    for node in block.walk():
        if isinstance(node, ast.Variable) and node.name in names:
            uses[node.name] += 1
        elif isinstance(node, ast.Call) and isinstance(node.procedure, ast.Variable):
            uses[node.procedure.name] -= 1
    return {name for name in names if uses[name] <= 0}


class NotAsAssumed(Exception):
    """A function that was taken for private is used in another way, or with arguments that are not clean."""


def evaluates(nodes: Iterable[ast.Node]) -> bool:
    """Whether `$eval` stands in the frame of these expressions."""
    return any(_evaluates(node) for node in nodes)


def _evaluates(node: ast.Node) -> bool:
    if _is_eval(node):
        return True
    for child in node.children():
        if not isinstance(child, ast.Block | ast.Lambda):
            if _evaluates(child):
                return True
        elif evaluates(child.predicates) or (child.group is not None and _evaluates(child.group)):
            return True
    return False


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

"""Functions in results, which are documents: whether an expression may leave one there is seen from its tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.jsonata import ast
from engine.jsonata.missing import MISSING
from engine.jsonata.registry import FunctionRegistry

_LITERALS = frozenset((ast.Lambda, ast.Transform, ast.Regex, ast.Partial))
_LEAVES = frozenset((ast.Text, ast.Number, ast.Constant, ast.Name, ast.Variable, ast.Parent, ast.Wildcard))
HANDED_ON = -1
"""In place of an offset: only a function that is an argument may come back in the result."""


def escaping(tree: ast.Node, functions: FunctionRegistry) -> int | None:
    """The offset of a function that may stand in the result: it is neither called nor handed to one that calls it.

    HANDED_ON if it may only be there as an argument that a function gives back, None if it cannot be there.
    """
    if not _handles_functions(tree, functions) or _Search(tree, functions, arguments=True).found(tree, False) is None:
        return None
    sure = _Search(tree, functions, arguments=False).found(tree, False)
    return HANDED_ON if sure is None else sure


def _handles_functions(tree: ast.Node, functions: FunctionRegistry) -> bool:
    """Whether functions stand anywhere but where they are called by their names: a quick look before the search."""
    left = 0
    for node in tree.walk():
        kind = node.__class__
        if kind in _LITERALS:
            return True
        if isinstance(node, ast.Variable):
            left += node.name in functions
            if node.name == "eval":
                return True
        elif isinstance(node, ast.Call) and isinstance(node.procedure, ast.Variable):
            left -= node.procedure.name in functions
    return left > 0


class FunctionInResult(Exception):
    """A function stands in a result; `path` says where (`lines[0].price`), "" for the result itself."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def as_document(value: Any, refuse: bool, path: str = "") -> Any:
    """A result as a document: matchers, such as the `next` of a match, and functions handed on are left out, as JSON
    leaves them out in the reference.

    Raises FunctionInResult for any other function, if it is to `refuse` them.
    """
    if isinstance(value, dict):
        items = ((key, as_document(item, refuse, f"{path}.{key}" if path else key)) for key, item in value.items())
        return {key: item for key, item in items if item is not MISSING}
    if isinstance(value, list):
        return value.__class__(as_document(item, refuse, f"{path}[{index}]") for index, item in enumerate(value))
    if not callable(value):
        return value
    if refuse and hasattr(value, "state"):
        raise FunctionInResult(path)
    return MISSING


class _Search:
    __slots__ = ("_arguments", "_bound", "_functions")

    def __init__(self, tree: ast.Node, functions: FunctionRegistry, *, arguments: bool) -> None:
        self._functions = functions
        self._arguments = arguments
        self._bound: set[str] = set()
        self._bound = {node.name for node in tree.walk() if isinstance(node, ast.Bind) and self._is_one(node.value)}

    def _is_one(self, node: ast.Node) -> bool:
        """Whether a node is a function, as far as it shows."""
        if isinstance(node, ast.Variable):
            return node.name in self._functions or node.name in self._bound
        return isinstance(node, ast.Lambda | ast.Transform | ast.Regex | ast.Partial)

    def found(self, node: ast.Node, used: bool) -> int | None:
        """The offset of a function that may leave a node; `used`: what the node gives is called or tested only."""
        if not used and self._is_one(node):
            return node.at
        if node.__class__ in _LEAVES and not node.predicates and node.group is None:
            return None
        parts = [*self._parts(node, used), *((predicate.condition, True) for predicate in node.predicates)]
        if node.group is not None:
            parts += ((part, False) for pair in node.group.pairs for part in pair)
        return next((at for part, kept in parts if (at := self.found(part, kept)) is not None), None)

    def _parts(self, node: ast.Node, used: bool) -> Iterable[tuple[ast.Node, bool]]:
        """The parts of a node, and whether what each gives is used up there."""
        if isinstance(node, ast.Path):
            return ((step if step.stages else step.expression, False) for step in node.steps)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Apply):
            return ((node.left, False), (node.right, not isinstance(node.right, ast.Regex)))
        if isinstance(node, ast.Block):
            last = len(node.expressions) - 1
            return ((part, used or index < last) for index, part in enumerate(node.expressions))
        if isinstance(node, ast.Bind):
            return ((node.value, used),)
        if isinstance(node, ast.Condition):
            return ((node.condition, True), (node.then, used), *(((node.otherwise, used),) if node.otherwise else ()))
        if isinstance(node, ast.Lambda):
            return ((node.body, False),)
        apart = {id(part) for part in (*node.predicates, node.group)}
        tests = isinstance(node, ast.Binary | ast.Predicate)
        return ((part, tests) for part in node.children() if id(part) not in apart)

    def _call(self, node: ast.Call) -> Iterable[tuple[ast.Node, bool]]:
        procedure = node.procedure
        calls = not self._arguments
        if isinstance(procedure, ast.Variable) and procedure.name not in self._bound:
            function = self._functions.get(procedure.name)
            calls = calls or (function is not None and "f" in (function.signature or ""))
        keeps = isinstance(procedure, ast.Regex) or (isinstance(procedure, ast.Variable) and procedure.name == "eval")
        return ((procedure, not keeps), *((argument, calls) for argument in node.arguments))

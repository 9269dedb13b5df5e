"""Programs that are made when they are first needed, for those who only check expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.jsonata import ast
from engine.jsonata.compiler.compile import Program, compile_tree
from engine.jsonata.compiler.unit import DEEPEST
from engine.jsonata.registry import FunctionRegistry

_SHALLOW = DEEPEST // 2
"""A tree of this height compiles: code is indented by no more than a level for each level of the tree."""


class LaterProgram:
    """A Program that is compiled when something of it is asked for."""

    __slots__ = ("_functions", "_made", "_tree")

    def __init__(self, tree: ast.Node, functions: FunctionRegistry) -> None:
        self._tree = tree
        self._functions = functions
        self._made: Program | None = None

    @property
    def made(self) -> Program:
        """The program."""
        if self._made is None:
            self._made = compile_tree(self._tree, self._functions)
        return self._made

    @property
    def run(self) -> Callable[[Any, Any, Mapping[str, Any], Any], Any]:
        return self.made.run

    @property
    def source(self) -> str:
        return self.made.source

    @property
    def offsets(self) -> tuple[int, ...]:
        return self.made.offsets

    @property
    def loops(self) -> tuple[Any, ...]:
        return self.made.loops

    @property
    def clean(self) -> bool:
        return self.made.clean

    @property
    def function_at(self) -> int | None:
        return self.made.function_at


def compile_later(tree: ast.Node, functions: FunctionRegistry) -> Program | LaterProgram:
    """The program of a tree; made at once where it might be refused. Raises ExpressionSyntaxError."""
    return LaterProgram(tree, functions) if height(tree) <= _SHALLOW else compile_tree(tree, functions)


def height(node: ast.Node) -> int:
    """How deep the code of a node may nest: the steps of a path are loops within loops."""
    children = node.children()
    if not children:
        return 1
    below = [height(child) for child in children]
    return 1 + (sum(below) if node.__class__ is ast.Path else max(below))

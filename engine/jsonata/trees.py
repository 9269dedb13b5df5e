"""The trees of expressions, each text parsed once: the compiler and the rules of lint look at the same ones."""

from __future__ import annotations

from engine.jsonata import ast
from engine.jsonata.resolve import parse_expression


class Trees:
    """Remembers what it has parsed."""

    def __init__(self) -> None:
        self._parsed: dict[str, ast.Node] = {}

    def of(self, text: str) -> ast.Node:
        """The tree of an expression. Raises ExpressionSyntaxError."""
        tree = self._parsed.get(text)
        if tree is None:
            tree = self._parsed[text] = parse_expression(text)
        return tree

"""What is there for an expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.jsonata import ast
from engine.lint.shapes import Shape


@dataclass(frozen=True, slots=True)
class Scope:
    """The document's shape, the variables, and what earlier steps saved.

    `saved` is None where `$saved` is not followed; `shapes` holds the variables whose shape is known. With `items` the
    document is one of the items that this expression finds in what has the shape `whole`.
    """

    variables: frozenset[str]
    document: Shape | None = None
    saved: Mapping[str, Shape | None] | None = None
    shapes: Mapping[str, Shape | None] = field(default_factory=dict)
    whole: Shape | None = None
    items: ast.Node | None = None

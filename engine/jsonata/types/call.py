"""A call of a library function, as its rule is given it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.jsonata import ast
from engine.jsonata.types.lattice import NEVER, Function, Type
from engine.jsonata.types.scope import Scope
from engine.jsonata.types.walk import Walk


@dataclass(frozen=True, slots=True)
class Call:
    """The types of the arguments, the context among them where it stands in, with their nodes."""

    walk: Walk
    name: str
    node: ast.Call
    types: tuple[Type, ...]
    nodes: Sequence[ast.Node]
    scope: Scope

    @property
    def at(self) -> int:
        """Where the call stands."""
        return self.walk.at(self.node.start)

    def type(self, index: int) -> Type:
        """The type of an argument; nothing for one that is not given."""
        return self.types[index] if index < len(self.types) else NEVER

    def function(self, index: int) -> Function | None:
        """The function that an argument is."""
        return next(self.type(index).of_kind(Function), None)

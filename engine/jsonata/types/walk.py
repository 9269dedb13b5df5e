"""The walk over a tree: one handler for each kind of node gives its type; what cannot be right is noted on the way."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, Literal, Protocol

from msgspec import Struct

from engine.jsonata import ast
from engine.jsonata.registry import FunctionRegistry
from engine.jsonata.types.conditions import form
from engine.jsonata.types.lattice import ANY, Type
from engine.jsonata.types.narrowing import narrowed
from engine.jsonata.types.scope import Binding, Scope

Kind = Literal[
    "field",
    "variable",
    "function",
    "saved",
    "table",
    "arity",
    "argument",
    "operand",
    "never",
    "unused",
    "code",
    "float",
    "unset",
    "sometimes",
    "type",
    "value",
    "null",
    "one-or-many",
    "extra",
]

_SOUND_ONCE: Final = frozenset(("field", "never", "operand", "argument", "arity"))
_DEEPEST: Final = 24


class Problem(Struct, frozen=True):
    """One thing that cannot be right, at an offset of the text. `names` are those that would be right."""

    kind: Kind
    at: int
    expected: str
    found: str
    names: tuple[str, ...] = ()
    hint: str = ""


class Tables(Protocol):
    """The code tables that `$lookup` reads."""

    def entries(self, name: str) -> Mapping[str, str] | None:
        """What a table gives for each key; None when there is no such table."""

    def nearest(self, name: str) -> str | None:
        """The table of the nearest name."""


class NoTables:
    """Where nothing is known of code tables."""

    def entries(self, name: str) -> Mapping[str, str] | None:
        return {}

    def nearest(self, name: str) -> str | None:
        return None


Handler = Callable[["Walk", Any, Scope], Type]


class Walk:
    """One walk. Offsets are those of the text, plus `base`.

    A function may be walked several times, with other arguments each: what was right once is no problem.
    """

    def __init__(
        self,
        handlers: Mapping[type[ast.Node], Handler],
        follow: Callable[[Walk, ast.Node, Type, Scope], Type],
        functions: FunctionRegistry,
        tables: Tables,
        base: int = 0,
    ) -> None:
        self._handlers = handlers
        self._follow = follow
        self.functions = functions
        self.tables = tables
        self.base = base
        self._ids = 0
        self._problems: dict[tuple[str, int, str], Problem] = {}
        self._sound: set[tuple[str, int]] = set()
        self._called: set[int] = set()
        self._waiting: dict[int, Callable[[], Type]] = {}
        self._forms: dict[int, Hashable] = {}
        self.depth = 0

    def value(self, node: ast.Node, scope: Scope) -> Type:
        """The type of a node's value."""
        handler = self._handlers.get(node.__class__)
        result = handler(self, node, scope) if handler is not None else ANY
        if scope.tested and isinstance(node, ast.Path | ast.Call):
            fact = scope.tested.get((scope.here.id, self._form(node)))
            result = narrowed(result, fact) if fact is not None else result
        if node.predicates or node.keep_array or node.group is not None:
            return self._follow(self, node, result, scope)
        return result

    def _form(self, node: ast.Node) -> Hashable:
        if id(node) not in self._forms:
            self._forms[id(node)] = form(node)
        return self._forms[id(node)]

    def bind(self, value: Type, alias: tuple[int, tuple[str, ...]] | None = None) -> Binding:
        """A new binding of a value."""
        self._ids += 1
        return Binding(self._ids, value, alias)

    def at(self, offset: int) -> int:
        """An offset as problems and types have it."""
        return self.base + offset

    def report(
        self, kind: Kind, at: int, expected: str, found: str, names: tuple[str, ...] = (), hint: str = ""
    ) -> None:
        """Note a problem at an offset that `at` gave."""
        self._problems.setdefault((kind, at, found), Problem(kind, at, expected, found, names, hint))

    def sound(self, kind: Kind, at: int) -> None:
        """Note that what stands at an offset was right, as far as problems of a kind go."""
        self._sound.add((kind, at))

    @property
    def problems(self) -> list[Problem]:
        """What was found, without what was right at another time."""
        return [
            problem
            for problem in self._problems.values()
            if problem.kind not in _SOUND_ONCE or (problem.kind, problem.at) not in self._sound
        ]

    # -- functions that the expression defines

    def defined(self, node: ast.Lambda, call: Callable[[], Type]) -> None:
        """A function was defined; `call` walks it with arguments of any type, if nobody calls it."""
        self._waiting.setdefault(id(node), call)

    def enter(self, node: ast.Lambda) -> bool:
        """Begin a call of a function; False when calls are nested too deep to follow."""
        self._called.add(id(node))
        if self.depth >= _DEEPEST:
            return False
        self.depth += 1
        return True

    def leave(self) -> None:
        """End a call."""
        self.depth -= 1

    def finish(self) -> None:
        """Walk the functions that nobody called."""
        while True:
            left = [key for key in self._waiting if key not in self._called]
            if not left:
                return
            for key in left:
                self._called.add(key)
                self._waiting[key]()

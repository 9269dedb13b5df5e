"""Writes Python source: lines with the place in the expression that they come from, temporaries, blocks, functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from engine.jsonata import ast
from engine.jsonata.compiler.scope import NotAsAssumed, Scope, Var
from engine.jsonata.compiler.values import Here, Val
from engine.jsonata.errors import ExpressionSyntaxError
from engine.jsonata.registry import Function, FunctionRegistry

Emitter = Callable[["Unit", Any, Here], Val]

_PASSING = (ast.Block, ast.Condition, ast.Default, ast.Coalesce, ast.Bind, ast.Variable)
DEEPEST = 80
_DEEPEST_LOOPS = 10


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop over items of the data: the Python variables of one item and of all, the items' path, and its lines."""

    item: str
    items: str
    label: str
    start: int
    end: int


class Unit:
    """The code of one expression in the making."""

    def __init__(
        self,
        emitters: Mapping[type[ast.Node], Emitter],
        suffix: Callable[..., Val],
        functions: FunctionRegistry,
        careful: bool,
        closures: set[int],
        trusting: bool,
    ) -> None:
        self._closures = closures
        self.careful = careful
        self.trusting = trusting
        self.functions = functions
        self._suffix = suffix
        self.lines: list[str] = []
        self.offsets: list[int] = []
        self.constants: dict[str, Any] = {}
        self.loops: list[Loop] = []
        self.indent = 1
        self.bounces = 0
        self.facts: dict[str, Val] = {}
        self.reentries = 0
        self.wholes = False
        self.function = 0
        self._emitters = emitters
        self._counter = 0
        self._functions = 0
        self._offset = 0
        self._loop_depth = 0
        self._known: list[dict[tuple[str, ...], str]] = [{}]
        self._nonlocals: list[set[str]] = [set()]
        self._sure: list[list[Var]] = [[]]

    # values

    def value(self, node: ast.Node, here: Here, *, hold: bool = False) -> Val:
        """Write the code for a node; its value is collapsed.

        With `hold`, the caller hands the value on: it may have to be collapsed again before sequences become lists.
        """
        if self.indent > DEEPEST:
            raise ExpressionSyntaxError("S0501")
        if self._loop_depth > _DEEPEST_LOOPS:
            return self.outlined(node, here)
        previous, self._offset = self._offset, node.at
        if here.tail and node.group is not None and isinstance(node, ast.Call) and not node.predicates:
            node = node.changed(group=None)  # as in the reference: a call at the end of a function is all there is
        bare = not node.predicates and node.group is None
        value = self._emitters[type(node)](self, node, here if bare else here.inner())
        if not bare:
            value = self._suffix(self, node, value, here.inner())
        self._offset = node.at
        if value.raw and not (here.tail and bare and isinstance(node, ast.Call)):
            value = self._collapsed(value, node.keep_array)
        elif value.sequence and not (value.clean or value.settled or value.raw) and isinstance(node, _PASSING):
            value = self._collapsed_again(value)
        if here.output and value.clean and value.sequence:
            value = self._listed(value)
        elif here.output and not value.clean and not hold:
            value = self._plain(value)
        self._offset = previous
        return value

    def _collapsed(self, value: Val, keep: bool) -> Val:
        name = self.atom(value)
        helper = "keep" if keep else "collapse"
        temp = self.assign(f"{helper}({name}) if {name}.__class__ in COLLAPSIBLE else {name}")
        return value.named(temp, raw=False, missing=True)

    def _collapsed_again(self, value: Val) -> Val:
        """A value handed on: the one item of a sequence may have been a sequence of one item itself."""
        name = self.atom(value)
        known = self.recall(("again", name))
        if known is None:
            known = self.assign(f"{name} if {name}.__class__ is not Sequence else collapse({name})")
            self.remember(("again", name), known)
        return value.named(known)

    def _listed(self, value: Val) -> Val:
        """A value that leaves: a list in place of a sequence."""
        if value.items:
            code = f"({value.items} if len({value.items}) > 1 else {value.items}[0] if {value.items} else M)"
            return replace(value, code=code, sequence=False, simple=False)
        name = self.atom(value)
        self.line(f"if {name}.__class__ in COLLAPSIBLE: {name} = list({name})")
        return value.named(name, sequence=False)

    def has_closure(self, node: ast.Node) -> bool:
        """Whether evaluating a node may make a function value that remembers its surroundings."""
        return id(node) in self._closures

    def _plain(self, value: Val) -> Val:
        """A value that leaves and may have sequences inside."""
        name = self.atom(value)
        code = self.assign(f"{name} if {name}.__class__ in SCALARS else plain({name})")
        return value.named(code, sequence=False, clean=True)

    def atom(self, value: Val) -> str:
        """A name or literal for a value."""
        return value.code if value.simple else self.assign(value.code)

    def fixed(self, value: Val) -> Val:
        """The same value under a name that may be repeated."""
        return value if value.simple else value.named(self.assign(value.code))

    def solid(self, value: Val) -> Val:
        """The same value under a name, never a literal."""
        if value.simple and not value.constant:
            return value
        return value.named(self.assign(value.code), constant=False)

    def constant(self, value: Any) -> str:
        """Code for a constant."""
        if isinstance(value, str | bool) or value is None:
            return repr(value)
        if isinstance(value, int) and 0 <= value < 10**15:
            return f"({value})"
        return self.named_constant(value)

    def named_constant(self, value: Any) -> str:
        """The name of a constant."""
        for name, held in self.constants.items():
            if held is value or (
                isinstance(value, Decimal) and held.__class__ is Decimal and held.as_tuple() == value.as_tuple()
            ):
                return name
        name = f"K{len(self.constants)}"
        self.constants[name] = value
        return name

    # lines

    def line(self, text: str) -> None:
        """Write one line at the current indentation."""
        self.lines.append("    " * self.indent + text)
        self.offsets.append(self._offset)

    def at(self, offset: int) -> None:
        """The lines that follow come from this place."""
        self._offset = offset

    def temp(self, prefix: str = "t") -> str:
        """A new name."""
        self._counter += 1
        return f"{prefix}{self._counter}"

    def assign(self, code: str, prefix: str = "t") -> str:
        """Give a value a name."""
        name = self.temp(prefix)
        self.line(f"{name} = {code}")
        return name

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Lines under a head that ends in a colon; what is found out inside is forgotten after."""
        self.line(head)
        start = len(self.lines)
        self.indent += 1
        self._known.append({})
        self._sure.append([])
        yield
        self._known.pop()
        self._unsure()
        if len(self.lines) == start:
            self.line("pass")
        self.indent -= 1

    @contextmanager
    def loop(self, item: str, items: str, label: str = "", index: str | None = None) -> Iterator[None]:
        """A loop over what `items` gives; `label` is the path of the items in the data, for errors.

        `index` is the variable that counts them.
        """
        self._loop_depth += 1
        start = len(self.lines) + 1
        with self.block(f"for {item} in {items}:" if index is None else f"for {index}, {item} in enumerate({items}):"):
            yield
        self._loop_depth -= 1
        if label:
            source = items.partition("(")[2].partition(",")[0]
            self.loops.append(Loop(item, source, label, start, len(self.lines)))

    @contextmanager
    def function_def(self, head: str) -> Iterator[None]:
        """A nested function."""
        self.line(f"def {head}:")
        start = len(self.lines)
        self.line("pass")
        outer = self.function, self._known, self._loop_depth, self._offset
        self._functions += 1
        self.function, self._known, self._loop_depth = self._functions, [{}], 0
        self._nonlocals.append(set())
        self._sure.append([])
        self.indent += 1
        yield
        self._unsure()
        names = self._nonlocals.pop()
        self.lines[start] = "    " * self.indent + "nonlocal " + ", ".join(sorted(names)) if names else ""
        self.indent -= 1
        self.function, self._known, self._loop_depth, self._offset = outer

    def _unsure(self) -> None:
        for variable in self._sure.pop():
            variable.assigned = False

    def drop_line(self, text: str) -> None:
        """Take out the last line that consists of `text`."""
        for index in range(len(self.lines) - 1, -1, -1):
            if self.lines[index].strip() == text:
                self.lines[index] = ""
                return

    def assigned(self, variable: Var) -> None:
        """From here to the end of the current block, a variable is sure to be set."""
        if not variable.assigned:
            variable.assigned = True
            self._sure[-1].append(variable)

    def assigns_outer(self, name: str) -> None:
        """The current function sets a variable of a function around it."""
        self._nonlocals[-1].add(name)

    def loose(self, position: int) -> bool:
        """Whether no line has been written since there were `position` lines."""
        return len(self.lines) == position

    def outlined(self, node: ast.Node, here: Here) -> Val:
        """The value of a node, computed in a function of its own: Python limits how deep loops nest."""
        name = self.temp("o")
        with self.function_def(f"{name}()"):
            value = self.value(node, here)
            self.line(f"return {value.code}")
        return value.named(self.assign(f"{name}()"))

    # what is known

    def recall(self, key: tuple[str, ...]) -> str | None:
        """A name that already holds what `key` describes."""
        for known in reversed(self._known):
            if key in known:
                return known[key]
        return None

    def remember(self, key: tuple[str, ...], name: str) -> str:
        """Note that a name holds what `key` describes, as long as the current block lasts."""
        self._known[-1][key] = name
        return name

    def lookup_scope(self, scope: Scope, name: str) -> Val | None:
        """The value of a variable of the expression itself, None if it is not one."""
        for level in scope.chain():
            holder = level.holder(name)
            if holder is not None and (level.frame is None or level.hides or name not in self.functions):
                rest = self._outer_value(level.parent, name)
                return Val(f"{holder}.get({name!r}, {rest})", simple=False)
            variable = level.variables.get(name)
            if variable is None:
                continue
            if variable.private:
                raise NotAsAssumed
            if variable.assigned:
                if variable.many:
                    return replace(variable.value, code=self.assign(variable.code))
                return variable.value
            variable.touched = True
            rest = self._outer_value(level.parent, name)
            return Val(f"({variable.code} if {variable.code} is not UNSET else {rest})", simple=False)
        return None

    def built_in(self, scope: Scope, name: str) -> Function | None:
        """The function of the registry that a name stands for, None if a variable may hide it."""
        if scope.variable(name) is not None or scope.may_hide(name):
            return None
        return self.functions.get(name)

    def _outer_value(self, scope: Scope | None, name: str) -> str:
        found = self.lookup_scope(scope, name) if scope is not None else None
        return found.code if found is not None else self.outside(name)

    def outside(self, name: str) -> str:
        """Code for a variable that the caller or the registry provides."""
        if name in self.functions:
            return f"native({self.constant(self.functions[name])}, st)"
        return f"env.get({name!r}, M)"

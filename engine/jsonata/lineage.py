"""What an expression reads, and which source fields each target field is made of; found from its tree alone.

Paths are tuples of field names; arrays do not show (`lines.sku` is `("lines", "sku")`), `*` and `**` stand for
themselves, and what is read from a variable of the caller starts with its name: `("$saved", "credit")`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.jsonata import ast
from engine.jsonata.expression import Expression
from engine.jsonata.registry import FunctionRegistry

SourcePath = tuple[str, ...]
_SAME_ITEMS = frozenset(("filter", "sort", "reverse", "distinct", "single", "append", "shuffle", "sift", "clone"))
_DEEPEST_CALL = 20


@dataclass(frozen=True, slots=True)
class Symbol:
    """What is known of a value without data: the source paths it may be, its fields if it is made here, its sources."""

    paths: frozenset[SourcePath] = frozenset()
    fields: Mapping[str, Symbol] = field(default_factory=dict)
    sources: frozenset[SourcePath] = frozenset()
    function: tuple[ast.Lambda, Mapping[str, Symbol], Symbol] | None = None

    @property
    def read(self) -> frozenset[SourcePath]:
        """All that using the value as a whole reads."""
        return self.paths | self.sources

    def member(self, name: str) -> Symbol:
        """The field of a value."""
        if name in self.fields:
            return self.fields[name]
        return Symbol(
            frozenset((*path, name) for path in self.paths), sources=self.sources if not self.paths else _NONE
        )

    def merged(self, other: Symbol) -> Symbol:
        """A value that may be either."""
        fields = dict(self.fields)
        for name, symbol in other.fields.items():
            fields[name] = fields[name].merged(symbol) if name in fields else symbol
        function = self.function or other.function
        return Symbol(self.paths | other.paths, fields, self.sources | other.sources, function)


_NONE: frozenset[SourcePath] = frozenset()
_NOTHING = Symbol()


def reads(expression: Expression, *, context: SourcePath = (), root: SourcePath = ()) -> set[SourcePath]:
    """The source paths that an expression may read.

    For a part of an expression, `context` is what paths from its context begin with, `root` those from the whole
    document (`$$`).
    """
    walk = _Walk(expression.functions, root)
    with walk.collecting() as found:
        walk.use(walk.value(expression.ast, Symbol(frozenset([context])), {}))
    return {path for path in found if path}


def lineage(expression: Expression) -> dict[SourcePath, tuple[SourcePath, ...]]:
    """For each field of the object that an expression makes, the source paths it is made of, in order."""
    walk = _Walk(expression.functions)
    with walk.collecting():
        result = walk.value(expression.ast, Symbol(frozenset([()])), {})
    return {target: tuple(sorted(path for path in sources if path)) for target, sources in _leaves(result, ())}


def _leaves(symbol: Symbol, target: SourcePath) -> Iterator[tuple[SourcePath, frozenset[SourcePath]]]:
    if not symbol.fields:
        if target:
            yield target, symbol.read
        return
    for name, value in symbol.fields.items():
        yield from _leaves(value, (*target, name))


class _Walk:
    """Follows values through an expression; `_collected` gathers what is read on the way."""

    def __init__(self, functions: FunctionRegistry, root: SourcePath = ()) -> None:
        self._functions = functions
        self._root = root
        self._collected: list[set[SourcePath]] = []
        self._calls = 0

    @contextmanager
    def collecting(self) -> Iterator[set[SourcePath]]:
        """Gather what is read in the block; it counts for the surrounding blocks as well."""
        found: set[SourcePath] = set()
        self._collected.append(found)
        yield found
        self._collected.pop()
        if self._collected:
            self._collected[-1] |= found

    def use(self, symbol: Symbol) -> Symbol:
        """Note that a value is used as a whole."""
        if self._collected:
            self._collected[-1] |= symbol.read
        for value in symbol.fields.values():
            self.use(value)
        return symbol

    def value(self, node: ast.Node, here: Symbol, scope: dict[str, Symbol]) -> Symbol:
        """The value of a node."""
        result = self._bare(node, here, scope)
        for predicate in node.predicates:
            self.use(self.value(predicate.condition, result, scope))
        if node.group is not None and not isinstance(node, ast.Path):
            result = self._object(node.group.pairs, result, scope)
        return result

    def _bare(self, node: ast.Node, here: Symbol, scope: dict[str, Symbol]) -> Symbol:
        if isinstance(node, ast.Path):
            return self._path(node, here, scope)
        if isinstance(node, ast.Variable):
            return self._variable(node, here, scope)
        if isinstance(node, ast.Object):
            return self._object(node.pairs, here, scope)
        if isinstance(node, ast.Block):
            return self._block(node, here, scope)
        if isinstance(node, ast.Bind):
            scope[node.name] = self.value(node.value, here, scope)
            return scope[node.name]
        if isinstance(node, ast.Condition):
            return self._condition(node, here, scope)
        if isinstance(node, ast.Default | ast.Coalesce):
            return self.value(node.left, here, scope).merged(self.value(node.right, here, scope))
        if isinstance(node, ast.Array):
            return self._array(node, here, scope)
        if isinstance(node, ast.Lambda):
            return Symbol(function=(node, scope, here))
        if isinstance(node, ast.Call | ast.Partial):
            return self._call(node, [], here, scope)
        if isinstance(node, ast.Apply):
            return self._apply(node, here, scope)
        if isinstance(node, ast.Parent):
            return scope.get(node.label, _NOTHING)
        return self._derived(node, here, scope)

    def _derived(self, node: ast.Node, here: Symbol, scope: dict[str, Symbol]) -> Symbol:
        """A value that is calculated from all parts of a node."""
        with self.collecting() as found:
            for child in node.children():
                if not isinstance(child, ast.Predicate | ast.Group):
                    self.use(self.value(child, here, scope))
        return Symbol(sources=frozenset(found))

    def _variable(self, node: ast.Variable, here: Symbol, scope: dict[str, Symbol]) -> Symbol:
        if node.name == "":
            return here
        if node.name == "$":
            return Symbol(frozenset([self._root]))
        if node.name in scope:
            return scope[node.name]
        if node.name in self._functions:
            return _NOTHING
        return Symbol(frozenset([("$" + node.name,)]))

    def _block(self, node: ast.Block, here: Symbol, scope: dict[str, Symbol]) -> Symbol:
        inner, result = dict(scope), _NOTHING
        for expression in node.expressions:
            result = self.value(expression, here, inner)
        return result

    def _condition(self, node: ast.Condition, here: Symbol, scope: dict[str, Symbol]) -> Symbol:
        with self.collecting() as found:
            self.use(self.value(node.condition, here, scope))
        result = self.value(node.then, here, scope)
        if node.otherwise is not None:
            result = result.merged(self.value(node.otherwise, here, scope))
        return _also(result, frozenset(found))

    def _array(self, node: ast.Array, here: Symbol, scope: dict[str, Symbol]) -> Symbol:
        result = _NOTHING
        for item in node.items:
            result = result.merged(self.value(item, here, scope))
        return result

    def _object(self, pairs: Sequence[tuple[ast.Node, ast.Node]], here: Symbol, scope: dict[str, Symbol]) -> Symbol:
        fields: dict[str, Symbol] = {}
        keys: set[SourcePath] = set()
        for key, node in pairs:
            name = key.value if isinstance(key, ast.Text) else "*"
            with self.collecting() as key_reads:
                self.use(self.value(key, here, scope))
            keys |= key_reads
            with self.collecting():
                value = self.value(node, here, scope)
                if not value.fields:
                    self.use(value)
            fields[name] = _also(value, frozenset(key_reads))
        return Symbol(fields=fields)

    def _path(self, node: ast.Path, here: Symbol, scope: dict[str, Symbol]) -> Symbol:
        current, inner = here, dict(scope)
        conditions: set[SourcePath] = set()
        for step in node.steps:
            before = current
            current = self._step(step.expression, current, inner)
            if step.ancestor is not None:
                inner[step.ancestor] = before
            if step.index is not None:
                inner[step.index] = _NOTHING
            if step.focus is not None:
                inner[step.focus], current = current, before
            with self.collecting() as found:
                for stage in step.stages:
                    if isinstance(stage, ast.Predicate):
                        self.use(self.value(stage.condition, current, inner))
                    else:
                        inner[stage.name] = _NOTHING
            conditions |= found
        if node.group is not None:
            current = self._object(node.group.pairs, current, inner)
        return _also(current, frozenset(conditions)) if not current.fields else current

    def _step(self, node: ast.Node, here: Symbol, scope: dict[str, Symbol]) -> Symbol:
        if isinstance(node, ast.Name):
            return here.member(node.value)
        if isinstance(node, ast.Wildcard | ast.Descendant):
            sign = "*" if isinstance(node, ast.Wildcard) else "**"
            below = Symbol(frozenset((*path, sign) for path in here.paths))
            for value in here.fields.values():
                below = below.merged(value)
            return below
        if isinstance(node, ast.Sort):
            for term in node.terms:
                self.use(self.value(term.expression, here, scope))
            return here
        return self.value(node, here, scope)

    def _apply(self, node: ast.Apply, here: Symbol, scope: dict[str, Symbol]) -> Symbol:
        left = self.value(node.left, here, scope)
        if isinstance(node.right, ast.Call):
            return self._call(node.right, [left], here, scope)
        if isinstance(node.right, ast.Transform):
            self._transform(node.right, left, scope)
            return left
        function = self.value(node.right, here, scope)
        return self._invoke(function, [left])

    def _transform(self, node: ast.Transform, here: Symbol, scope: dict[str, Symbol]) -> None:
        matched = self.value(node.pattern, here, scope)
        self.use(self.value(node.update, matched, scope))
        if node.delete is not None:
            self.use(self.value(node.delete, matched, scope))

    def _call(
        self, node: ast.Call | ast.Partial, given: list[Symbol], here: Symbol, scope: dict[str, Symbol]
    ) -> Symbol:
        arguments = given + [self.value(argument, here, scope) for argument in node.arguments]
        procedure = node.procedure
        if isinstance(procedure, ast.Variable) and procedure.name not in scope and procedure.name in self._functions:
            return self._built_in(procedure.name, node, arguments, here)
        return self._invoke(self.value(procedure, here, scope), arguments)

    def _built_in(self, name: str, node: ast.Call | ast.Partial, arguments: list[Symbol], here: Symbol) -> Symbol:
        first = arguments[0] if arguments else here
        function = next((argument for argument in arguments[1:] if argument.function), None)
        if name == "lookup" and len(node.arguments) == 2 and isinstance(node.arguments[1], ast.Text):
            return first.member(node.arguments[1].value)
        if function is not None:
            called = self._invoke(function, [_NOTHING, first] if name == "reduce" else [first])
            if name in ("map", "each"):
                return called
            self.use(called)
        if name in _SAME_ITEMS:
            result = _NOTHING
            for argument in arguments or [here]:
                result = result.merged(argument) if not argument.function else result
            return result
        with self.collecting() as found:
            for argument in arguments or [here]:
                self.use(argument)
        return Symbol(sources=frozenset(found))

    def _invoke(self, function: Symbol, arguments: list[Symbol]) -> Symbol:
        if function.function is None or self._calls >= _DEEPEST_CALL:
            with self.collecting() as found:
                for argument in arguments:
                    self.use(argument)
            return Symbol(sources=frozenset(found))
        node, scope, here = function.function
        bound = dict(zip(node.parameters, arguments, strict=False))
        missing = {name: _NOTHING for name in node.parameters if name not in bound}
        self._calls += 1
        result = self.value(node.body, here, {**scope, **missing, **bound})
        self._calls -= 1
        return result


def _also(symbol: Symbol, sources: frozenset[SourcePath]) -> Symbol:
    """The same value, depending on more sources; where it is made of fields, each of them does."""
    if not sources:
        return symbol
    fields = {name: _also(value, sources) for name, value in symbol.fields.items()}
    return Symbol(symbol.paths, fields, symbol.sources | sources, symbol.function)

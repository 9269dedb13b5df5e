"""Paths that bind variables with `@` and `#` to plain fields and then take one more step: loops within loops, where
`runtime.streams` would copy bindings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.jsonata import ast
from engine.jsonata.compiler.scope import Scope, Var, bound_in
from engine.jsonata.compiler.unit import Unit
from engine.jsonata.compiler.values import Here, Val, scalar

_MOST = 4
"""So many loops at most: Python limits how deep they nest."""


def nests(unit: Unit, node: ast.Path, first: int) -> bool:
    """Whether loops do what a stream does: no step before the last can fail, and nothing outlives its turn."""
    if node.group is not None or node.tuples or node.keep_singleton or node.keep_array:
        return False
    steps = node.steps[first:]
    if len(steps) > _MOST or any(
        step.stages or step.ancestor is not None or step.expression.keep_array for step in steps
    ):
        return False
    if not all(isinstance(step.expression, ast.Name) and not step.expression.predicates for step in steps[:-1]):
        return False
    last = steps[-1].expression
    if isinstance(last, ast.Sort) or (isinstance(last, ast.Block | ast.Path) and last.tuples):
        return False
    return not unit.has_closure(last) and not bound_in([last] if not isinstance(last, ast.Block) else last.predicates)


@dataclass(frozen=True, slots=True)
class Nest:
    """The loops of one path: its node, the list that results are put into, and where its value goes."""

    node: ast.Path
    results: str
    output: bool

    def written(self, unit: Unit, number: int, inside: Here) -> Val:
        """Write a step and those that follow; gives what is known of one result."""
        step = self.node.steps[number]
        last = number == len(self.node.steps) - 1
        if last and step.focus is None and step.index is None:
            value = unit.fixed(unit.value(step.expression, replace(inside, output=self.output)))
            self._put(unit, value)
            return value
        found = unit.fixed(unit.value(step.expression, inside))
        item, index = unit.temp("i"), unit.temp("n") if step.index is not None else None
        # what `@` binds is not where the next step starts: it is on no path in the data
        label = step.expression.value if isinstance(step.expression, ast.Name) and step.focus is None else ""
        with unit.loop(item, f"each({found.code}, st)", label, index):
            bound = {} if index is None or step.index is None else {step.index: scalar(index, "n")}
            if step.focus is not None:
                bound[step.focus] = Val(item, clean=found.clean)
            within = Here(inside.code if step.focus is not None else item, _scope(unit, inside, bound), found.clean)
            if last:
                value = Val(within.code, clean=found.clean)
                unit.line(f"{self.results}.append({value.code})")
            else:
                value = self.written(unit, number + 1, within)
        self._check_length(unit)
        return value

    def _put(self, unit: Unit, value: Val) -> None:
        if value.kind and value.kind in "snboz":
            unit.line((f"if {value.code} is not M: " if value.missing else "") + f"{self.results}.append({value.code})")
            return
        found, into = value.code, self.results
        with unit.block(f"if {found} is not M:"):
            unit.line(f"{into}.extend({found}) if {found}.__class__ in LISTS else {into}.append({found})")
            self._check_length(unit)

    def _check_length(self, unit: Unit) -> None:
        unit.line(f"if len({self.results}) > st.sequence: st.check_length(len({self.results}))")


def _scope(unit: Unit, inside: Here, bound: dict[str, Val]) -> Scope:
    scope = Scope(inside.scope)
    for name, value in bound.items():
        variable = Var(value.code, unit.function, False)
        variable.assigned = True
        variable.value = value
        scope.variables[name] = variable
    return scope

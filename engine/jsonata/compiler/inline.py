"""`$map`, `$filter` and `$reduce` of a function that is written at the call: loops in place of calls."""

from __future__ import annotations

from engine.jsonata import ast
from engine.jsonata.compiler.literals import truth_of
from engine.jsonata.compiler.scope import Scope, Var, bound_in
from engine.jsonata.compiler.unit import Unit
from engine.jsonata.compiler.values import Here, Val
from engine.jsonata.registry import Function

_LOOPS = {"map": 1, "filter": 1, "reduce": 2}


def inline(unit: Unit, node: ast.Call, function: Function, first: Val | None, here: Here) -> Val | None:
    """The loop for a call, None if it has to be a call."""
    literal = _literal(unit, node, function, first)
    if literal is None or not function.wants_state or function.name not in unit.functions:
        return None
    items = unit.solid(first if first is not None else unit.value(node.arguments[0], here))
    unit.at(node.at)
    if function.name == "reduce":
        given = node.arguments[1 if first is not None else 2 :]
        initial = unit.atom(unit.value(given[0], here)) if given else "M"
        return _reduce(unit, literal, items, initial, here)
    label = ast.path_text(node.arguments[0]) if first is None else ""
    return _each(unit, literal, items, here, function.name == "filter", label)


def _literal(unit: Unit, node: ast.Call, function: Function, first: Val | None) -> ast.Lambda | None:
    """The function written at the call, if it can be a loop body."""
    place = 1 if first is None else 0
    if function.name not in _LOOPS or len(node.arguments) <= place:
        return None
    most = place + (2 if function.name == "reduce" else 1)
    literal = node.arguments[place]
    if not isinstance(literal, ast.Lambda) or len(node.arguments) > most or literal.predicates or literal.group:
        return None
    parameters = literal.parameters
    fits = _LOOPS[function.name] <= len(parameters) <= _LOOPS[function.name] + 2
    if literal.signature is not None or not fits or len(set(parameters)) < len(parameters):
        return None
    if unit.has_closure(literal.body) or (bound_in([literal.body]) and not isinstance(literal.body, ast.Block)):
        return None
    return literal


def _scope(unit: Unit, literal: ast.Lambda, here: Here, codes: list[str], clean: list[bool]) -> Here:
    scope = Scope(here.scope)
    for parameter, code, is_clean in zip(literal.parameters, codes, clean, strict=False):
        variable = Var(code, unit.function, False)
        variable.assigned = True
        variable.value = Val(code, clean=is_clean)
        scope.variables[parameter] = variable
    return Here(here.code, scope, here.clean, here.item, here.group, tail=True)


def _each(unit: Unit, literal: ast.Lambda, items: Val, here: Here, keeps: bool, label: str) -> Val:
    """`$map` and `$filter`."""
    result, item, source = unit.assign("Sequence()", "l"), unit.temp("a"), items.code
    index = unit.assign("-1", "n") if len(literal.parameters) > 1 else ""
    if len(literal.parameters) > 2:
        source = unit.assign(f"{source} if {source} is M or isinstance({source}, list) else [{source}]")
    inside = _scope(unit, literal, here, [item, index, source], [items.clean, True, items.clean])
    with unit.loop(item, f"each({source}, st)", label):
        if index:
            unit.line(f"{index} += 1")
        value = unit.value(literal.body, inside)
        if keeps:
            unit.line(f"if {truth_of(unit, value)}: {result}.append({item})")
        else:
            name = unit.atom(value)
            unit.line(f"if {name} is not M: {result}.append({name})" if value.missing else f"{result}.append({name})")
    if items.missing:
        unit.line(f"if {items.code} is M: {result} = M")
    clean = items.clean if keeps else value.clean and not value.sequence
    return Val(result, raw=True, clean=clean)


def _reduce(unit: Unit, literal: ast.Lambda, items: Val, initial: str, here: Here) -> Val:
    result, rest, item = unit.temp("a"), unit.temp("l"), unit.temp("a")
    source = items.code
    if len(literal.parameters) > 3:
        source = unit.assign(f"{source} if {source} is M or isinstance({source}, list) else [{source}]")
    unit.line(f"{result}, {rest} = fold_start({source}, {initial})")
    index = ""
    if len(literal.parameters) > 2:
        index = unit.assign(f"len({source}) - len({rest}) - 1 if isinstance({source}, list) else -1", "n")
    inside = _scope(unit, literal, here, [result, item, index, source], [False, items.clean, True, items.clean])
    with unit.loop(item, f"each({rest}, st)"):
        if index:
            unit.line(f"{index} += 1")
        value = unit.value(literal.body, inside)
        unit.line(f"{result} = {value.code}")
    return Val(result, raw=True)

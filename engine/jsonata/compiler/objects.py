"""Array and object constructors, grouping, and the filters that follow an expression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.jsonata import ast
from engine.jsonata.compiler.literals import is_question, truth
from engine.jsonata.compiler.scope import Scope
from engine.jsonata.compiler.unit import Unit
from engine.jsonata.compiler.values import Here, Val
from engine.jsonata.functions.keyorder import is_index

Pairs = Sequence[tuple[ast.Node, ast.Node]]


def array(unit: Unit, node: ast.Array, here: Here) -> Val:
    """`[…]`: arrays among the items are opened, unless they are constructors themselves."""
    inner = replace(here, tail=False, bounce=False, store=not here.output)
    ready: list[str] = []
    code, clean = "", True
    for item in node.items:
        value = unit.value(item, inner)
        if value.items and len(node.items) == 1:
            code, clean = value.items, value.clean
            unit.line(f"if len({code}) > st.sequence: st.check_length(len({code}))")
            break
        clean = clean and value.clean
        if isinstance(item, ast.Array) or (isinstance(item, ast.Text) and item.value == "["):
            clean = clean and not value.sequence
            if not value.missing:
                ready.append(value.code)
                continue
            code = _started(unit, code, ready)
            name = unit.solid(value).code
            unit.line(f"if {name} is not M: {code}.append({name})")
        elif value.kind and value.kind in "snboz" and not value.missing:
            ready.append(value.code)
        else:
            code = _started(unit, code, ready)
            name = unit.solid(value).code
            with unit.block(f"if {name} is not M:"):
                unit.line(f"{code}.extend({name}) if {name}.__class__ in LISTS else {code}.append({name})")
                unit.line(f"if len({code}) > st.sequence: st.check_length(len({code}))")
    code = _started(unit, code, ready)
    if node.whole and not here.output:
        unit.wholes = True
        return Val(unit.assign(f"Whole({code})"), missing=False, clean=clean)
    return Val(code, "a", missing=False, sequence=False, clean=clean)


def _started(unit: Unit, code: str, ready: list[str]) -> str:
    """The array in the making, with the items that are ready."""
    if not code:
        code = unit.assign(f"[{', '.join(ready)}]")
    elif ready:
        unit.line(f"{code} += [{', '.join(ready)}]")
    ready.clear()
    return code


def object_(unit: Unit, node: ast.Object, here: Here) -> Val:
    """`{…}`: written out where all keys are literals or the context is one item; a grouping otherwise."""
    if any(not isinstance(key, ast.Text) or key.predicates for key, _ in node.pairs):
        return _computed(unit, node.pairs, here)
    keys = [key.value for key, _ in node.pairs if isinstance(key, ast.Text)]
    if len(set(keys)) < len(keys):
        repeated = next(key for index, key in enumerate(keys) if key in keys[:index])
        unit.line(f"same_key({repeated!r})")
    return _fields(unit, list(zip(keys, (value for _, value in node.pairs), strict=True)), one_item(unit, here))


def one_item(unit: Unit, here: Here) -> Here:
    """The context for the values of an object constructor: an array as context has its items appended."""
    if here.item:
        return here
    if not (here.group or unit.careful):
        if unit.recall(("item fields", here.code)) is None:
            code = f"{here.code} if {here.code}.__class__ is dict else fields_of_item({here.code})"
            unit.remember(("item fields", here.code), unit.assign(code, "g"))
        return replace(here, item=True)
    known = unit.recall(("item", here.code))
    if known is None:
        helper = "group_context" if unit.careful else "item_context"
        other = f"{helper}({here.code}, st) if isinstance({here.code}, list) else {here.code}"
        code = f"{here.code} if {here.code}.__class__ is dict else {other}"
        known = unit.remember(("item", here.code), unit.assign(code, "c"))
        if not unit.careful:
            unit.remember(("item", known), known)
    return replace(here, code=known)


def _fields(unit: Unit, fields: list[tuple[str, ast.Node]], here: Here) -> Val:
    """An object with literal keys: those that are sure to be there at once, the others one by one, in order."""
    inside = replace(here, tail=False, bounce=False, store=not here.output)
    result, clean = "", True
    ready: list[tuple[str, str]] = []
    for key, node in fields:
        value = _held(unit, unit.value(node, inside), inside)
        clean = clean and value.clean and not value.sequence
        if not value.missing:
            ready.append((key, value.code))
            continue
        result = _flushed(unit, result, ready)
        name = unit.atom(value)
        unit.line(f"if {name} is not M: {result}[{key!r}] = {name}")
    result = _flushed(unit, result, ready)
    if any(map(is_index, dict(fields))):
        result = unit.assign(f"in_order({result})", "r")
    return Val(result, "o", missing=False, sequence=False, clean=clean)


def _held(unit: Unit, value: Val, here: Here) -> Val:
    """A value that an object holds: where it turns out to be a sequence, the evaluation notes that there is one."""
    if not (here.store and value.clean and value.sequence):
        return value
    value = unit.solid(value)
    unit.line(f"if {value.code}.__class__ in COLLAPSIBLE: st.dirty = True")
    return replace(value, sequence=False)


def _flushed(unit: Unit, result: str, ready: list[tuple[str, str]]) -> str:
    if result:
        for key, code in ready:
            unit.line(f"{result}[{key!r}] = {code}")
    else:
        result = unit.assign("{" + ", ".join(f"{key!r}: {code}" for key, code in ready) + "}", "r")
    ready.clear()
    return result


def _computed(unit: Unit, pairs: Pairs, here: Here) -> Val:
    """An object with computed keys: a grouping, written out where there is nothing to group."""
    closures = any(unit.has_closure(key) or unit.has_closure(value) for key, value in pairs)
    if not (here.item or (not here.group and not unit.careful)) or closures:
        return _group(unit, pairs, here)
    inside = replace(one_item(unit, here), tail=False, bounce=False, store=not here.output)
    keys = [_key(unit, key, inside) for key, _ in pairs]
    if len(keys) > 1:
        unit.line(f"distinct_keys({', '.join(keys)})")
    result, clean = unit.assign("{}", "r"), True
    for key, (_, node) in zip(keys, pairs, strict=True):
        with unit.block(f"if {key} is not M:"):
            value = _held(unit, unit.value(node, inside), inside)
            name = unit.atom(value)
            unit.line(f"if {name} is not M: {result}[{key}] = {name}" if value.missing else f"{result}[{key}] = {name}")
        clean = clean and value.clean and not value.sequence
    if len(keys) > 1:
        result = unit.assign(f"in_order({result})", "r")
    return Val(result, "o", missing=False, sequence=False, clean=clean)


def _key(unit: Unit, node: ast.Node, here: Here) -> str:
    value = unit.solid(unit.value(node, here.inner()))
    unit.at(node.at)
    if value.kind == "s" and not value.missing:
        return value.code
    return unit.assign(f"{value.code} if {value.code}.__class__ is str else key_of({value.code})")


def _group(unit: Unit, pairs: Pairs, here: Here) -> Val:
    return grouped(unit, pairs, here.code, here.clean, here)


def grouped(unit: Unit, pairs: Pairs, items: str, clean: bool, here: Here) -> Val:
    """The object made of keys and values over a list of items, or one item: loops for the usual case of one pair."""
    if len(pairs) != 1 or unit.has_closure(pairs[0][0]) or unit.has_closure(pairs[0][1]):
        functions = pair_functions(unit, pairs, replace(here, clean=clean))
        return Val(unit.assign(f"group({items}, {functions}, st)"), "o", missing=False, sequence=False)
    groups, item, result = unit.assign("{}", "d"), unit.temp("i"), unit.assign("{}", "r")
    with unit.loop(item, f"each_member({items}, st)"):
        key = _key(unit, pairs[0][0], here.within(item, clean=clean))
        members = unit.assign(f"{groups}.get({key})")
        with unit.block(f"if {members} is not None:"):
            unit.line(f"{members}.append({item})")
        with unit.block(f"elif {key} is not M:"):
            unit.line(f"{groups}[{key}] = [{item}]")
    key, members, context = unit.temp("k"), unit.temp("l"), unit.temp("c")
    with unit.loop(f"{key}, {members}", f"{groups}.items()"):
        unit.line(f"{context} = {members}[0] if len({members}) == 1 else group_context({members}, st)")
        inside = replace(here.within(context, clean=clean, output=here.output), group=True)
        value = unit.value(pairs[0][1], inside)
        name = unit.atom(value)
        unit.line(f"if {name} is not M: {result}[{key}] = {name}" if value.missing else f"{result}[{key}] = {name}")
    result = unit.assign(f"in_order({result})", "r")
    return Val(result, "o", missing=False, sequence=False, clean=value.clean and not value.sequence)


def pair_functions(unit: Unit, pairs: Pairs, here: Here, stream: bool = False) -> str:
    """Code for a tuple of key and value functions of a context (and its bindings)."""
    names = []
    for key, value in pairs:
        names.append(
            f"({context_function(unit, key, here, stream)}, {context_function(unit, value, here, stream, group=True)})"
        )
    return "(" + ", ".join(names) + ("," if len(names) == 1 else "") + ")"


def context_function(unit: Unit, node: ast.Node, here: Here, stream: bool = False, *, group: bool = False) -> str:
    """Write a node as a function of a context; gives its name. A stream's functions also take the bindings."""
    name, parameter = unit.temp("f"), unit.temp("c")
    bindings = here.scope.stream
    head = f"{name}({parameter}, {bindings})" if stream and bindings else f"{name}({parameter})"
    with unit.function_def(head):
        value = unit.value(node, Here(parameter, here.scope, clean=False, group=group))
        unit.line(f"return {value.code}")
    return name


def suffix(unit: Unit, node: ast.Node, value: Val, here: Here) -> Val:
    """The predicates and the grouping that follow a node which is not a path."""
    for predicate in node.predicates:
        if isinstance(node, ast.Block) and node.tuples:
            value = _filtered_stream(unit, node, predicate, value, here)
        else:
            value = filtered(unit, predicate, value, here)
    if node.group is not None and not isinstance(node, ast.Path):
        unit.at(node.group.at)
        value = grouped(unit, node.group.pairs, unit.atom(value), value.clean, here)
    return value


def _filtered_stream(unit: Unit, node: ast.Block, predicate: ast.Predicate, value: Val, here: Here) -> Val:
    """A filter on a block that hands on its bindings."""
    inside = replace(here, scope=Scope(here.scope, unit.temp("b"), bound_names(node)))
    stage = stream_filter(unit, predicate, inside)
    unit.at(predicate.at)
    return Val(unit.assign(f"filter_stream({value.code}, {stage}, st)"), raw=True)


def bound_names(node: ast.Node) -> set[str]:
    """The variables that the steps of paths inside of a node bind, and the labels of parents."""
    names: set[str] = set()
    for part in node.walk():
        if isinstance(part, ast.Step):
            names.update(name for name in (part.focus, part.index, part.ancestor) if name is not None)
        elif isinstance(part, ast.IndexStage):
            names.add(part.name)
    return names


def stream_filter(unit: Unit, stage: ast.Predicate, inside: Here) -> str:
    """Code for a filter on a stream of bindings."""
    condition = stage.condition
    if isinstance(condition, ast.Number) and not condition.predicates:
        return f"Filter({unit.constant(condition.value)}, None)"
    return f"Filter(None, {context_function(unit, condition, inside, stream=True)})"


def filtered(unit: Unit, predicate: ast.Predicate, value: Val, here: Here, label: str = "") -> Val:
    """`value[condition]` as a list that has not been collapsed."""
    condition = predicate.condition
    unit.at(predicate.at)
    if isinstance(condition, ast.Number) and not condition.predicates:
        position = unit.constant(condition.value)
        return Val(unit.assign(f"at_index({unit.atom(value)}, {position})"), raw=True, clean=value.clean)
    items, result, item = unit.atom(value), unit.temp("s"), unit.temp("i")
    unit.line(f"{result} = Sequence()")
    inside = here.within(item, clean=value.clean)
    if unit.has_closure(condition):
        name = unit.temp("f")
        with unit.function_def(f"{name}({item})"):
            unit.line(f"return {unit.value(condition, inside).code}")
        unit.line(f"select({items}, {name}, {result}, st)")
        return Val(result, raw=True, clean=value.clean)
    source = f"each({items}, st)" if not may_fail(condition) else f"each_or_none({items}, st)"
    if _is_test(unit, condition, here):
        with unit.loop(item, source, label):
            test = truth(unit, condition, inside)
            unit.line(f"if {test}: {result}.append({item})")
    else:
        _by_answer(unit, condition, inside, items, source, result)
    if may_fail(condition) and value.missing:
        unit.line(f"if {items} is M and {result}: st.dirty = True")
    return Val(result, raw=True, clean=value.clean)


def _by_answer(unit: Unit, condition: ast.Node, inside: Here, items: str, source: str, result: str) -> None:
    """A filter whose condition may turn out to be a position."""
    index = unit.assign("-1", "n")
    size = unit.assign(f"len({items}) if isinstance({items}, list) else 1", "n")
    with unit.loop(inside.code, source):
        unit.line(f"{index} += 1")
        answer = unit.assign(unit.value(condition, inside).code)
        with unit.block(f"if {answer}.__class__ is bool:"):
            unit.line(f"if {answer}: {result}.append({inside.code})")
        with unit.block(f"elif {answer} is not M:"):
            unit.line(f"for _ in range(repeats({answer}, {index}, {size})): {result}.append({inside.code})")


def _is_test(unit: Unit, node: ast.Node, here: Here) -> bool:
    """Whether a condition is sure to be true, false or missing."""
    if node.predicates or node.group is not None:
        return False
    if is_question(unit, node, here):
        return True
    if isinstance(node, ast.Binary):
        return node.operator in ("=", "!=", "<", ">", "<=", ">=", "and", "or", "in")
    return isinstance(node, ast.Constant)


def may_fail(node: ast.Node) -> bool:
    """Whether a condition may raise an error, or be true, where there is nothing to test."""
    if isinstance(node, ast.Binary) and not node.predicates and node.group is None:
        sides = (node.left, node.right)
        if node.operator in ("and", "or"):
            return may_fail(node.left) or may_fail(node.right)
        if node.operator in ("=", "!=", "in"):
            return not (
                any(_is_field(side) for side in sides) and all(_is_field(side) or _is_literal(side) for side in sides)
            )
        if node.operator in ("<", ">", "<=", ">="):
            fits = all(_is_field(side) or isinstance(side, ast.Text | ast.Number) for side in sides)
            return not (fits and any(_is_field(side) for side in sides))
    return not _is_field(node)


def _is_field(node: ast.Node) -> bool:
    """Whether a node is a plain path of fields: nothing, where there is nothing."""
    return (
        isinstance(node, ast.Path)
        and all(isinstance(step.expression, ast.Name) and not step.stages and not step.tuples for step in node.steps)
        and node.group is None
    )


def _is_literal(node: ast.Node) -> bool:
    return isinstance(node, ast.Text | ast.Number | ast.Constant) and not node.predicates

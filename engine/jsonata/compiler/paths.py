"""Paths: runs of field names read straight from dicts, other steps as loops over the items of the one before."""

from __future__ import annotations

from dataclasses import replace

from engine.jsonata import ast
from engine.jsonata.compiler.nested import Nest, nests
from engine.jsonata.compiler.objects import (
    bound_names,
    context_function,
    filtered,
    grouped,
    pair_functions,
    stream_filter,
)
from engine.jsonata.compiler.scope import Scope
from engine.jsonata.compiler.unit import Unit
from engine.jsonata.compiler.values import Here, Val


def path(unit: Unit, node: ast.Path, here: Here) -> Val:
    first = next((index for index, step in enumerate(node.steps) if step.tuples), None)
    if first is not None:
        return _stream(unit, node, here, first)
    if node.group is None and not _keeps(node) and all(_plain_name(step) for step in node.steps):
        return _names(unit, node, here)
    state, clean, start = _start(unit, node, here)
    if start == len(node.steps):
        return _finished(unit, node, state, clean, here)
    if start and _starts_whole(node):
        return _from_array(unit, node, state, clean, here)
    return _rest(unit, node, state, clean, start, here)


def _keeps(node: ast.Path) -> bool:
    """Whether a single item of the path stays an array."""
    return node.keep_singleton or node.keep_array


def _starts_whole(node: ast.Path) -> bool:
    """Whether a path starts with an array constructor, which is taken as it is."""
    first = node.steps[0].expression
    return isinstance(first, ast.Array | ast.Block) and first.whole


def _rest(unit: Unit, node: ast.Path, state: str, clean: bool, start: int, here: Here) -> Val:
    """The steps from `start` on."""
    for index, step in enumerate(node.steps[start:-1], start):
        state, clean = _inner(unit, step, state, clean, here, ast.path_text(node, index))
    return _last(unit, node, state, clean, here)


def _from_array(unit: Unit, node: ast.Path, state: str, clean: bool, here: Here) -> Val:
    """A path that starts with an array constructor: an empty one is the value, no step is taken."""
    result = unit.temp()
    empty = f"Kept([{state}])" if node.keep_singleton else state
    if node.group is not None:
        empty = _grouped(unit, node, "[]", False, here).code
    unit.line(f"{result} = {empty}")
    with unit.block(f"if not ({state}.__class__ is Whole or {state}.__class__ is list) or {state}:"):
        value = _rest(unit, node, state, clean, 1, here)
        unit.line(f"{result} = {value.code}")
    return Val(result, raw=value.raw, clean=value.clean)


def _plain_name(step: ast.Step) -> bool:
    return isinstance(step.expression, ast.Name) and not step.stages and not step.expression.predicates


def _names(unit: Unit, node: ast.Path, here: Here) -> Val:
    """A path of field names only, in straight-line code."""
    state = here.code
    for step in node.steps[:-1]:
        state = _read(unit, state, step.expression, "inner_fields")
    return _last_field(unit, state, node.steps[-1].expression, here.clean, here)


def _last_field(unit: Unit, state: str, name: ast.Node, clean: bool, here: Here) -> Val:
    """A field at the end of a path. What becomes part of the result of the expression is read as a list at once."""
    if not clean:
        code = _read(unit, state, name, "last_fields")
        if unit.recall(("settled", code)) is None:
            unit.line(f"if {code}.__class__ in COLLAPSIBLE: {code} = resettle({code})")
            unit.remember(("settled", code), code)
        return Val(code)
    if unit.recall(("item fields", state)) is not None:
        return Val(_read(unit, state, name, "last_fields"), clean=True, sequence=False)
    helper = "output_fields" if here.output else "stored_fields" if here.store else "last_fields"
    known = unit.recall(("last_fields", state, name.value)) if isinstance(name, ast.Name) else None
    if known is None or helper == "last_fields":
        return Val(_read(unit, state, name, helper), clean=True, sequence=helper == "last_fields")
    if helper == "stored_fields":
        unit.line(f"if {known}.__class__ in COLLAPSIBLE: st.dirty = True")
        return Val(known, clean=True, sequence=False)
    return Val(
        unit.assign(f"list({known}) if {known}.__class__ in COLLAPSIBLE else {known}"), clean=True, sequence=False
    )


def _read(unit: Unit, state: str, name: ast.Node, helper: str) -> str:
    """Read a field of `state`; the same field is read once."""
    assert isinstance(name, ast.Name)
    if unit.recall(("item fields", state)) is not None:
        helper = "item fields"
    key = (helper, state, name.value)
    known = unit.recall(key)
    if known is not None:
        return known
    unit.at(name.at)
    return unit.remember(key, unit.assign(f"{_fields(unit, state, helper)}.get({name.value!r}, M)"))


def _fields(unit: Unit, state: str, helper: str) -> str:
    """What the fields of `state` are read from: itself, if it is a dict, else what `helper` gives."""
    key = (helper, state)
    known = unit.recall(("item fields", state)) or unit.recall(key)
    if known is not None:
        return known
    return unit.remember(key, unit.assign(f"{state} if {state}.__class__ is dict else {helper}({state}, st)", "g"))


def _start(unit: Unit, node: ast.Path, here: Here) -> tuple[str, bool, int]:
    """The items that the path starts from, whether they are clean, and the index of the first step still to do."""
    first = node.steps[0]
    expression = first.expression
    if _starts_whole(node) and not first.stages:
        value = unit.value(expression, replace(here.inner(), lead=True))
        return unit.atom(value), value.clean, 1
    if isinstance(expression, ast.Variable) and not first.stages and len(node.steps) > 1:
        value = unit.value(expression, here.inner())
        return unit.atom(_opened(unit, value)), value.clean, 1
    return here.code, here.clean, 0


def _opened(unit: Unit, value: Val) -> Val:
    """A first value as the items of the next step: an array in one piece is one item."""
    name = unit.atom(value)
    if not value.sequence or value.clean:
        return replace(value, code=name, simple=True)
    known = unit.recall(("opened", name))
    if known is None:
        known = unit.remember(("opened", name), unit.assign(f"[{name}] if {name}.__class__ is Whole else {name}"))
    return replace(value, code=known, simple=True)


def _inner(unit: Unit, step: ast.Step, state: str, clean: bool, here: Here, label: str = "") -> tuple[str, bool]:
    """A step in the middle: the items for the next one, MISSING if there are none."""
    if isinstance(step.expression, ast.Sort):
        return _sorted(unit, step, state, here), clean
    if _plain_name(step):
        return _read(unit, state, step.expression, "inner_fields"), clean
    if here.item and state == here.code and not unit.careful and not unit.has_closure(step):
        value = _result(unit, step, here.inner())
        if value.raw:
            found = unit.solid(value).code
            one = f"{found}.__class__ is Sequence and len({found}) == 1 and {found}[0].__class__ is dict"
            return unit.assign(f"{found}[0] if {one} else state_of([{found}], st)"), value.clean
        return unit.atom(_opened(unit, value)), value.clean
    results, value = _loop(unit, step, state, clean, here.inner(), label)
    return unit.assign(f"state_of({results}, st)"), value.clean


def _sorted(unit: Unit, step: ast.Step, state: str, here: Here) -> str:
    assert isinstance(step.expression, ast.Sort)
    terms = [f"({context_function(unit, term.expression, here)}, {term.descending})" for term in step.expression.terms]
    unit.at(step.at)
    code = unit.assign(f"order({state}, ({', '.join(terms)},), st)")
    for stage in step.stages:
        assert isinstance(stage, ast.Predicate)
        code = filtered(unit, stage, Val(code), here).code
    return code


def _loop(unit: Unit, step: ast.Step, state: str, clean: bool, here: Here, label: str) -> tuple[str, Val]:
    """Evaluate a step for each item of `state`; gives the list of results and what is known of one."""
    results, item = unit.assign("[]", "l"), unit.temp("i")
    items = f"each({state}, st)" if state != here.code else f"each_or_none({state}, st)"
    inside = here.within(item, clean=clean, output=here.output and not step.stages and _gives_object(step.expression))
    if unit.has_closure(step.expression) or any(unit.has_closure(stage) for stage in step.stages):
        name = unit.temp("f")
        with unit.function_def(f"{name}({item})"):
            value = _result(unit, step, inside)
            unit.line(f"return {value.code}")
        with unit.loop(item, items, label):
            result = unit.assign(f"{name}({item})")
            unit.line(f"if {result} is not M: {results}.append({result})")
        return results, value
    if isinstance(step.expression, ast.Name) and step.stages:
        return results, _filtered_field(unit, step, state, here.code, inside, results, label)
    with unit.loop(item, items, label):
        value = _result(unit, step, inside)
        name = unit.atom(value)
        unit.line(f"{results}.append({name})" if not value.missing else f"if {name} is not M: {results}.append({name})")
    return results, value


def _filtered_field(
    unit: Unit, step: ast.Step, state: str, start_code: str, inside: Here, results: str, label: str
) -> Val:
    """A field with filters, for each item: the value in a dict, which is the usual case, without a loop over items."""
    assert isinstance(step.expression, ast.Name)
    name = step.expression.value
    start = state == start_code
    others = f"each_field({state}, {name!r}, {start})"
    source = f"({state}.get({name!r}, M),) if {state}.__class__ is dict else {others}"
    with unit.loop(inside.code, unit.assign(source)):
        value = Val(inside.code, clean=inside.clean)
        for stage in step.stages:
            assert isinstance(stage, ast.Predicate)
            value = filtered(unit, stage, value, inside.inner(), f"{label}.{name}" if label else name)
        unit.line(f"{results}.append({value.code})")
    return value


def _gives_object(node: ast.Node) -> bool:
    """Whether a value is sure to be an object, or an array that a path keeps in one piece."""
    if node.predicates or node.group is not None:
        return False
    if isinstance(node, ast.Block):
        return (
            bool(node.expressions)
            and _gives_object(node.expressions[-1])
            and not isinstance(node.expressions[-1], ast.Array)
        )
    if isinstance(node, ast.Condition):
        return _gives_object(node.then) and (node.otherwise is None or _gives_object(node.otherwise))
    return isinstance(node, ast.Object)


def _result(unit: Unit, step: ast.Step, inside: Here) -> Val:
    expression = step.expression
    if isinstance(expression, ast.Name):
        read = f"field({inside.code}, {expression.value!r})"
        if inside.item:
            read = f"{_fields(unit, inside.code, 'last_fields')}.get({expression.value!r}, M)"
        value = Val(unit.assign(read), raw=True, clean=inside.clean)
        unit.line(f"if {value.code}.__class__ is Sequence: {value.code} = collapse({value.code})")
    else:
        value = unit.value(expression, inside)
    for stage in step.stages:
        assert isinstance(stage, ast.Predicate)
        value = filtered(unit, stage, value, inside.inner())
    return value


def _last(unit: Unit, node: ast.Path, state: str, clean: bool, here: Here) -> Val:
    """The last step and the value of the path."""
    step = node.steps[-1]
    if isinstance(step.expression, ast.Sort):
        return _finished(unit, node, _sorted(unit, step, state, here), clean, here, ordered=True)
    if node.group is None and not _keeps(node) and _plain_name(step):
        return _last_field(unit, state, step.expression, clean, here)
    if node.group is not None and _plain_name(step):
        return _grouped(unit, node, _read(unit, state, step.expression, "inner_fields"), clean, here)
    results, value = _loop(
        unit,
        step,
        state,
        clean,
        here if node.group is None else here.inner(),
        ast.path_text(node, len(node.steps) - 1),
    )
    if node.group is not None:
        return _grouped(unit, node, unit.assign(f"settle_raw({results}, st)"), value.clean, here)
    unit.at(node.at)
    apart = isinstance(step.expression, ast.Array) and step.expression.whole and not step.stages
    if node.keep_singleton:
        helper = f"Kept({results}) if {results} else M" if apart else f"settle_kept({results}, st)"
        return Val(unit.assign(helper), clean=value.clean)
    if node.keep_array:
        return Val(unit.assign(f"settle_sequence({results}, st)"), clean=value.clean)
    if apart:
        return _gathered(results, value, here)
    if value.kind and value.kind in "snboz":
        return replace(_gathered(results, value, here), items=results)
    return Val(unit.assign(f"settle({results}, st)"), clean=value.clean)


def _gathered(results: str, value: Val, here: Here) -> Val:
    """The value of a path whose results need no flattening."""
    if here.output:
        code = f"({results} if len({results}) > 1 else {results}[0] if {results} else M)"
        return Val(code, sequence=False, clean=value.clean, simple=False)
    return Val(f"collapse_fresh({results})", clean=value.clean, simple=False)


def _finished(unit: Unit, node: ast.Path, state: str, clean: bool, here: Here, ordered: bool = False) -> Val:
    """The value of a path whose steps are all done: an array constructor alone, or an order-by at the end."""
    if node.group is not None:
        return _grouped(unit, node, state, clean, here)
    if _keeps(node):
        return Val(unit.assign(f"Kept({state}) if {state} else M"), clean=clean)
    if ordered and not node.steps[-1].stages:
        return Val(unit.assign(f"ordered_result({state})"), clean=clean)
    return Val(state, raw=True, clean=clean)


def _grouped(unit: Unit, node: ast.Path, items: str, clean: bool, here: Here) -> Val:
    assert node.group is not None
    unit.at(node.group.at)
    return grouped(unit, node.group.pairs, items, clean, here)


def _stream(unit: Unit, node: ast.Path, here: Here, first: int) -> Val:
    """A path that binds variables: steps before the first binding as usual, then a stream of bindings."""
    state, clean, start = _start(unit, node, here) if first > 0 else (here.code, here.clean, 0)
    if first == 0 and _starts_whole(node):
        # the reference takes the array, or the context if its items were to be bound, and binds nothing
        value = unit.fixed(unit.value(node.steps[0].expression, replace(here.inner(), lead=True)))
        state, start = state if node.steps[0].focus is not None else unit.atom(value), 1
    given = state if first > 0 and start and _starts_whole(node) and node.group is None else None
    for step in node.steps[start:first]:
        state, clean = _inner(unit, step, state, clean, here)
    if start <= first and given is None and nests(unit, node, first):
        return _nested(unit, node, first, state, clean, here)
    names = bound_names(node)
    bindings = unit.temp("b")
    inside = Here("", Scope(here.scope, bindings, names))
    steps = [_stream_step(unit, step, inside) for step in node.steps[max(first, start) :]]
    unit.at(node.at)
    if max(first, start) > 0:
        state = state if state.isidentifier() else unit.assign(state)
        state = unit.assign(f"() if {state} is M or {state} == [] else {state}")
    code = f"stream({state}, ({', '.join(steps)},), st)"
    if node.group is not None:
        if max(first, start) > 0:
            code += f" if {state}.__class__ is not tuple else Tuples(({{'@': M}},))"
        return _grouped_stream(unit, node, inside, code)
    tuples = unit.assign(code)
    if node.tuples:
        if max(first, start) > 0:  # without items the steps that bind are not taken
            tuples = unit.assign(f"M if {state}.__class__ is tuple else {tuples}")
        return Val(tuples)
    found = unit.assign(f"contexts({tuples})")
    if given is not None:
        empty = f"Kept([{given}])" if node.keep_singleton else given
        unit.line(f"if {given}.__class__ is Whole and not {given}: {found} = {empty}")
    if _keeps(node):
        return Val(unit.assign(f"keep({found})"))
    return Val(found, raw=True)


def _nested(unit: Unit, node: ast.Path, first: int, state: str, clean: bool, here: Here) -> Val:
    """Loops in place of a stream."""
    output = here.output and _gives_object(node.steps[-1].expression)
    nest = Nest(node, unit.assign("[]", "l"), output)
    item, inner = unit.temp("i"), here.inner()
    source = f"each_or_none({state}, st)" if first == 0 else f"each({state}, st)"
    with unit.loop(item, source, ast.path_text(node, first)):
        value = nest.written(unit, first, inner.within(item, clean=clean))
    unit.line(f"if len({nest.results}) > st.sequence: st.check_length(len({nest.results}))")
    if value.kind and value.kind in "snboz":
        return replace(_gathered(nest.results, value, here), items=nest.results)
    return Val(unit.assign(f"collapse_fresh({nest.results})"), clean=value.clean)


def _grouped_stream(unit: Unit, node: ast.Path, inside: Here, code: str) -> Val:
    assert node.group is not None
    tuples = unit.assign(code)
    functions = pair_functions(unit, node.group.pairs, inside, stream=True)
    unit.at(node.group.at)
    return Val(unit.assign(f"group_stream({tuples}, {functions}, st)"), "o", missing=False, sequence=False)


def _stream_step(unit: Unit, step: ast.Step, inside: Here) -> str:
    """Code for one step of a stream."""
    evaluate, terms = "None", "()"
    if isinstance(step.expression, ast.Sort):
        terms = "(" + "".join(_stream_term(unit, term, inside) for term in step.expression.terms) + ")"
    else:
        evaluate = context_function(unit, step.expression, inside, stream=True)
    stages = "(" + "".join(_stream_stage(unit, stage, inside) + ", " for stage in step.stages) + ")"
    return f"StreamStep({evaluate}, {terms}, {step.focus!r}, {step.index!r}, {step.ancestor!r}, {stages})"


def _stream_term(unit: Unit, term: ast.SortTerm, inside: Here) -> str:
    function = context_function(unit, term.expression, inside, stream=True)
    return f"(lambda b, f={function}: f(b['@'], b), {term.descending}), "


def _stream_stage(unit: Unit, stage: ast.Predicate | ast.IndexStage, inside: Here) -> str:
    if isinstance(stage, ast.IndexStage):
        return f"Position({stage.name!r})"
    return stream_filter(unit, stage, inside)

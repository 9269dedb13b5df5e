"""Paths, filters, order-by and grouping."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from engine.jsonata import ast
from engine.jsonata.types.conditions import facts, place
from engine.jsonata.types.lattice import (
    ANY,
    INTEGER,
    NEVER,
    Function,
    List,
    Number,
    Record,
    Type,
    known,
    list_of,
    union,
)
from engine.jsonata.types.members import member
from engine.jsonata.types.scope import Scope
from engine.jsonata.types.streams import EMPTY, FOUND_NONE, Many, Stream, stream_of
from engine.jsonata.types.walk import Walk


def path(walk: Walk, node: ast.Path, scope: Scope) -> Type:
    """A location path."""
    value, scope, start = _start(walk, node, scope)
    plain = node.group is None and not node.keep_singleton
    for index in range(start, len(node.steps)):
        step = node.steps[index]
        if not (plain and _is_name(step)) or any(isinstance(atom, List) for atom in value.atoms):
            return _streamed(walk, node, value, scope, index).here(walk.at(node.start))
        assert isinstance(step.expression, ast.Name)
        value = member(walk, value, step.expression.value, walk.at(step.expression.start))
    if start == len(node.steps) and not plain:
        return _result(walk, node, stream_of(value), scope)
    return value.here(walk.at(node.start)) if start < len(node.steps) else value


def _is_name(step: ast.Step) -> bool:
    return isinstance(step.expression, ast.Name) and not step.stages and not step.tuples and step.ancestor is None


def _start(walk: Walk, node: ast.Path, scope: Scope) -> tuple[Type, Scope, int]:
    """The value that the steps begin with, and the index of the first of them."""
    first = node.steps[0]
    expression = first.expression
    if isinstance(expression, ast.Variable | ast.Array | ast.Block) and not first.tuples:
        value = walk.value(expression, scope)
        for stage in first.stages:
            if isinstance(stage, ast.Predicate):
                value = filtered(walk, value, stage, scope)
        return value, scope, 1
    return scope.value(scope.here), scope, 0


def _streamed(walk: Walk, node: ast.Path, value: Type, scope: Scope, start: int) -> Type:
    """The rest of a path whose steps run over items."""
    stream = stream_of(value) if value.atoms or value.any else Stream(value.present(), value.absent)
    if start == 0 and value.absent is None and not stream.many and not value.atoms and not value.any:
        return value
    last = len(node.steps) - 1
    direct: Type | None = None
    for index in range(start, len(node.steps)):
        step = node.steps[index]
        direct = None
        if isinstance(step.expression, ast.Sort):
            _sorted(walk, step.expression, stream, scope)
            scope = _bound(walk, step, stream, stream.item, scope)
            stream = _staged(walk, step, stream, scope)
            continue
        alias = place(node, scope) if index == 0 else _prefix(node, index, scope)
        single = not stream.many and index == last and step.focus is None
        here = walk.bind(stream.item, alias if not stream.many else None)
        made = _step(walk, step, here, scope)
        scope = _bound(walk, step, stream, made, scope)
        if step.focus is not None:
            count = stream.through(lambda _, made=made: made)  # type: ignore[misc]
            stream = replace(count, item=stream.item)
            continue
        if single:
            direct = made.or_absent(stream.absent)
        whole = isinstance(step.expression, ast.Array) and step.expression.whole and not step.stages
        result = list_of(made, least=1) if whole else made
        stream = stream.through(lambda _, result=result: result)  # type: ignore[misc]
        if stream.many and _chooses(step, made):
            stream = replace(stream, many=Many.PERHAPS)
    if direct is not None and node.group is None and not node.keep_singleton:
        return direct
    return _result(walk, node, stream, scope)


def _chooses(step: ast.Step, made: Type) -> bool:
    """Whether a step leaves out some of the items, by a filter or a condition."""
    chosen = any(
        isinstance(stage, ast.Predicate) and not isinstance(stage.condition, ast.Number) for stage in step.stages
    )
    return chosen or (made.absent is not None and made.absent.why in ("branch", "filter"))


def _prefix(node: ast.Path, index: int, scope: Scope) -> tuple[int, tuple[str, ...]] | None:
    """What the steps before one read, where they are plain names."""
    return place(node.changed(steps=node.steps[:index], group=None), scope)


def _step(walk: Walk, step: ast.Step, here: object, scope: Scope) -> Type:
    """The type of what a step makes of one item."""
    inside = scope.within(here)  # type: ignore[arg-type]
    if step.ancestor is not None:
        inside = inside.binding({step.ancestor: inside.here})
    if isinstance(step.expression, ast.Name):
        name = step.expression
        made = member(walk, inside.value(inside.here), name.value, walk.at(name.start))
    elif not inside.value(inside.here).atoms and not inside.value(inside.here).any:
        walk.value(step.expression, inside)
        return NEVER
    else:
        made = walk.value(step.expression, inside)
    if step.focus is not None:
        inside = inside.binding({step.focus: walk.bind(stream_of(made).item)})
    if step.index is not None:
        inside = inside.binding({step.index: walk.bind(INTEGER)})
    for stage in step.stages:
        if isinstance(stage, ast.Predicate):
            made = filtered(walk, made, stage, inside)
        else:
            inside = inside.binding({stage.name: walk.bind(INTEGER)})
    return made


def _bound(walk: Walk, step: ast.Step, stream: Stream, made: Type, scope: Scope) -> Scope:
    """The scope with what a step binds for those that follow."""
    names = {}
    if step.ancestor is not None:
        names[step.ancestor] = walk.bind(stream.item)
    if step.focus is not None:
        names[step.focus] = walk.bind(stream_of(made).item)
    if step.index is not None:
        names[step.index] = walk.bind(INTEGER)
    for stage in step.stages:
        if isinstance(stage, ast.IndexStage):
            names[stage.name] = walk.bind(INTEGER)
    return scope.binding(names) if names else scope


def _sorted(walk: Walk, node: ast.Sort, stream: Stream, scope: Scope) -> None:
    inside = scope.within(walk.bind(stream.item))
    for term in node.terms:
        walk.value(term.expression, inside)


def _staged(walk: Walk, step: ast.Step, stream: Stream, scope: Scope) -> Stream:
    """The filters that follow an order-by: they select among all the items."""
    for stage in step.stages:
        if isinstance(stage, ast.Predicate):
            stream = stream_of(filtered(walk, stream.collapsed(), stage, scope))
    return stream


def _result(walk: Walk, node: ast.Path, stream: Stream, scope: Scope) -> Type:
    if node.group is not None:
        return grouped(walk, node.group, stream, _in_groups(walk, node, scope))
    return stream.kept() if node.keep_singleton else stream.collapsed()


def _in_groups(walk: Walk, node: ast.Path, scope: Scope) -> Scope:
    """In a grouping, what the steps have bound is there once for each item of the group."""
    bound = {name for step in node.steps for name in (step.focus, step.index) if name is not None}
    names = {}
    for name in bound & set(scope.names):
        each = scope.value(scope.names[name])
        names[name] = walk.bind(union((each, Type((List(known(each), 2, sequence=True, vague=True),)))))
    return scope.binding(names) if names else scope


# -- what follows any node


def follow(walk: Walk, node: ast.Node, value: Type, scope: Scope) -> Type:
    """The filters, the grouping and the `[]` that follow a node which is no path."""
    for predicate in node.predicates:
        value = filtered(walk, value, predicate, scope)
    if node.group is not None and not isinstance(node, ast.Path):
        return grouped(walk, node.group, stream_of(value), scope)
    if node.keep_array and not isinstance(node, ast.Path):
        return stream_of(value).kept() if value.atoms or not value.any else ANY
    return value


def filtered(walk: Walk, value: Type, predicate: ast.Predicate, scope: Scope) -> Type:
    """What `value[condition]` leaves."""
    condition = predicate.condition
    stream = stream_of(value)
    if isinstance(condition, ast.Number) and not condition.predicates:
        return _at(value, stream, condition)
    here = walk.bind(stream.item)
    inside = scope.within(here)
    answer = walk.value(condition, inside)
    if answer.only(Number):
        return stream.item.or_absent(value.absent).or_absent(FOUND_NONE)
    after = inside.knowing(facts(condition, True, inside))
    item = after.value(here)
    if not item.atoms and not item.any:
        item = stream.item
    return replace(stream, item=item.here(value.at)).chosen().collapsed()


def _at(value: Type, stream: Stream, index: ast.Number) -> Type:
    """The item at a position."""
    position = int(index.value)
    lists = [atom for atom in value.atoms if isinstance(atom, List)]
    need = position + 1 if position >= 0 else -position
    if not lists:
        return value if need == 1 else value.or_absent(FOUND_NONE)
    surely = all(each.least >= need for each in lists) and (len(lists) == len(value.atoms) or need == 1)
    return stream.item.or_absent(value.absent).or_absent(None if surely else EMPTY)


def grouped(walk: Walk, group: ast.Group, stream: Stream, scope: Scope) -> Type:
    """An object of the groups."""
    item = stream.item
    whole = item
    if stream.many:
        whole = union((item, Type((List(known(item), 2, sequence=True, vague=True),))))
    fields: dict[str, Type] = {}
    rest: list[Type] = []
    for key, value in group.pairs:
        walk.value(key, scope.within(walk.bind(item)))
        made = walk.value(value, scope.within(walk.bind(whole)))
        if isinstance(key, ast.Text):
            fields[key.value] = made.or_absent(stream.absent)
        else:
            rest.append(made.present())
    other = union(rest) if rest else None
    return Type((Record(fields, frozenset(fields), other, True, at=walk.at(group.start)),))


def parent(walk: Walk, node: ast.Parent, scope: Scope) -> Type:
    """`%`."""
    binding = scope.names.get(node.label)
    return scope.value(binding) if binding is not None else ANY


def variable(walk: Walk, node: ast.Variable, scope: Scope) -> Type:
    """A variable, the context or the input document."""
    if node.name == "":
        return scope.value(scope.here)
    if node.name == "$":
        return scope.value(scope.root)
    binding = scope.names.get(node.name)
    if binding is not None:
        return scope.value(binding)
    if node.name in walk.functions:
        return Type((Function(lambda arguments: ANY, at=walk.at(node.start)),))
    names: Sequence[str] = [name for name in scope.names if not name.startswith("!")]
    walk.report("variable", walk.at(node.start), "", node.name, tuple(names))
    return ANY

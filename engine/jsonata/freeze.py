"""Makes the typed, frozen tree from resolved drafts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.jsonata import ast
from engine.jsonata.draft import Draft


def freeze(draft: Draft) -> ast.Node:
    """The typed node of a resolved draft, with everything below it."""
    return _MAKERS[draft.kind](draft, _common(draft))


def _common(draft: Draft) -> dict[str, Any]:
    common: dict[str, Any] = {"start": draft.start, "end": draft.end, "at": draft.at}
    if draft.predicates:
        common["predicates"] = tuple(_stage(predicate) for predicate in draft.predicates)
    if draft.group is not None:
        common["group"] = _group(draft.group)
    if draft.keep_array:
        common["keep_array"] = True
    return common


def _group(draft: Draft) -> ast.Group:
    return ast.Group(pairs=_pairs(draft), start=draft.start, end=draft.end, at=draft.at)


def _pairs(draft: Draft) -> tuple[tuple[ast.Node, ast.Node], ...]:
    return tuple((freeze(key), freeze(value)) for key, value in draft.pairs)


def _stage(draft: Draft) -> Any:
    place: dict[str, Any] = {"start": draft.start, "end": draft.end, "at": draft.at}
    if draft.kind == "index":
        return ast.IndexStage(name=draft.value, **place)
    return ast.Predicate(condition=_required(draft.left), **place)


def _required(draft: Draft | None) -> ast.Node:
    assert draft is not None
    return freeze(draft)


def _step(draft: Draft) -> ast.Step:
    return ast.Step(
        expression=freeze(draft),
        stages=tuple(_stage(stage) for stage in draft.stages),
        focus=draft.focus,
        index=draft.index,
        ancestor=draft.ancestor.label if draft.ancestor else None,
        tuples=draft.tuples,
        start=draft.start,
        end=draft.end,
        at=draft.at,
    )


def _path(draft: Draft, common: dict[str, Any]) -> ast.Node:
    steps = tuple(_step(step) for step in draft.items)
    return ast.Path(steps=steps, keep_singleton=draft.keep_singleton, tuples=draft.tuples, **common)


def _regex(draft: Draft, common: dict[str, Any]) -> ast.Node:
    return ast.Regex(pattern=draft.value.source, flags=draft.value.flags, **common)


def _parent(draft: Draft, common: dict[str, Any]) -> ast.Node:
    assert draft.slot is not None
    return ast.Parent(label=draft.slot.label, **common)


def _binary(draft: Draft, common: dict[str, Any]) -> ast.Node:
    return ast.Binary(operator=draft.value, left=_required(draft.left), right=_required(draft.right), **common)


def _sort(draft: Draft, common: dict[str, Any]) -> ast.Node:
    terms = tuple(
        ast.SortTerm(expression=freeze(term), descending=descending, start=term.start, end=term.end, at=term.at)
        for term, descending in draft.terms
    )
    return ast.Sort(terms=terms, **common)


def _items(draft: Draft) -> tuple[ast.Node, ...]:
    return tuple(freeze(item) for item in draft.items)


def _call(draft: Draft, common: dict[str, Any]) -> ast.Node:
    make = ast.Partial if draft.kind == "partial" else ast.Call
    return make(procedure=_required(draft.left), arguments=_items(draft), **common)


def _lambda(draft: Draft, common: dict[str, Any]) -> ast.Node:
    parameters = tuple(item.value for item in draft.items)
    return ast.Lambda(parameters=parameters, body=_required(draft.right), signature=draft.signature, **common)


def _condition(draft: Draft, common: dict[str, Any]) -> ast.Node:
    parts = _items(draft)
    return ast.Condition(condition=parts[0], then=parts[1], otherwise=parts[2] if len(parts) > 2 else None, **common)


def _alternative(draft: Draft, common: dict[str, Any]) -> ast.Node:
    make = ast.Default if draft.kind == "default" else ast.Coalesce
    return make(left=_required(draft.left), right=_required(draft.right), **common)


def _bind(draft: Draft, common: dict[str, Any]) -> ast.Node:
    assert draft.left is not None
    return ast.Bind(name=draft.left.value, value=_required(draft.right), **common)


def _transform(draft: Draft, common: dict[str, Any]) -> ast.Node:
    parts = _items(draft)
    return ast.Transform(pattern=parts[0], update=parts[1], delete=parts[2] if len(parts) > 2 else None, **common)


_MAKERS: dict[str, Callable[[Draft, dict[str, Any]], ast.Node]] = {
    "string": lambda draft, common: ast.Text(value=draft.value, **common),
    "number": lambda draft, common: ast.Number(value=draft.value, **common),
    "value": lambda draft, common: ast.Constant(value=draft.value, **common),
    "name": lambda draft, common: ast.Name(value=draft.value, **common),
    "variable": lambda draft, common: ast.Variable(name=draft.value, **common),
    "wildcard": lambda draft, common: ast.Wildcard(**common),
    "descendant": lambda draft, common: ast.Descendant(**common),
    "placeholder": lambda draft, common: ast.Placeholder(**common),
    "regex": _regex,
    "parent": _parent,
    "path": _path,
    "sort": _sort,
    "binary": _binary,
    "negate": lambda draft, common: ast.Negate(operand=_required(draft.left), **common),
    "array": lambda draft, common: ast.Array(items=_items(draft), whole=draft.whole, **common),
    "object": lambda draft, common: ast.Object(pairs=_pairs(draft), **common),
    "block": lambda draft, common: ast.Block(
        expressions=_items(draft), whole=draft.whole, tuples=draft.tuples, **common
    ),
    "call": _call,
    "partial": _call,
    "lambda": _lambda,
    "condition": _condition,
    "default": _alternative,
    "coalesce": _alternative,
    "bind": _bind,
    "apply": lambda draft, common: ast.Apply(left=_required(draft.left), right=_required(draft.right), **common),
    "transform": _transform,
}

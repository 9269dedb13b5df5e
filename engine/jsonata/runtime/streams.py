"""Paths with `@`, `#` or `%`: each step maps a stream of bindings, so that later steps see what earlier ones bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.ordering import Term, order
from engine.jsonata.runtime.selecting import select
from engine.jsonata.runtime.sequences import Tuples
from engine.jsonata.runtime.state import State
from engine.jsonata.runtime.steps import at_index, repeats, wildcard

Bindings = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """`[…]` on a stream: a position, or a function of context and bindings."""

    position: Any
    condition: Callable[[Any, Bindings], Any] | None


@dataclass(frozen=True, slots=True)
class Position:
    """`#$name` after a filter."""

    name: str


@dataclass(frozen=True, slots=True)
class StreamStep:
    """One step: a function of context and bindings (or the terms of an order-by), what it binds, and its stages."""

    evaluate: Callable[[Any, Bindings], Any] | None
    terms: tuple[Term, ...]
    focus: str | None
    index: str | None
    ancestor: str | None
    stages: tuple[Filter | Position, ...]


def stream(value: Any, steps: tuple[StreamStep, ...], state: State) -> list[Bindings]:
    """Run the steps over the items of a value.

    As in the reference, an order-by makes a plain list of bindings from a stream: until the next step, filters, further
    order-bys and a grouping see the bindings themselves, `{"@": …}`, as their items.
    """
    items = value if isinstance(value, list | tuple) else (value,)
    current: list[Bindings] = Tuples({"@": item} for item in items)
    started = False
    for step in steps:
        current = _mapped(current, step, state) if step.evaluate else _sorted(current, step, started, state)
        for stage in step.stages:
            current = _staged(current, stage, state)
        started = True
    return current


def contexts(tuples: list[Bindings]) -> Any:
    """The values of a stream, as the (uncollapsed) value of its path."""
    return Sequence(bindings["@"] for bindings in tuples)


def _sorted(current: list[Bindings], step: StreamStep, started: bool, state: State) -> list[Bindings]:
    terms = step.terms
    if current.__class__ is not Tuples:
        terms = tuple((_unbound(function), descending) for function, descending in terms)
    ordered = order(current, terms, state)
    if started:
        return ordered if len(ordered) > 1 else current
    if step.index is not None:
        for position, bindings in enumerate(ordered):
            bindings[step.index] = position
    return Tuples(ordered)


def _unbound(term: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The term of an order-by where bindings are plain items."""
    return lambda item: term({"@": item})


def _mapped(current: list[Bindings], step: StreamStep, state: State) -> Tuples:
    assert step.evaluate is not None
    result = Tuples()
    for bindings in current:
        found = step.evaluate(bindings["@"], bindings)
        if found is MISSING:
            continue
        items = found if isinstance(found, list) else (found,)
        state.budget -= 1 + len(items)
        if state.budget < 0:
            state.poll()
            state.check_length(len(result) + len(items))
        if found.__class__ is Tuples:
            result.extend({**bindings, **item} for item in items)
        else:
            result.extend(_bound(bindings, item, position, step) for position, item in enumerate(items))
    return result


def _bound(bindings: Bindings, item: Any, position: int, step: StreamStep) -> Bindings:
    bound = dict(bindings)
    if step.focus is not None:
        bound[step.focus] = item
    else:
        bound["@"] = item
    if step.index is not None:
        bound[step.index] = position
    if step.ancestor is not None:
        bound[step.ancestor] = bindings["@"]
    return bound


def filter_stream(value: Any, stage: Filter, state: State) -> Any:
    """Filter what a block gave: a stream of bindings, or any other value."""
    if value.__class__ is Tuples:
        return _staged(value, stage, state)
    if stage.condition is None:
        return at_index(value, stage.position)
    condition, result = stage.condition, Sequence()
    select(value, lambda item: condition(item, {}), result, state)
    return result


def _staged(current: list[Bindings], stage: Filter | Position, state: State) -> list[Bindings]:
    if isinstance(stage, Position):
        for position, bindings in enumerate(current):
            bindings[stage.name] = position
        return current
    kept = Tuples if current.__class__ is Tuples else list[Bindings]
    if stage.condition is None:
        return kept(at_index(current, stage.position))
    size = len(current)
    result = kept()
    for position, bindings in enumerate(current):
        bound = kept is Tuples
        answer = stage.condition(bindings["@"], bindings) if bound else stage.condition(bindings, {})
        for _ in range(repeats(answer, position, size)):
            result.append(bindings)
        state.budget -= 1
        if state.budget < 0:
            state.poll()
    return result


def lead(value: Any) -> Any:
    """The context of an array constructor at the start of a path, which the reference makes a sequence."""
    return value if isinstance(value, list) else Sequence((value,))


def lead_fields(value: Any, state: State) -> Any:
    """`*` there: the context, and the mark that the reference puts on sequences."""
    return wildcard(value, state) if isinstance(value, list) else Sequence((value, True))

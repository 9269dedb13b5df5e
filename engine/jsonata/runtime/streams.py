"""Paths with `@`, `#` or `%`: each step maps a stream of bindings, so that later steps see what earlier ones bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime.ordering import Term, order
from engine.jsonata.runtime.sequences import Tuples
from engine.jsonata.runtime.state import State
from engine.jsonata.runtime.steps import at_index, repeats

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


def stream(value: Any, steps: tuple[StreamStep, ...], state: State) -> Tuples:
    """Run the steps over the items of a value."""
    items = value if isinstance(value, list | tuple) else (value,)
    current = Tuples({"@": item} for item in items)
    started = False
    for step in steps:
        current = _mapped(current, step, state) if step.evaluate else _sorted(current, step, started, state)
        for stage in step.stages:
            current = _staged(current, stage, state)
        started = True
    return current


def contexts(tuples: Tuples) -> Any:
    """The values of a stream, as the (uncollapsed) value of its path."""
    return Sequence(bindings["@"] for bindings in tuples)


def _sorted(current: Tuples, step: StreamStep, started: bool, state: State) -> Tuples:
    ordered = Tuples(order(current, step.terms, state))
    if not started and step.index is not None:
        for position, bindings in enumerate(ordered):
            bindings[step.index] = position
    return ordered


def _mapped(current: Tuples, step: StreamStep, state: State) -> Tuples:
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
    """Filter what a block gave: a stream of bindings, or nothing."""
    return _staged(value, stage, state) if value.__class__ is Tuples else value


def _staged(current: Tuples, stage: Filter | Position, state: State) -> Tuples:
    if isinstance(stage, Position):
        for position, bindings in enumerate(current):
            bindings[stage.name] = position
        return current
    if stage.condition is None:
        return Tuples(at_index(current, stage.position))
    size = len(current)
    result = Tuples()
    for position, bindings in enumerate(current):
        answer = stage.condition(bindings["@"], bindings)
        for _ in range(repeats(answer, position, size)):
            result.append(bindings)
        state.budget -= 1
        if state.budget < 0:
            state.poll()
    return result

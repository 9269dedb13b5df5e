"""Function values and how they are called: lambdas, built-ins, partial applications, chains, tail calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.fields.nearest import nearest
from engine.jsonata.codes import shown
from engine.jsonata.errors import ExpressionError
from engine.jsonata.missing import MISSING
from engine.jsonata.registry import Function
from engine.jsonata.runtime.sequences import collapse
from engine.jsonata.runtime.state import State
from engine.jsonata.signature import Signature

_LENIENT = frozenset(("number", "toMillis", "zip"))
"""The functions that take arguments of any type, or refuse them in words of their own."""


class TailCall:
    """A call that a lambda leaves to whoever called it, so that tail recursion does not use the stack."""

    __slots__ = ("arguments", "function", "token")

    def __init__(self, function: Any, arguments: tuple[Any, ...], token: str) -> None:
        self.function = function
        self.arguments = arguments
        self.token = token


class Lambda:
    """A function defined in the expression, with the frame that it was defined in."""

    __slots__ = ("arity", "body", "signature", "state")

    def __init__(self, body: Callable[..., Any], arity: int, state: State, signature: Signature | None = None) -> None:
        self.body = body
        self.arity = arity
        self.state = state
        self.signature = signature

    def __call__(self, *arguments: Any) -> Any:
        state = self.state
        if self.signature is not None:
            return invoke(self, arguments, None, state)
        state.enter()
        result = self.body(*arguments[: self.arity])
        if result.__class__ is TailCall:
            result = finish(result, None, state)
        state.depth -= 1
        return result

    def __repr__(self) -> str:
        return f"<function of {self.arity}>"


class Native:
    """A built-in or host function as a value."""

    __slots__ = ("arity", "function", "state")

    def __init__(self, function: Function, state: State) -> None:
        self.function = function
        self.arity = function.arity
        self.state = state

    def __call__(self, *arguments: Any) -> Any:
        return invoke(self, arguments, None, self.state)

    def __repr__(self) -> str:
        return f"<function ${self.function.name}>"


class Partially:
    """A function with some of its arguments given; the others stay open."""

    __slots__ = ("arguments", "arity", "function", "places", "state")

    def __init__(self, function: Any, arguments: list[Any], places: tuple[int, ...], state: State) -> None:
        self.function = function
        self.arguments = arguments
        self.places = places
        self.arity = len(places)
        self.state = state

    def __call__(self, *arguments: Any) -> Any:
        given = list(self.arguments)
        for place, argument in zip(self.places, arguments, strict=False):
            given[place] = argument
        function = self.function
        if function.__class__ is Native:
            return run_unchecked(function.function, given, self.state)
        if function.__class__ is Lambda:
            return invoke(Lambda(function.body, function.arity, self.state), tuple(given), None, self.state)
        return invoke(function, tuple(given[: max(arity_of(function), 1)]), None, self.state)


class Chain:
    """`first ~> second` of two functions: a function of one argument."""

    __slots__ = ("arity", "first", "second", "state")

    def __init__(self, first: Any, second: Any, state: State) -> None:
        self.first = first
        self.second = second
        self.state = state
        self.arity = 1

    def __call__(self, argument: Any = MISSING, *_: Any) -> Any:
        inner = collapse(invoke(self.first, (argument,), None, self.state))
        return invoke(self.second, (inner,), None, self.state)


def is_function(value: Any) -> bool:
    """Whether a value can be called."""
    return callable(value)


def arity_of(function: Any) -> int:
    """How many arguments a function takes."""
    arity = getattr(function, "arity", None)
    return 1 if arity is None else int(arity)


def invoke(function: Any, arguments: tuple[Any, ...], context: Any, state: State, name: str = "") -> Any:
    """Call a function value and run the tail calls that it leaves; raises T1006 for anything else."""
    state.enter()
    result = _once(function, arguments, context, state, name)
    if result.__class__ is TailCall:
        result = finish(result, context, state)
    state.depth -= 1
    return result


def finish(call: TailCall, context: Any, state: State) -> Any:
    """Run the tail calls that a function left."""
    result: Any = call
    while result.__class__ is TailCall:
        state.budget -= 1
        if state.budget < 0:
            state.poll()
        result = _once(result.function, result.arguments, context, state, result.token)
    return result


def native(function: Function, state: State) -> Native:
    """A built-in function as a value."""
    return Native(function, state)


def _once(function: Any, arguments: tuple[Any, ...], context: Any, state: State, name: str = "") -> Any:
    kind = function.__class__
    if kind is Lambda:
        if function.signature is not None:
            arguments = tuple(function.signature.validate(arguments, context))
        return function.body(*arguments[: function.arity])
    if kind is Native:
        return call_native(function.function, arguments, context, state)
    if callable(function):
        return function(*arguments)
    raise ExpressionError("T1006", value=function, token=_not_callable(function, name, state))


def _not_callable(value: Any, name: str, state: State) -> str:
    """What was called in place of a function: its name if it has one, and the nearest function."""
    if not name:
        return shown(value)
    if value is not MISSING:
        return f"${name} is {shown(value)}"
    meant = nearest(name, state.environment.functions)
    return f"${name} is nothing" + (f"; did you mean ${meant}" if meant else "")


def call_native(function: Function, arguments: tuple[Any, ...], context: Any, state: State) -> Any:
    """Call a built-in or host function with its arguments checked by its signature."""
    checked: Any = arguments
    if function.parsed is not None:
        try:
            checked = function.parsed.validate(arguments, context)
        except ExpressionError as error:
            error.token = error.token or function.name
            raise
    return run_native(function, checked, state)


def run_native(function: Function, arguments: Any, state: State) -> Any:
    """Call a built-in or host function with arguments that fit."""
    if function.wants_state:
        return function.implementation(state, *arguments)
    return function.implementation(*arguments)


def run_unchecked(function: Function, arguments: Sequence[Any], state: State) -> Any:
    """Call a function that some arguments were given to before: as in the reference, its signature is not consulted.

    Raises T0410 for arguments that it can do nothing with.
    """
    most = max(function.arity, 1) if function.parsed is not None else len(arguments)
    given = list(arguments[:most])
    parameters = function.parsed.parameters if function.parsed is not None else ()
    if function.strict and given[:1] == [MISSING]:
        return MISSING
    for index, (argument, parameter) in enumerate(zip(given, parameters, strict=False)):
        if function.name in _LENIENT or (function.name == "join" and (index > 0 or isinstance(argument, list))):
            continue
        if not parameter.takes(argument):
            raise ExpressionError("T0410", value=argument, index=index + 1, token=function.name)
    least = sum(not parameter.pattern.endswith("?") for parameter in parameters)
    given += [MISSING] * (min(least, most) - len(given))
    return run_native(function, given, state)


def partial(function: Any, arguments: list[Any], places: tuple[int, ...], name: str, state: State) -> Any:
    """Give some of a function's arguments; raises T1008 for anything but a function.

    S0208 for `$string`: the reference reads the parameters of its function again, one of which has a default value.
    """
    if not callable(function):
        raise ExpressionError("T1008", token=name)
    if function.__class__ is Native and function.function.name == "string":
        raise ExpressionError("S0208", value=2, token="prettify = false")
    return Partially(function, arguments, places, state)


def pipe(left: Any, function: Any, state: State) -> Any:
    """`left ~> function`: call it with the left value, or join two functions; raises T2006 for anything else."""
    if not callable(function):
        raise ExpressionError("T2006", value=None if function is MISSING else function)
    if callable(left):
        return Chain(left, function, state)
    return invoke(function, (left,), None, state)

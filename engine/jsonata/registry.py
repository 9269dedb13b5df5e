"""The functions that an expression can call: name, signature, implementation and documentation, in an immutable set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import Any

from engine.jsonata.signature import Signature, parse_signature


@dataclass(frozen=True, slots=True)
class Function:
    """A built-in or host function.

    `implementation` takes the arguments of `signature` (a JSONata signature such as `<s-n?:s>`, or None for none),
    plain values with MISSING for what is not there. With `wants_state` its first argument is the evaluation's `State`.
    `result` says what it gives: `s`, `n` or `b` as in signatures, `x` for anything. With `strict`, a missing first
    argument makes the result missing. `parameters` is the number of arguments that a higher-order function passes.
    `stable`: although it uses the state, the same arguments give the same result within one evaluation.
    """

    name: str
    signature: str | None
    implementation: Callable[..., Any]
    doc: str = ""
    wants_state: bool = False
    result: str = "x"
    strict: bool = False
    parameters: int | None = None
    stable: bool = False
    parsed: Signature | None = field(init=False, compare=False, repr=False)
    arity: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        parsed = parse_signature(self.signature) if self.signature is not None else None
        object.__setattr__(self, "parsed", parsed)
        object.__setattr__(self, "arity", self._arity() if self.parameters is None else self.parameters)

    @property
    def pure(self) -> bool:
        """Whether the same arguments always give the same result, made of parts of the arguments."""
        return (self.stable or not self.wants_state) and "f" not in (self.signature or "f").partition(":")[0]

    def _arity(self) -> int:
        if self.signature is not None and self.parsed is not None:
            return len(self.parsed.parameters)
        plain = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        count = sum(parameter.kind in plain for parameter in signature(self.implementation).parameters.values())
        return count - 1 if self.wants_state else count


class FunctionRegistry(Mapping[str, Function]):
    """An immutable set of functions by name (without `$`)."""

    __slots__ = ("_functions",)

    def __init__(self, functions: Iterable[Function] = ()) -> None:
        self._functions = {function.name: function for function in functions}

    def __getitem__(self, name: str) -> Function:
        return self._functions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    def with_functions(self, *functions: Function) -> FunctionRegistry:
        """A registry with these functions added; a name that is taken is replaced."""
        return FunctionRegistry([*self._functions.values(), *functions])

    def without(self, names: Iterable[str]) -> FunctionRegistry:
        """A registry without the functions of these names."""
        hidden = frozenset(names)
        return FunctionRegistry(function for name, function in self._functions.items() if name not in hidden)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"FunctionRegistry({len(self)} functions)"

"""Function signatures such as `<s-n?:s>`: how arguments are checked, completed from the context and made arrays."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine.jsonata.errors import ExpressionError, ExpressionSyntaxError
from engine.jsonata.missing import MISSING

_PLURALS = {"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings"}
_ANY = "[asnblfom]"


@dataclass(slots=True)
class _Draft:
    kind: str
    pattern: str
    subtype: str | None = None
    from_context: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its type symbol, the pattern of symbols it takes, and the type of its items if it is an array."""

    kind: str
    pattern: str
    subtype: str | None = None
    context: re.Pattern[str] | None = None

    def takes(self, value: Any) -> bool:
        """Whether a value is of the parameter's type, or missing; what is no array does not count as one."""
        symbol = symbol_of(value)
        if self.kind == "a":
            fits = self.subtype is None or not isinstance(value, list) or _items_fit(self.subtype, value, "a", "a")
            return symbol in "am" and fits
        return symbol == "m" or re.match(self.pattern.rstrip("?+"), symbol) is not None


@dataclass(frozen=True, slots=True)
class Signature:
    """A parsed signature; `definition` is its text."""

    definition: str
    parameters: tuple[Parameter, ...]
    pattern: re.Pattern[str]

    def validate(self, arguments: Sequence[Any], context: Any) -> list[Any]:
        """Check the arguments, take missing ones from the context, and wrap what must be an array.

        Raises T0410 (no match), T0411 (the context does not fit) or T0412 (an array of the wrong type).
        """
        symbols = "".join([symbol_of(argument) for argument in arguments])
        found = self.pattern.match(symbols)
        if found is None:
            raise self._mismatch(arguments, symbols)
        checked: list[Any] = []
        position = 0
        for parameter, matched in zip(self.parameters, found.groups(), strict=True):
            if not matched:
                position = self._absent(parameter, arguments, context, position, checked)
                continue
            for single in matched:
                argument = arguments[position] if position < len(arguments) else MISSING
                checked.append(_argument(parameter, argument, single, matched, position))
                position += 1
        return checked

    def _absent(
        self, parameter: Parameter, arguments: Sequence[Any], context: Any, position: int, checked: list[Any]
    ) -> int:
        if parameter.context is not None:
            if not parameter.context.match(symbol_of(context)):
                raise ExpressionError("T0411", value=context, index=position + 1)
            checked.append(context)
            return position
        checked.append(arguments[position] if position < len(arguments) else MISSING)
        return position + 1

    def _mismatch(self, arguments: Sequence[Any], symbols: str) -> ExpressionError:
        pattern, good = "", 0
        for parameter in self.parameters:
            pattern += parameter.pattern
            found = re.match(pattern, symbols)
            if found is None:
                break
            good = found.end()
        value = arguments[good] if good < len(arguments) else None
        return ExpressionError("T0410", value=value, index=good + 1)


def _argument(parameter: Parameter, value: Any, single: str, matched: str, position: int) -> Any:
    if parameter.kind != "a" or single == "m":
        return MISSING if single == "m" else value
    subtype = parameter.subtype
    if subtype is not None and not _items_fit(subtype, value, single, matched):
        raise ExpressionError("T0412", value=value, index=position + 1, type=_PLURALS.get(subtype, subtype))
    return value if single == "a" else [value]


def _items_fit(subtype: str, value: Any, single: str, matched: str) -> bool:
    if single != "a":
        return matched == subtype
    if not value:
        return True
    wanted = symbol_of(value[0])
    return wanted == subtype[:1] and all(symbol_of(item) == wanted for item in value)


_SYMBOLS: dict[type, str] = {
    str: "s",
    int: "n",
    float: "n",
    Decimal: "n",
    bool: "b",
    type(None): "l",
    dict: "o",
    list: "a",
    type(MISSING): "m",
}


def symbol_of(value: Any) -> str:
    """The signature symbol of a value: s n b l o a f, or m for missing."""
    symbol = _SYMBOLS.get(value.__class__)
    if symbol is not None:
        return symbol
    if isinstance(value, list):
        return "a"
    if isinstance(value, dict):
        return "o"
    if isinstance(value, str):
        return "s"
    return "f" if isinstance(value, Callable) or hasattr(value, "arity") else "m"  # type: ignore[arg-type]


@lru_cache(maxsize=1024)
def parse_signature(text: str) -> Signature:
    """Parse `<…>`; raises ExpressionSyntaxError S0401 or S0402 with the offset inside the signature in `details`."""
    drafts: list[_Draft] = []
    position = 1
    while position < len(text) and text[position] != ":":
        position = _symbol(text, position, drafts) + 1
    parameters = tuple(
        Parameter(
            draft.kind,
            draft.pattern,
            draft.subtype,
            re.compile(draft.from_context) if draft.from_context else None,
        )
        for draft in drafts
    )
    pattern = re.compile("".join(f"({parameter.pattern})" for parameter in parameters) + r"\Z")
    return Signature(text, parameters, pattern)


def _symbol(text: str, position: int, drafts: list[_Draft]) -> int:
    """Read the symbol at `position` into `drafts`; gives the offset of its last character."""
    symbol = text[position]
    if symbol in "snblo":
        drafts.append(_Draft(symbol, f"[{symbol}m]"))
    elif symbol == "f":
        drafts.append(_Draft(symbol, "f"))
    elif symbol in "ax":
        drafts.append(_Draft(symbol, _ANY))
    elif symbol == "j":
        drafts.append(_Draft(symbol, "[asnblom]"))
    elif symbol == "-" and drafts:
        drafts[-1].from_context = drafts[-1].pattern
        drafts[-1].pattern += "?"
    elif symbol in "?+" and drafts:
        drafts[-1].pattern += symbol
    elif symbol == "(":
        end = _closing(text, position, "(", ")")
        choice = text[position + 1 : end]
        if "<" in choice:
            raise ExpressionSyntaxError("S0402", value=choice, inside=position)
        drafts.append(_Draft(f"({choice})", f"[{choice}m]"))
        return end
    elif symbol == "<":
        if not drafts or drafts[-1].kind not in "af":
            raise ExpressionSyntaxError("S0401", value=drafts[-1].kind if drafts else "", inside=position)
        end = _closing(text, position, "<", ">")
        drafts[-1].subtype = text[position + 1 : end]
        return end
    return position


def _closing(text: str, start: int, opening: str, closing: str) -> int:
    depth = 1
    for position in range(start + 1, len(text)):
        if text[position] == closing:
            depth -= 1
            if depth == 0:
                return position
        elif text[position] == opening:
            depth += 1
    return len(text)

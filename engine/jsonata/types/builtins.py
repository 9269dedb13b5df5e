"""What the functions of the library give, by the types of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from engine.jsonata import ast
from engine.jsonata.types import lists
from engine.jsonata.types.call import Call
from engine.jsonata.types.lattice import (
    ANY,
    BOOLEAN,
    INTEGER,
    NEVER,
    NOWHERE,
    NUMBER,
    TEXT,
    Absence,
    Null,
    Number,
    Record,
    Text,
    Type,
    list_of,
    stronger,
)
from engine.jsonata.types.lookups import in_table, lookup
from engine.jsonata.types.streams import EMPTY, FOUND_NONE, stream_of

Rule = Callable[[Call], Type]
_PERHAPS_NONE: Final = Absence(False, "code")
_KINDS: Final = frozenset(("null", "number", "string", "boolean", "array", "object", "function"))
_UNIT: Final = {"code": Type((Text(least=1),)), "list": Type((Text(least=1),))}


def result_of(call: Call) -> Type:
    """The type of a call's result."""
    rule = RULES.get(call.name)
    return rule(call) if rule is not None else ANY


def _gives(result: Type) -> Rule:
    """Always this, and nothing where the first argument is missing."""

    def rule(call: Call) -> Type:
        return result.or_absent(call.type(0).absent)

    return rule


def _always(result: Type) -> Rule:
    return lambda call: result


def _inexact(value: Type) -> int:
    for item in (value, stream_of(value).item):
        for atom in item.atoms:
            if isinstance(atom, Number | Text) and atom.inexact != NOWHERE:
                return atom.inexact
    return NOWHERE


def _string(call: Call) -> Type:
    """Texts stay as they are; the digits of a number become text, with the noise of a division."""
    given = call.type(0)
    if given.only(Text):
        return given
    least = 1 if given.only((Number, Null)) else 0
    return Type((Text(least=least, inexact=_inexact(given)),), absent=given.absent)


def _cased(call: Call) -> Type:
    """`$uppercase`, `$lowercase`, `$trim`: listed values stay listed."""
    texts = [
        replace(each, values=_changed(call.name, each.values), format=None, pattern=None)
        for each in call.type(0).of_kind(Text)
    ]
    if call.type(0).any or not texts:
        texts = [Text()]
    return Type(tuple(texts), absent=call.type(0).absent)


def _changed(name: str, values: frozenset[str] | None) -> frozenset[str] | None:
    if values is None:
        return None
    if name == "trim":
        return frozenset(value.strip() for value in values)
    return frozenset(value.upper() if name == "uppercase" else value.lower() for value in values)


def _number(call: Call) -> Type:
    given = call.type(0)
    numbers = tuple(given.of_kind(Number)) if given.only(Number) else (Number(inexact=_inexact(given)),)
    return Type(numbers, absent=given.absent)


def _rounded(call: Call) -> Type:
    whole = call.name != "round" or len(call.types) < 2
    return Type((Number(integer=whole),), absent=call.type(0).absent)


def _absolute(call: Call) -> Type:
    numbers = tuple(replace(each, values=None, least=None) for each in call.type(0).of_kind(Number))
    return Type(numbers or (Number(),), absent=call.type(0).absent)


def _power(call: Call) -> Type:
    exponent = call.nodes[1] if len(call.nodes) > 1 else None
    exact = call.name == "power" and isinstance(exponent, ast.Number) and isinstance(exponent.value, int)
    inexact = _inexact(call.type(0)) if exact else call.at
    return Type((Number(inexact=inexact),), absent=call.type(0).absent)


def _sum(call: Call) -> Type:
    stream = stream_of(call.type(0))
    whole = stream.item.only(Number) and all(each.integer for each in stream.item.of_kind(Number))
    return Type((Number(integer=whole, inexact=_inexact(stream.item)),), absent=call.type(0).absent)


def _extreme(call: Call) -> Type:
    stream = stream_of(call.type(0))
    numbers = tuple(replace(each, values=None) for each in stream.item.of_kind(Number))
    return Type(numbers or (Number(),), absent=stream.absent)


def _average(call: Call) -> Type:
    return Type((Number(inexact=call.at),), absent=stream_of(call.type(0)).absent)


def _now(call: Call) -> Type:
    return TEXT if call.types else Type((Text(format="date-time", least=1),))


def _from_millis(call: Call) -> Type:
    made = TEXT if len(call.types) > 1 else Type((Text(format="date-time", least=1),))
    return made.or_absent(call.type(0).absent)


def _split(call: Call) -> Type:
    return list_of(TEXT).or_absent(call.type(0).absent)


def _type(call: Call) -> Type:
    return Type((Text(_KINDS, any_of=True),), absent=call.type(0).absent)


# -- functions of our own


def _amount(call: Call) -> Type:
    value, currency = call.type(0), call.type(1)
    absent = value.absent
    if any(isinstance(atom, Null) for atom in value.atoms):
        absent = stronger(absent, Absence(True, "null", "amount", value.at))
    lost = _inexact(value)
    if lost != NOWHERE:
        call.walk.report("float", lost, "a number that is rounded", "digits of binary floating point")
    fields = {"value": Type((Text(least=1),)), "currency": currency.present() if currency.atoms else TEXT}
    return Type((Record(fields, frozenset(fields), None, True),), absent=absent)


def _unit(call: Call) -> Type:
    system = next(call.type(1).of_kind(Text), None)
    absent: Absence | None = _PERHAPS_NONE
    if system is not None and system.values is not None and len(system.values) == 1 and len(call.nodes) > 1:
        word = next(iter(system.values))
        found = in_table(call, f"{word}-unit", call.type(0), call.walk.at(call.nodes[1].start))
        absent = found.absent or (None if not found.any else _PERHAPS_NONE)
    return Type((Record(_UNIT, frozenset(_UNIT), None, True),), absent=stronger(call.type(0).absent, absent))


def _unit_code(call: Call) -> Type:
    system = next(call.type(1).of_kind(Text), None)
    if system is not None and system.values is not None and len(system.values) == 1 and len(call.nodes) > 1:
        word = next(iter(system.values))
        in_table(call, f"{word}-unit", ANY, call.walk.at(call.nodes[1].start))
    return Type((Text(least=1),), absent=stronger(call.type(0).absent, _PERHAPS_NONE))


def _identifier(call: Call) -> Type:
    return Type((Text(least=1),), absent=stronger(call.type(0).absent, FOUND_NONE))


def _convert(call: Call) -> Type:
    fields = {"value": Type((Text(least=1),)), "unit": Type((Record(_UNIT, frozenset(_UNIT), None, True),))}
    return Type((Record(fields, frozenset(fields), None, True),), absent=stronger(call.type(0).absent, FOUND_NONE))


_TEXTS = (
    "substring", "substringBefore", "substringAfter", "pad", "replace", "join", "formatNumber", "formatBase",
    "formatInteger", "base64encode", "base64decode", "encodeUrlComponent", "encodeUrl", "decodeUrlComponent",
    "decodeUrl",
)  # fmt: skip
_WHOLE = ("length", "parseInteger", "toMillis", "minorUnits")

RULES: Final[Mapping[str, Rule]] = {
    **dict.fromkeys(_TEXTS, _gives(TEXT)),
    **dict.fromkeys(_WHOLE, _gives(INTEGER)),
    **dict.fromkeys(("contains", "boolean", "not"), _gives(BOOLEAN)),
    **dict.fromkeys(("uppercase", "lowercase", "trim"), _cased),
    **dict.fromkeys(("floor", "ceil", "round"), _rounded),
    **dict.fromkeys(("power", "sqrt"), _power),
    **dict.fromkeys(("max", "min"), _extreme),
    **dict.fromkeys(("sort", "reverse", "shuffle"), lists.same_list),
    "exists": _always(BOOLEAN),
    "count": _always(INTEGER),
    "millis": _always(INTEGER),
    "random": _always(NUMBER),
    "error": _always(NEVER),
    "assert": _always(NEVER.or_absent(EMPTY)),
    "zip": lists.zip_,
    "string": _string,
    "number": _number,
    "abs": _absolute,
    "sum": _sum,
    "average": _average,
    "now": _now,
    "fromMillis": _from_millis,
    "split": _split,
    "type": _type,
    "map": lists.map_,
    "match": lists.match,
    "filter": lists.filter_,
    "single": lists.single,
    "reduce": lists.reduce,
    "each": lists.each,
    "sift": lists.sift,
    "keys": lists.keys,
    "lookup": lookup,
    "append": lists.append,
    "merge": lists.merge,
    "spread": lists.spread,
    "distinct": lists.distinct,
    "clone": lists.same,
    "amount": _amount,
    "fromMinorUnits": _amount,
    "unit": _unit,
    "unitCode": _unit_code,
    "identifier": _identifier,
    "convert": _convert,
}

"""What the functions of the library give, by the types of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from engine.jsonata import ast
from engine.jsonata.types.call import Call
from engine.jsonata.types.conditions import facts
from engine.jsonata.types.lattice import (
    ANY,
    BOOLEAN,
    INTEGER,
    NEVER,
    NOWHERE,
    NUMBER,
    TEXT,
    Absence,
    List,
    Null,
    Number,
    Record,
    Text,
    Type,
    known,
    list_of,
    stronger,
    union,
)
from engine.jsonata.types.lookups import in_table, lookup
from engine.jsonata.types.streams import EMPTY, FOUND_NONE, Many, Stream, stream_of

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


# -- lists


def _map(call: Call) -> Type:
    stream, function = stream_of(call.type(0)), call.function(1)
    if function is None:
        return ANY
    index, whole = INTEGER, Type((List(known(stream.item)),))
    made = function.called((stream.item, index, whole))
    absent = made.absent
    if absent is not None and stream.many and absent.why != "code":
        absent = replace(absent, certain=False)
    return Stream(made.present(), stronger(stream.absent, absent), stream.many, stream.one).collapsed()


def _filter(call: Call) -> Type:
    stream, function = stream_of(call.type(0)), call.function(1)
    if function is None:
        return ANY
    function.called((stream.item, INTEGER, Type((List(known(stream.item)),))))
    node = call.nodes[1]
    item = stream.item
    if isinstance(node, ast.Lambda) and node.parameters:
        binding = call.walk.bind(item)
        inside = call.scope.binding({node.parameters[0]: binding})
        after = inside.knowing(facts(node.body, True, inside)).value(binding)
        item = after if after.atoms or after.any else item
    return replace(stream, item=item).chosen().collapsed()


def _single(call: Call) -> Type:
    stream, function = stream_of(call.type(0)), call.function(1)
    if function is not None:
        function.called((stream.item, INTEGER, ANY))
    return stream.item.or_absent(call.type(0).absent)


def _reduce(call: Call) -> Type:
    stream, function = stream_of(call.type(0)), call.function(1)
    if function is None:
        return ANY
    start = call.type(2) if len(call.types) > 2 else stream.item
    simple = start.only((Number, Text))
    made = function.called((start if simple else ANY, stream.item, INTEGER, ANY))
    if not simple or not made.only((Number, Text)):
        return ANY
    return union((start, made)).or_absent(call.type(0).absent)


def _each(call: Call) -> Type:
    function, fields = call.function(1), ANY
    records = list(call.type(0).of_kind(Record))
    if len(records) == 1 and not call.type(0).any and records[0].rest is None and records[0].fields:
        fields = union(records[0].fields.values()).present()
    if function is None:
        return ANY
    made = function.called((fields, TEXT, ANY))
    return Stream(made.present(), stronger(EMPTY, call.type(0).absent), Many.YES).collapsed()


def _sift(call: Call) -> Type:
    function = call.function(1)
    if function is not None:
        function.called((ANY, TEXT, ANY))
    return ANY


def _keys(call: Call) -> Type:
    return Stream(TEXT, stronger(EMPTY, call.type(0).absent), Many.YES).collapsed()


def _same_list(call: Call) -> Type:
    """`$sort`, `$reverse`, `$shuffle`: a list of the same items, of one too."""
    stream, function = stream_of(call.type(0)), call.function(1)
    if function is not None:
        function.called((stream.item, stream.item))
    if call.type(0).any:
        return ANY
    lists = list(call.type(0).of_kind(List))
    least = min((each.least for each in lists), default=1) if len(lists) == len(call.type(0).atoms) else 1
    return list_of(stream.item, least=least).or_absent(call.type(0).absent)


def _same(call: Call) -> Type:
    return call.type(0)


def _distinct(call: Call) -> Type:
    """A list of fewer items, perhaps of one."""
    given = call.type(0)
    atoms = tuple(replace(each, least=min(each.least, 1)) if isinstance(each, List) else each for each in given.atoms)
    if any(isinstance(each, List) and each.sequence for each in atoms):
        return replace(given, atoms=atoms)
    return replace(given, atoms=atoms)


def _append(call: Call) -> Type:
    left, right = call.type(0), call.type(1)
    if left.any or right.any:
        return ANY if left.any and right.any else union((ANY, left if right.any else right))
    one, other = stream_of(left), stream_of(right)
    both = list_of(union((one.item, other.item)), least=(one.absent is None) + (other.absent is None))
    parts = [both]
    if right.absent is not None:
        parts.append(left.present())
    if left.absent is not None:
        parts.append(right.present())
    absent = stronger(left.absent, right.absent) if left.absent is not None and right.absent is not None else None
    return union(parts).or_absent(absent)


def _merge(call: Call) -> Type:
    """The fields of all; of a list that stands there as `[a, b]` each object is known."""
    node, given = call.nodes[0] if call.nodes else None, call.type(0)
    if given.any:
        return ANY
    if isinstance(node, ast.Array) and not node.predicates:
        parts = [call.walk.value(item, call.scope) for item in node.items]
    else:
        parts = [given]
    merged: dict[str, Type] = {}
    places: dict[str, int] = {}
    rest: list[Type] = []
    for part in parts:
        if part.any or not part.only((Record, List)):
            return ANY
        sure = part.absent is None and len(part.atoms) == 1 and isinstance(part.atoms[0], Record)
        for record in _records(part):
            if record is None or record.patterns:
                return ANY
            _overlay(merged, record, sure)
            places |= record.places or {}
            if record.rest is not None:
                rest.append(record.rest)
    fields = Record(merged, frozenset(merged), union(rest) if rest else None, True, places=places, at=call.at)
    return Type((fields,), absent=given.absent if not isinstance(node, ast.Array) else None)


def _records(part: Type) -> list[Record | None]:
    found: list[Record | None] = []
    for atom in part.atoms:
        if isinstance(atom, Record):
            found.append(atom)
        elif isinstance(atom, List):
            item = atom.item
            found += [each if isinstance(each, Record) else None for each in item.atoms]
            if item.any:
                found.append(None)
    return found


def _overlay(merged: dict[str, Type], record: Record, sure: bool) -> None:
    """The fields of one more object over those before; where it may lack one, the earlier stays."""
    for name in record.fields:
        value = record.fields[name]
        if name not in record.required:
            value = value.or_absent(Absence(True, "field", name))
        if not sure:
            value = value.or_absent(Absence(False, "branch", name))
        before = merged.get(name)
        if value.absent is not None and before is not None:
            value = union((value.present(), before))
        merged[name] = value


def _spread(call: Call) -> Type:
    return Stream(Type((Record({}, frozenset(), ANY, True),)), EMPTY, Many.YES).collapsed()


def _zip(call: Call) -> Type:
    return list_of(ANY)


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


def _match(call: Call) -> Type:
    fields = {"match": TEXT, "index": INTEGER, "groups": list_of(TEXT)}
    found = Type((Record(fields, frozenset(fields), ANY, True),))
    return Stream(found, stronger(EMPTY, call.type(0).absent), Many.YES).collapsed()


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
    **dict.fromkeys(("sort", "reverse", "shuffle"), _same_list),
    "exists": _always(BOOLEAN),
    "count": _always(INTEGER),
    "millis": _always(INTEGER),
    "random": _always(NUMBER),
    "error": _always(NEVER),
    "assert": _always(NEVER.or_absent(EMPTY)),
    "zip": _zip,
    "string": _string,
    "number": _number,
    "abs": _absolute,
    "sum": _sum,
    "average": _average,
    "now": _now,
    "fromMillis": _from_millis,
    "split": _split,
    "type": _type,
    "map": _map,
    "match": _match,
    "filter": _filter,
    "single": _single,
    "reduce": _reduce,
    "each": _each,
    "sift": _sift,
    "keys": _keys,
    "lookup": lookup,
    "append": _append,
    "merge": _merge,
    "spread": _spread,
    "distinct": _distinct,
    "clone": _same,
    "amount": _amount,
    "fromMinorUnits": _amount,
    "unit": _unit,
    "unitCode": _unit_code,
    "identifier": _identifier,
    "convert": _convert,
}

"""What the functions give that work on lists and objects."""

from __future__ import annotations

from msgspec.structs import replace

from engine.jsonata import ast
from engine.jsonata.types.call import Call
from engine.jsonata.types.conditions import facts
from engine.jsonata.types.lattice import (
    ANY,
    INTEGER,
    TEXT,
    Absence,
    List,
    Number,
    Record,
    Text,
    Type,
    known,
    list_of,
    stronger,
    union,
)
from engine.jsonata.types.streams import EMPTY, Many, Stream, stream_of


def map_(call: Call) -> Type:
    stream, function = stream_of(call.type(0)), call.function(1)
    if function is None:
        return ANY
    index, whole = INTEGER, Type((List(known(stream.item)),))
    made = function.called((stream.item, index, whole))
    absent = made.absent
    if absent is not None and stream.many and absent.why != "code":
        absent = absent.uncertain()
    return Stream(made.present(), stronger(stream.absent, absent), stream.many, stream.one).collapsed()


def filter_(call: Call) -> Type:
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


def single(call: Call) -> Type:
    stream, function = stream_of(call.type(0)), call.function(1)
    if function is not None:
        function.called((stream.item, INTEGER, ANY))
    return stream.item.or_absent(call.type(0).absent)


def reduce(call: Call) -> Type:
    stream, function = stream_of(call.type(0)), call.function(1)
    if function is None:
        return ANY
    start = call.type(2) if len(call.types) > 2 else stream.item
    simple = start.only((Number, Text))
    made = function.called((start if simple else ANY, stream.item, INTEGER, ANY))
    if not simple or not made.only((Number, Text)):
        return ANY
    return union((start, made)).or_absent(call.type(0).absent)


def each(call: Call) -> Type:
    function, fields = call.function(1), ANY
    records = list(call.type(0).of_kind(Record))
    if len(records) == 1 and not call.type(0).any and records[0].rest is None and records[0].fields:
        fields = union(records[0].fields.values()).present()
    if function is None:
        return ANY
    made = function.called((fields, TEXT, ANY))
    return Stream(made.present(), stronger(EMPTY, call.type(0).absent), Many.YES).collapsed()


def sift(call: Call) -> Type:
    function = call.function(1)
    if function is not None:
        function.called((ANY, TEXT, ANY))
    return ANY


def keys(call: Call) -> Type:
    return Stream(TEXT, stronger(EMPTY, call.type(0).absent), Many.YES).collapsed()


def same_list(call: Call) -> Type:
    """`$sort`, `$reverse`, `$shuffle`: a list of the same items, of one too."""
    stream, function = stream_of(call.type(0)), call.function(1)
    if function is not None:
        function.called((stream.item, stream.item))
    if call.type(0).any:
        return ANY
    lists = list(call.type(0).of_kind(List))
    least = min((each.least for each in lists), default=1) if len(lists) == len(call.type(0).atoms) else 1
    return list_of(stream.item, least=least).or_absent(call.type(0).absent)


def same(call: Call) -> Type:
    return call.type(0)


def distinct(call: Call) -> Type:
    """A list of fewer items, perhaps of one."""
    given = call.type(0)
    atoms = tuple(replace(each, least=min(each.least, 1)) if isinstance(each, List) else each for each in given.atoms)
    if any(isinstance(each, List) and each.sequence for each in atoms):
        return Type(atoms, given.any, given.absent, given.at)
    return Type(atoms, given.any, given.absent, given.at)


def append(call: Call) -> Type:
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


def merge(call: Call) -> Type:
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


def spread(call: Call) -> Type:
    """Objects of one field each; what is no object stays as it is."""
    if not call.type(0).only((Record, List)):
        return ANY
    return Stream(Type((Record({}, frozenset(), ANY, True),)), EMPTY, Many.YES).collapsed()


def zip_(call: Call) -> Type:
    return list_of(ANY)


def match(call: Call) -> Type:
    fields = {"match": TEXT, "index": INTEGER, "groups": list_of(TEXT)}
    found = Type((Record(fields, frozenset(fields), ANY, True),))
    return Stream(found, stronger(EMPTY, call.type(0).absent), Many.YES).collapsed()

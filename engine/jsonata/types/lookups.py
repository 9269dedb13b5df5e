"""`$lookup` in objects and code tables: the values that codes stand for, and codes that have none."""

from __future__ import annotations

from collections.abc import Mapping

from engine.jsonata import ast
from engine.jsonata.types.call import Call
from engine.jsonata.types.lattice import ANY, NEVER, NOWHERE, TEXT, Absence, Null, Record, Text, Type, stronger, union

_MOST_VALUES = 400
_SHOWN = 3
_PERHAPS = Absence(False, "code")


def lookup(call: Call) -> Type:
    """`$lookup(object or table, key)`"""
    where, key = call.type(0), call.type(1)
    if len(where.atoms) == 1 and not where.any:
        only = where.atoms[0]
        if isinstance(only, Record):
            return _in_record(call, only, key).or_absent(where.absent)
        if isinstance(only, Text) and only.values is not None and len(only.values) == 1:
            return in_table(call, next(iter(only.values)), key)
    return TEXT.or_absent(_PERHAPS) if where.only(Text) else ANY


def codes_of(key: Type) -> tuple[frozenset[str], Mapping[str, int]] | None:
    """The codes that a key may be, when they are listed, with the places of those that stand in the text."""
    values: set[str] = set()
    places: dict[str, int] = {}
    for atom in key.atoms:
        if isinstance(atom, Null):
            continue
        if not isinstance(atom, Text) or atom.values is None or atom.any_of:
            return None
        values |= atom.values
        if atom.at != NOWHERE:
            places.update(dict.fromkeys(atom.values, atom.at))
    return (frozenset(values), places) if values and not key.any else None


def _in_record(call: Call, record: Record, key: Type) -> Type:
    if record.places is None or record.rest is not None:
        return _of_schema(record, key)
    codes = codes_of(key)
    if codes is None:
        every = union(value.present() for value in record.fields.values()) if record.fields else NEVER
        return every.or_absent(stronger(key.absent, _PERHAPS))
    _dead_keys(call, record, codes[0])
    found = [record.fields[code] for code in sorted(codes[0]) if code in record.fields]
    result = union(found) if found else NEVER
    absent = stronger(key.absent, _unmapped(call, key, codes[0] - set(record.fields)))
    return result.or_absent(absent)


def _of_schema(record: Record, key: Type) -> Type:
    codes = codes_of(key)
    if codes is None or not all(code in record.fields for code in codes[0]):
        return ANY
    return union(record.fields[code] for code in codes[0]).or_absent(_PERHAPS)


def _dead_keys(call: Call, record: Record, codes: frozenset[str]) -> None:
    """Keys that no code of the source ever asks for: most often misspelt ones."""
    if not isinstance(call.nodes[0], ast.Object | ast.Variable) or len(codes) < 2:
        return
    unused = [name for name in record.fields if name not in codes]
    for name in unused:
        if codes - set(record.fields):
            at = (record.places or {}).get(name, call.at)
            call.walk.report("never", at, "a code of the source", f"'{name}'", tuple(sorted(codes)))


def _unmapped(call: Call, key: Type, codes: frozenset[str]) -> Absence | None:
    """That some codes have no value; those that stand in the text are told where they stand."""
    if not codes:
        return None
    shown = ", ".join(f"'{code}'" for code in sorted(codes)[:_SHOWN])
    more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
    places = (codes_of(key) or (codes, {}))[1]
    at = next((places[code] for code in sorted(codes) if code in places), call.at)
    return Absence(True, "code", shown + more, at)


def in_table(call: Call, name: str, key: Type, at: int | None = None) -> Type:
    """The value of a code table for a key."""
    entries = call.walk.tables.entries(name)
    if entries is None:
        place = call.walk.at(call.nodes[0].start) if at is None else at
        call.walk.report("table", place, "a code table of canonical/codes", f"'{name}'", (name,))
        return ANY
    if not entries:
        return TEXT.or_absent(stronger(key.absent, _PERHAPS))
    codes = codes_of(key)
    if codes is None:
        values = frozenset(entries.values())
        text = Text(values if len(values) <= _MOST_VALUES else None, least=1, any_of=True)
        return Type((text,), absent=stronger(key.absent, _PERHAPS))
    found = frozenset(entries[code] for code in codes[0] if code in entries)
    missing = _unmapped(call, key, frozenset(code for code in codes[0] if code not in entries))
    atoms = (Text(found, least=1),) if found else ()
    return Type(atoms, absent=stronger(key.absent, missing))

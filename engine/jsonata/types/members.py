"""Reading a field of a value, and names that are nearly right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from engine.jsonata.types.lattice import ANY, NEVER, Absence, Atom, List, Null, Record, Type, union
from engine.jsonata.types.streams import stream_of
from engine.jsonata.types.walk import Walk

_SHORT = 3
_DIGITS = re.compile("[0-9]")


def member(walk: Walk, value: Type, name: str, at: int) -> Type:
    """The type of a field; a problem when no such field can be there."""
    if value.may(List) and any(isinstance(atom, List) for atom in value.atoms):
        return stream_of(value).through(lambda item: member(walk, item, name, at)).collapsed().here(at)
    if len(value.atoms) == 1 and not value.any:
        return _of_one(walk, value, value.atoms[0], name, at)
    return _of_several(walk, value, name, at)


def _of_one(walk: Walk, value: Type, atom: Atom, name: str, at: int) -> Type:
    found = field_of(atom, name) if isinstance(atom, Record) else None
    if found is None:
        _refuse(walk, value, name, at)
        return NEVER.or_absent(Absence(True, "field", name, at)) if not isinstance(atom, Record) else ANY
    walk.sound("field", at)
    return _read(found, value.absent, name, at)


def _of_several(walk: Walk, value: Type, name: str, at: int) -> Type:
    parts: list[Type] = []
    absent = value.absent
    if value.any:
        parts.append(ANY)
    elif _meant(value, name):
        _refuse(walk, value, name, at)
        return ANY
    for atom in value.atoms:
        found = field_of(atom, name) if isinstance(atom, Record) else None
        if found is not None:
            parts.append(found)
        elif isinstance(atom, Null):
            absent = absent if absent is not None and absent.certain else Absence(True, "null", name, at)
        elif not value.any:
            absent = absent or Absence(False, "field", name, at)
    if parts:
        walk.sound("field", at)
        return _read(union(parts), absent, name, at)
    if any(not isinstance(atom, Null) for atom in value.atoms):
        _refuse(walk, value, name, at)
        return ANY if value.may(Record) else NEVER.or_absent(absent)
    return NEVER.or_absent(absent or Absence(True, "null", name, at)).here(at)


def _meant(value: Type, name: str) -> bool:
    """Whether none of several objects declares a field, and one declares a field of nearly that name."""
    records = list(value.of_kind(Record))
    if any(field_of(record, name) is not None and (name in record.fields or record.stated) for record in records):
        return False
    return any(not record.stated and misspelt(name, record.fields) for record in records)


def _read(found: Type, outer: Absence | None, name: str, at: int) -> Type:
    absent = found.absent
    if absent is not None and absent.at < 0:
        absent = Absence(absent.certain, absent.why, absent.name or name, at)
    if outer is not None and (absent is None or (outer.certain and not absent.certain)):
        absent = outer
    return Type(found.atoms, found.any, absent, at)


def field_of(record: Record, name: str) -> Type | None:
    """The type of a record's field, None when it cannot have it, or has one of nearly that name that is meant."""
    if name in record.fields:
        found = record.fields[name]
        if name in record.required or found.absent is not None:
            return found
        return found.or_absent(Absence(True, "field", name))
    if name in record.required:
        return ANY
    for pattern, lazy in record.patterns:
        if _matches(pattern, name):
            return lazy.type.or_absent(Absence(True, "field", name))
    if record.rest is None:
        return None
    if not record.stated and misspelt(name, record.fields) is not None:
        return None
    return record.rest.or_absent(Absence(not record.rest.any, "field", name))


@lru_cache(maxsize=512)
def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return True


def _refuse(walk: Walk, value: Type, name: str, at: int) -> None:
    records = list(value.of_kind(Record))
    if not records:
        walk.report("field", at, "", name)
        return
    names = tuple(dict.fromkeys(each for record in records for each in record.fields))
    kind = "saved" if any(record.kind == "$saved" for record in records) else "field"
    walk.report("saved" if kind == "saved" else "field", at, "", name, names)


def misspelt(name: str, names: Iterable[str]) -> str | None:
    """The name that is certainly meant: one slip away, or of the same letters; another digit is another name."""
    plain = name.lower()
    return next((other for other in names if _slipped(plain, other.lower())), None)


def _slipped(name: str, declared: str) -> bool:
    if name == declared:
        return True
    if abs(len(name) - len(declared)) > 1:
        return False
    if min(len(name), len(declared)) < _SHORT:
        return _slipped_short(name, declared)
    if _DIGITS.sub("", name) == _DIGITS.sub("", declared):
        return _digits(name) == _digits(declared)
    return _near(name, declared)


def _slipped_short(name: str, declared: str) -> bool:
    """In a name of two or three letters: the one in the middle left out, or the last one twice."""
    if len(declared) == _SHORT:
        return name == declared[0] + declared[2]
    return len(declared) == _SHORT - 1 and name == declared + declared[-1]


def _digits(name: str) -> str:
    """The digits of a name, without leading zeros."""
    return "".join(_DIGITS.findall(name)).lstrip("0")


def _near(name: str, declared: str) -> bool:
    most = 2 if sorted(name) == sorted(declared) else 1
    return _distance(name, declared, most) <= most


def _distance(left: str, right: str, most: int) -> int:
    """How many letters are added, left out, changed or swapped; above `most`, any number above it."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for index, letter in enumerate(left, 1):
        following = [index]
        for place, other in enumerate(right, 1):
            cost = min(row[place] + 1, following[place - 1] + 1, row[place - 1] + (letter != other))
            if index > 1 and place > 1 and letter == right[place - 2] and left[index - 2] == other:
                cost = min(cost, before[place - 2] + 1)
            following.append(cost)
        if min(following) > most:
            return most + 1
        before, row = row, following
    return row[-1]

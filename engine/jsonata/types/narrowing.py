"""What a condition teaches of a value: the type without the cases that the condition rules out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from engine.jsonata.types.lattice import (
    Absence,
    Atom,
    Boolean,
    Function,
    List,
    Null,
    Number,
    Record,
    Text,
    Type,
)


class Test(Enum):
    """What was tested of a value."""

    TRUE = "true in the sense of $boolean"
    FALSE = "not true"
    EXISTS = "there"
    MISSING = "not there"
    EQUAL = "one of some constants"
    UNEQUAL = "there, and none of some constants"
    NOT_EQUAL = "none of some constants, or not there"
    KIND = "of a kind"
    NOT_KIND = "not of a kind"
    SINGLE = "not several"


_POSITIVE = frozenset((Test.TRUE, Test.EXISTS, Test.EQUAL, Test.UNEQUAL, Test.KIND))


class Fact(Struct, frozen=True):
    """That a value passed a test: the one at a path of field names below a binding.

    With `form` it is the value of that expression, wherever it stands again for the same context.
    """

    binding: int
    path: tuple[str, ...]
    test: Test
    values: frozenset[Any] = frozenset()
    form: Hashable = None

    def below(self, count: int) -> Fact:
        """The same of the value that the first names of the path lead to."""
        return replace(self, path=self.path[count:])


def narrowed(value: Type, fact: Fact, path: Sequence[str] | None = None) -> Type:
    """The type of a value of which a fact is known."""
    rest = fact.path if path is None else path
    if not rest:
        return _tested(value, fact)
    positive = fact.test in _POSITIVE
    atoms: list[Atom] = []
    for atom in value.atoms:
        if isinstance(atom, Record):
            inner = _with_field(atom, rest, fact, positive)
            if inner is not None:
                atoms.append(inner)
        elif isinstance(atom, List) or not positive:
            atoms.append(atom)
    return Type(tuple(atoms), value.any, None if positive else value.absent, value.at)


def _with_field(record: Record, path: Sequence[str], fact: Fact, positive: bool) -> Record | None:
    """The record with one field narrowed; None when it cannot be this one."""
    name = path[0]
    if name not in record.fields:
        if positive and record.rest is None and not record.patterns:
            return None
        return record
    before = record.fields[name]
    if name not in record.required and before.absent is None and not positive:
        before = before.or_absent(Absence(True, "field", name))
    inner = narrowed(before, fact, path[1:])
    if not inner.atoms and not inner.any and (positive or inner.absent is None):
        return None
    required = record.required | {name} if positive else record.required
    return replace(record, fields=_Overlay(record.fields, name, inner), required=required)


class _Overlay(Mapping[str, Type]):
    """Fields of which one has another type."""

    __slots__ = ("_base", "_name", "_type")

    def __init__(self, base: Mapping[str, Type], name: str, changed: Type) -> None:
        self._base = base
        self._name = name
        self._type = changed

    def __getitem__(self, name: str) -> Type:
        return self._type if name == self._name else self._base[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._base)

    def __len__(self) -> int:
        return len(self._base)

    def __contains__(self, name: object) -> bool:
        return name in self._base


def _tested(value: Type, fact: Fact) -> Type:
    test = fact.test
    if test is Test.EXISTS:
        return value.present()
    if test is Test.MISSING:
        return Type((), False, value.absent or Absence(False, "field"), value.at)
    if test is Test.TRUE:
        return _kept(value.present(), _true)
    if test is Test.FALSE:
        return _kept(value, _false)
    if test is Test.EQUAL:
        return _kept(value.present(), lambda atom: _equal(atom, fact.values))
    if test in (Test.UNEQUAL, Test.NOT_EQUAL):
        rest = value.present() if test is Test.UNEQUAL else value
        return _kept(rest, lambda atom: _unequal(atom, fact.values))
    if test is Test.SINGLE:
        return _kept(value, lambda atom: replace(atom, least=min(atom.least, 1), most=1) if _is_list(atom) else atom)
    of_kind = test is Test.KIND
    rest = value.present() if of_kind else value
    return _kept(rest, lambda atom: atom if (_NAMES[atom.__class__] in fact.values) is of_kind else None)


_NAMES: Mapping[type, str] = {
    Null: "null",
    Boolean: "boolean",
    Number: "number",
    Text: "string",
    List: "array",
    Record: "object",
    Function: "function",
}


def _kept(value: Type, keep: Any) -> Type:
    atoms = tuple(kept for atom in value.atoms if (kept := keep(atom)) is not None)
    return Type(atoms, value.any, value.absent, value.at)


def _is_list(atom: Atom) -> bool:
    return isinstance(atom, List)


def _true(atom: Atom) -> Atom | None:
    if isinstance(atom, Null | Function):
        return None
    if isinstance(atom, Boolean):
        return None if atom.value is False else Boolean(True, atom.at)
    if isinstance(atom, Text):
        values = atom.values - {""} if atom.values is not None else None
        return replace(atom, values=values, least=max(atom.least, 1)) if values is None or values else None
    if isinstance(atom, List):
        return replace(atom, least=max(atom.least, 1))
    return atom


def _false(atom: Atom) -> Atom | None:
    if isinstance(atom, Boolean):
        return None if atom.value is True else Boolean(False, atom.at)
    if isinstance(atom, Text) and atom.least > 0:
        return None
    return atom


def _equal(atom: Atom, values: frozenset[Any]) -> Atom | None:
    if isinstance(atom, Null):
        return atom if None in values else None
    if isinstance(atom, Boolean):
        return atom if any(isinstance(value, bool) for value in values) else None
    if isinstance(atom, Text):
        texts = frozenset(value for value in values if isinstance(value, str))
        both = texts if atom.values is None else texts & atom.values
        return replace(atom, values=both) if both else None
    if isinstance(atom, Number):
        numbers = any(not isinstance(value, str | bool) and value is not None for value in values)
        return atom if numbers else None
    return None


def _unequal(atom: Atom, values: frozenset[Any]) -> Atom | None:
    if isinstance(atom, Null):
        return None if None in values else atom
    if isinstance(atom, Boolean) and atom.value is not None:
        return None if any(value is atom.value for value in values) else atom
    if isinstance(atom, Text):
        if atom.values is not None:
            rest = atom.values - values
            return replace(atom, values=rest) if rest else None
        return replace(atom, least=max(atom.least, 1)) if "" in values else atom
    return atom

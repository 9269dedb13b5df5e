"""The types of values: a union of kinds, each with what is known of it, and whether there may be no value at all.

A path over a list gives nothing, the one item or a list of them, by how many there are; a type says so plainly: it is
the union of the item and of a list that is marked as a `sequence`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

NOWHERE: Final = -1
_MOST_ATOMS: Final = 24

Why = Literal["field", "null", "branch", "code", "filter", "empty"]


class Absence(Struct, frozen=True, eq=False):
    """That there may be no value. `certain`: a declared possibility, and not just a list that might be empty.

    `why` is the reason: an optional `field` or one of a `null`, a `branch` that is missing, a `code` that is not
    mapped, a `filter` that finds nothing, an `empty` list. `name` is what is named in the finding.
    """

    certain: bool
    why: Why
    name: str = ""
    at: int = NOWHERE

    def __eq__(self, other: object) -> bool:
        """Whether it says the same, wherever it was read."""
        return isinstance(other, Absence) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(self._said())

    def uncertain(self) -> Absence:
        """The same, as what might be."""
        return Absence(False, self.why, self.name, self.at)

    def _said(self) -> tuple[bool, str, str]:
        return self.certain, self.why, self.name


class _Kind(Struct, frozen=True, eq=False):
    """What is known of one kind of value. Two are equal that say the same, wherever they were read (`at`, the last)."""

    def __eq__(self, other: object) -> bool:
        return self.__class__ is other.__class__ and all(
            getattr(self, name) == getattr(other, name) for name in self.__struct_fields__[:-1]
        )

    def __hash__(self) -> int:
        return hash((self.__class__, *[getattr(self, name) for name in self.__struct_fields__[:-1]]))


class Null(_Kind, frozen=True, eq=False):
    """The value null."""

    at: int = NOWHERE


class Boolean(_Kind, frozen=True, eq=False):
    """True or false; `value` when it is known."""

    value: bool | None = None
    at: int = NOWHERE


class Number(_Kind, frozen=True, eq=False):
    """A number. `inexact` is where a division made it one that binary floats cannot hold."""

    values: frozenset[int | Decimal] | None = None
    integer: bool = False
    least: int | Decimal | None = None
    most: int | Decimal | None = None
    step: int | Decimal | None = None
    inexact: int = NOWHERE
    at: int = NOWHERE


class Text(_Kind, frozen=True, eq=False):
    """A text. `values` are those it may have; with `any_of` it is not known that each of them occurs."""

    values: frozenset[str] | None = None
    format: str | None = None
    pattern: str | None = None
    least: int = 0
    most: int | None = None
    any_of: bool = False
    inexact: int = NOWHERE
    at: int = NOWHERE


class Lazy:
    """A type that is worked out when it is asked for, for schemas that contain themselves."""

    __slots__ = ("_make", "_type")

    def __init__(self, make: Callable[[], Type] | None, known: Type | None = None) -> None:
        self._make = make
        self._type = known

    @property
    def type(self) -> Type:
        if self._type is None:
            assert self._make is not None
            self._type = self._make()
        return self._type


class List(_Kind, frozen=True, eq=False):
    """A list. `sequence`: JSONata gives a single item without a list around it. `vague`: a filter chose the items, so
    that it is not known whether there are several."""

    of: Lazy
    least: int = 0
    most: int | None = None
    sequence: bool = False
    vague: bool = False
    at: int = NOWHERE

    @property
    def item(self) -> Type:
        """The type of its items."""
        return self.of.type


class Record(Struct, frozen=True, eq=False):
    """An object. `rest` is the type of fields that are not declared, None when there are none.

    `stated`: the schema says itself that other fields may come; otherwise they may too, but nobody expects them.
    `required` are the fields that are always there, declared or not; `patterns` types by regular expressions of names.
    `places`: where the keys stand, for an object that the expression makes; `kind` a name for it.
    """

    fields: Mapping[str, Type]
    required: frozenset[str] = frozenset()
    rest: Type | None = None
    stated: bool = False
    patterns: tuple[tuple[str, Lazy], ...] = ()
    kind: str = ""
    places: Mapping[str, int] | None = None
    at: int = NOWHERE


class Function(Struct, frozen=True, eq=False):
    """A function: `called` gives the type of its result for those of its arguments. It takes so many `parameters`, of
    which so many are `needed`; -1 where that is not known."""

    called: Callable[[tuple[Type, ...]], Type]
    parameters: int = -1
    needed: int = 0
    at: int = NOWHERE


Atom = Null | Boolean | Number | Text | List | Record | Function


class Type(Struct, frozen=True, eq=False):
    """One of the atoms, or anything if `any`, or no value at all if `absent` says so. `at` is where it was read."""

    atoms: tuple[Atom, ...] = ()
    any: bool = False
    absent: Absence | None = None
    at: int = NOWHERE

    def __eq__(self, other: object) -> bool:
        """Whether it is the same, wherever it was read."""
        return isinstance(other, Type) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(self._said())

    def _said(self) -> tuple[tuple[Atom, ...], bool, Absence | None]:
        return self.atoms, self.any, self.absent

    @property
    def is_known(self) -> bool:
        """Whether nothing but the atoms may be there."""
        return not self.any

    def only(self, kind: type[Atom] | tuple[type[Atom], ...]) -> bool:
        """Whether every value it may have is of a kind."""
        return not self.any and bool(self.atoms) and all(isinstance(atom, kind) for atom in self.atoms)

    def may(self, kind: type[Atom] | tuple[type[Atom], ...]) -> bool:
        """Whether some value it may have is of a kind."""
        if self.any:
            return True
        for atom in self.atoms:  # noqa: SIM110 - a loop, for nothing is asked more often
            if isinstance(atom, kind):
                return True
        return False

    def present(self) -> Type:
        """The same without the case that there is none."""
        return Type(self.atoms, self.any, None, self.at) if self.absent is not None else self

    def or_absent(self, absent: Absence | None) -> Type:
        """The same, with one more reason why there may be none."""
        merged = stronger(self.absent, absent)
        return self if merged is self.absent else Type(self.atoms, self.any, merged, self.at)

    def here(self, at: int) -> Type:
        """The same, read at a place of the text."""
        return Type(self.atoms, self.any, self.absent, at) if self.at != at else self

    def of_kind(self, kind: type[Any]) -> Iterator[Any]:
        """Its atoms of a kind."""
        return (atom for atom in self.atoms if isinstance(atom, kind))


ANY: Final = Type(any=True)
NEVER: Final = Type()
TEXT: Final = Type((Text(),))
NUMBER: Final = Type((Number(),))
INTEGER: Final = Type((Number(integer=True),))
BOOLEAN: Final = Type((Boolean(),))
NULL: Final = Type((Null(),))


def known(item: Type) -> Lazy:
    """A type that is known already."""
    return Lazy(None, item)


def list_of(item: Type, *, least: int = 0, at: int = NOWHERE) -> Type:
    """A list of items."""
    return Type((List(known(item), least, at=at),))


def stronger(left: Absence | None, right: Absence | None) -> Absence | None:
    """The one that says more."""
    if left is None or right is None:
        return left or right
    return right if _weight(right) > _weight(left) else left


def _weight(absence: Absence) -> tuple[bool, bool]:
    return absence.why == "code", absence.certain


def union(types: Iterable[Type]) -> Type:
    """One of several. Each kind keeps the place where it came from."""
    parts = list(types)
    if len(parts) == 1:
        return parts[0]
    atoms: list[Atom] = []
    absent: Absence | None = None
    anything = False
    for part in parts:
        anything = anything or part.any
        absent = stronger(absent, part.absent)
        for atom in part.atoms:
            if not any(_same(atom, other) for other in atoms):
                placed = part.at != NOWHERE and atom.at == NOWHERE
                atoms.append(replace(atom, at=part.at) if placed else atom)
    if len(atoms) > _MOST_ATOMS:
        return Type((), True, absent)
    return Type(tuple(atoms), anything, absent)


def _same(left: Atom, right: Atom) -> bool:
    if left is right:
        return True
    if left.__class__ is not right.__class__ or isinstance(left, List):
        return False
    return bool(left == right)


def words(kind: Atom) -> str:
    """An atom in words."""
    if isinstance(kind, Number):
        return "a whole number" if kind.integer and kind.values is None else "a number"
    return _WORDS[kind.__class__]


_WORDS: Final[Mapping[type, str]] = {
    Null: "null",
    Boolean: "true or false",
    Text: "text",
    List: "a list",
    Record: "an object",
    Function: "a function",
}


def described(value: Type) -> str:
    """A type in words: `text or null`."""
    if value.any:
        return "anything"
    return " or ".join(dict.fromkeys(words(atom) for atom in value.atoms)) or "nothing"

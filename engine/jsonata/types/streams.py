"""How JSONata's lists flatten and collapse, on types: the items a step runs over, and what its results are worth."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from msgspec import Struct

from engine.jsonata.types.lattice import Absence, Atom, List, Type, known, stronger, union


class Many(IntEnum):
    """Whether there are several items."""

    NO = 0
    PERHAPS = 1
    """A filter chose them: perhaps it leaves one, perhaps several; nobody can say."""
    YES = 2


EMPTY: Final = Absence(False, "empty")
FOUND_NONE: Final = Absence(False, "filter")


class Stream(Struct, frozen=True):
    """Items one after the other: what each may be, whether there may be none, whether several, and whether just one."""

    item: Type
    absent: Absence | None = None
    many: Many = Many.NO
    one: bool = True

    def through(self, step: Callable[[Type], Type]) -> Stream:
        """The items that a step makes of these, lists opened."""
        if not self.item.atoms and not self.item.any:
            return self
        made = stream_of(step(self.item))
        absent = made.absent
        if self.many and absent is not None and absent.why != "code":
            absent = absent.uncertain()
        one = (self.one and made.one) or absent is not None
        return Stream(made.item, stronger(self.absent, absent), max(self.many, made.many), one)

    def chosen(self) -> Stream:
        """What a filter leaves of the items."""
        return Stream(self.item, stronger(self.absent, FOUND_NONE), min(self.many, Many.PERHAPS), True)

    def collapsed(self) -> Type:
        """The value: nothing, the one item, or the list of several."""
        if not self.many:
            return self.item.or_absent(self.absent)
        several: Atom = List(known(self.item), 2, sequence=True, vague=self.many is Many.PERHAPS)
        if not self.one:
            return Type((several,), absent=self.absent)
        return union((self.item, Type((several,)))).or_absent(self.absent).here(self.item.at)

    def kept(self) -> Type:
        """The value where `[]` keeps the list."""
        return Type((List(known(self.item), 1),), absent=self.absent)


def stream_of(value: Type) -> Stream:
    """The items of a value: those of a list, or the value itself."""
    lists = [atom for atom in value.atoms if isinstance(atom, List)]
    if not lists:
        return Stream(value.present(), stronger(value.absent, EMPTY if value.any else None))
    single = Type(tuple(atom for atom in value.atoms if not isinstance(atom, List)), value.any, at=value.at)
    items = [each.item.here(value.at) for each in lists]
    absent = value.absent
    if any(not each.least for each in lists):
        absent = stronger(absent, EMPTY)
    inner = [item.absent for item in items if item.absent is not None]
    absent = stronger(absent, inner[0].uncertain() if inner else None)
    parts = [item.present() for item in items]
    if single.atoms or single.any:
        parts.append(single)
    most = max((each.most if each.most is not None else 2) for each in lists)
    vague = all(each.vague for each in lists)
    many = Many.NO if most < 2 else Many.PERHAPS if vague else Many.YES
    one = bool(single.atoms or single.any) or any(each.least < 2 for each in lists)
    return Stream(union(parts).here(value.at), absent, many, one)

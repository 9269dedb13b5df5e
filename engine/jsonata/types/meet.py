"""Types that must hold together, as the branches of `allOf` do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from engine.jsonata.types.lattice import ANY, Atom, Boolean, Lazy, List, Number, Record, Text, Type


def meet(left: Type, right: Type) -> Type:
    """What holds to both types; where one says anything, the other."""
    if left.any and not left.atoms:
        return right
    if right.any and not right.atoms:
        return left
    atoms = [both for one in left.atoms for other in right.atoms if (both := _both(one, other)) is not None]
    if left.any:
        atoms += right.atoms
    if right.any:
        atoms += left.atoms
    return Type(tuple(atoms), left.any and right.any)


def _both(left: Atom, right: Atom) -> Atom | None:
    if left.__class__ is not right.__class__:
        return None
    return _MEETS[left.__class__](left, right) if left.__class__ in _MEETS else left


def _texts(left: Text, right: Text) -> Text | None:
    values = _values(left.values, right.values)
    if values is not None and not values:
        return None
    return replace(
        left,
        values=values,
        format=left.format or right.format,
        pattern=left.pattern or right.pattern,
        least=max(left.least, right.least),
        most=_smaller(left.most, right.most),
    )


def _numbers(left: Number, right: Number) -> Number | None:
    values = _values(left.values, right.values)
    if values is not None and not values:
        return None
    return replace(
        left,
        values=values,
        integer=left.integer or right.integer,
        least=left.least
        if right.least is None
        else right.least
        if left.least is None
        else max(left.least, right.least),
        most=_smaller(left.most, right.most),
        step=left.step or right.step,
    )


def _booleans(left: Boolean, right: Boolean) -> Boolean | None:
    if left.value is None or right.value is None:
        return left if right.value is None else right
    return left if left.value is right.value else None


def _lists(left: List, right: List) -> List:
    of = Lazy(lambda: meet(left.item, right.item))
    return replace(left, of=of, least=max(left.least, right.least), most=_smaller(left.most, right.most))


def _records(left: Record, right: Record) -> Record:
    closed = left.rest is None or right.rest is None
    rest = None if closed else meet(left.rest or ANY, right.rest or ANY)
    return Record(
        Fields({**_makers(left), **_makers(right)}, left.fields, right.fields),
        left.required | right.required,
        rest,
        left.stated or right.stated,
        left.patterns + right.patterns,
        left.kind or right.kind,
    )


def _makers(record: Record) -> dict[str, None]:
    return dict.fromkeys(record.fields)


def _values(left: frozenset[Any] | None, right: frozenset[Any] | None) -> frozenset[Any] | None:
    if left is None or right is None:
        return left if right is None else right
    return left & right


def _smaller(left: int | Decimal | None, right: int | Decimal | None) -> Any:
    if left is None or right is None:
        return left if right is None else right
    return min(left, right)


def _larger(left: int | Decimal | None, right: int | Decimal | None) -> Any:
    if left is None or right is None:
        return left if right is None else right
    return max(left, right)


_MEETS: Mapping[type, Callable[[Any, Any], Atom | None]] = {
    Text: _texts,
    Number: _numbers,
    Boolean: _booleans,
    List: _lists,
    Record: _records,
}


class Fields(Mapping[str, Type]):
    """The fields of two records together, worked out when they are asked for."""

    __slots__ = ("_found", "_left", "_names", "_right")

    def __init__(self, names: Mapping[str, None], left: Mapping[str, Type], right: Mapping[str, Type]) -> None:
        self._names = names
        self._left = left
        self._right = right
        self._found: dict[str, Type] = {}

    def __getitem__(self, name: str) -> Type:
        if name not in self._found:
            if name in self._left and name in self._right:
                self._found[name] = meet(self._left[name], self._right[name])
            else:
                self._found[name] = self._left[name] if name in self._left else self._right[name]
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

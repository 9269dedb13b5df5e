"""Schema drift (CAN-12): where what a vendor really sends has moved away from the contract we have of it.

A contract that is open to further fields takes them in silence, and what is optional may go away in silence; both are
seen here. What is refused at the edge, another type or a required field that is gone, is seen here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from engine.lint.shapes import Shape, Shapes

DriftKind = Literal["new", "retyped", "missing"]

_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Drift:
    """One field that is not as the contract has it. `seen` of `documents` show it; `path` is `items[].sku`.

    `new`: the contract does not name it. `retyped`: its value is of a type that the contract does not take. `missing`:
    the contract names it, what it is in was there, and no document has it; `required` when the contract asks for it.
    A name that is a mail address is data and no name: it is shown as `*`.
    """

    kind: DriftKind
    path: str
    seen: int
    documents: int
    expected: str = ""
    found: str = ""
    required: bool = False


def drift_of(contract: Shape, documents: Iterable[Any], shapes: Shapes) -> tuple[Drift, ...]:
    """How documents differ from their contract: what is new, retyped and missing, each by path."""
    watch = _Watch(shapes)
    for document in documents:
        watch.document(contract, document)
    return tuple(sorted(watch.found(), key=lambda each: (each.kind, each.path)))


class _Watch:
    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._documents = 0
        self._new: dict[str, set[int]] = {}
        self._retyped: dict[str, tuple[set[int], set[str], set[str]]] = {}
        self._seen: dict[str, int] = {}
        self._declared: dict[str, bool] = {}

    def document(self, contract: Shape, document: Any) -> None:
        self._documents += 1
        self._value(contract, document, "", 0)

    def _value(self, shape: Shape, value: Any, path: str, depth: int) -> None:
        if depth > _DEEPEST:
            return
        if isinstance(value, list):
            for item in value:
                self._value(shape, item, f"{path}[]", depth + 1)  # items of a list stand for the list, as in shapes
            return
        if isinstance(value, Mapping):
            self._object(shape, value, path, depth)

    def _object(self, shape: Shape, value: Mapping[str, Any], path: str, depth: int) -> None:
        names = self._shapes.names(shape)
        if not names:
            return  # the contract says nothing of what is in there
        for name in names:
            inner = f"{path}.{name}" if path else name
            self._declared[inner] = self._shapes.always(shape, name) or self._declared.get(inner, False)
        for name, part in value.items():
            said = name if "@" not in name else "*"
            inner = f"{path}.{said}" if path else said
            field = self._shapes.field(shape, name)
            if field is None or not field.alternatives:
                self._new.setdefault(inner, set()).add(self._documents)
                continue
            self._seen[inner] = self._seen.get(inner, 0) + 1
            if self._fits(field, part, inner):
                self._value(field, part, inner, depth + 1)

    def _fits(self, field: Shape, value: Any, path: str) -> bool:
        """Whether the value is of a type that the contract takes; notes it when not."""
        kinds = self._shapes.kinds(field)
        kind = _kind(value)
        if not kinds or kind in kinds or (kind == "integer" and "number" in kinds):
            return True
        documents, expected, found = self._retyped.setdefault(path, (set(), set(), set()))
        documents.add(self._documents)
        expected.update(kinds)
        found.add(kind)
        return False

    def found(self) -> Iterable[Drift]:
        for path, seen in self._new.items():
            yield Drift("new", path, len(seen), self._documents)
        for path, (seen, expected, found) in self._retyped.items():
            words = (" or ".join(sorted(expected)), " or ".join(sorted(found)))
            yield Drift("retyped", path, len(seen), self._documents, *words)
        for path, required in self._declared.items():
            if not self._seen.get(path):
                yield Drift("missing", path, 0, self._documents, required=required)


def _kind(value: Any) -> str:
    """The JSON type of a value; `5.0` counts as an integer, as JSON Schema has it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list):
        return "array"
    if isinstance(value, int) or (isinstance(value, Decimal) and value == value.to_integral_value()):
        return "integer"
    return "number"

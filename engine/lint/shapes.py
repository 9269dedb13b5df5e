"""What fields a document can have, as far as its JSON Schemas say; where they do not decide, the answer is `None`.

The rules are one-sided: a field counts as missing only when every alternative is closed and none declares it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Resolve = Callable[[str], Mapping[str, Any]]
"""The schema document of a `crossdock:ENTITY/N` address; raises LookupError."""

_DEEPEST = 40


@dataclass(frozen=True, slots=True, eq=False)
class SchemaPart:
    """A part of a schema document, with the document that its local references point into."""

    schema: Any
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What a value may be: one of the alternatives. Items of a list stand for the list, as in JSONata's paths."""

    alternatives: tuple[SchemaPart, ...]


@dataclass(slots=True)
class _Found:
    """What one part says of a field: where it is declared, and whether others than the declared are refused."""

    declared: list[SchemaPart] = field(default_factory=list)
    closed: bool = False

    def both(self, other: _Found) -> None:
        """Both must hold."""
        self.declared += other.declared
        self.closed = self.closed or other.closed


def closed_object(*names: str) -> Shape:
    """An object with these fields, of any kind, and no others."""
    properties: dict[str, Any] = {name: {} for name in names}
    document = {"type": "object", "additionalProperties": False, "properties": properties}
    return Shape((SchemaPart(document, document),))


def shape_of(document: Mapping[str, Any]) -> Shape:
    """The shape that a whole schema document describes."""
    return Shape((SchemaPart(document, document),))


def joined(shapes: Iterable[Shape | None]) -> Shape | None:
    """One of several; undecided as soon as one of them is."""
    parts: list[SchemaPart] = []
    for shape in shapes:
        if shape is None:
            return None
        parts += shape.alternatives
    return Shape(tuple(parts)) if parts else None


class Shapes:
    """Answers questions about shapes, with references followed."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    def field(self, shape: Shape, name: str) -> Shape | None:
        """The shape of a field: without alternatives when there is no such field, None when that is open."""
        parts: list[SchemaPart] = []
        for part in shape.alternatives:
            found = self._field(part, name, 0)
            if not found.declared and not found.closed:
                return None
            parts += found.declared
        return Shape(tuple(parts))

    def names(self, shape: Shape) -> list[str]:
        """The declared field names."""
        names: dict[str, None] = {}
        for part in shape.alternatives:
            for each in self._parts(part, 0):
                if isinstance(each.schema, Mapping) and isinstance(each.schema.get("properties"), Mapping):
                    names.update(dict.fromkeys(map(str, each.schema["properties"])))
        return list(names)

    def kinds(self, shape: Shape) -> set[str]:
        """The JSON types the value may have; empty where some alternative does not say."""
        kinds: set[str] = set()
        for part in shape.alternatives:
            found = self._kinds(part, 0)
            if not found:
                return set()
            kinds |= found
        return kinds

    def values(self, shape: Shape) -> frozenset[Any] | None:
        """The only values it may have, by `enum` and `const`; None where some alternative takes others."""
        values: frozenset[Any] = frozenset()
        for part in shape.alternatives:
            found = self._values(part, 0)
            if found is None:
                return None
            values |= found
        return values

    def _values(self, part: SchemaPart, depth: int) -> frozenset[Any] | None:
        schema = part.schema
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return None
        listed = schema.get("enum", [schema["const"]] if "const" in schema else None)
        if isinstance(listed, list) and not any(isinstance(each, dict | list) for each in listed):
            return frozenset(listed)
        for other in self._conjuncts(part):
            found = self._values(other, depth + 1)
            if found is not None:
                return found
        return None

    def always(self, shape: Shape, name: str) -> bool:
        """Whether every alternative requires the field; of a list, of each of its items."""
        return bool(shape.alternatives) and all(self._requires(part, name, 0) for part in shape.alternatives)

    def _requires(self, part: SchemaPart, name: str, depth: int) -> bool:
        if not isinstance(part.schema, Mapping) or depth > _DEEPEST:
            return False
        required = part.schema.get("required")
        if isinstance(required, list) and name in required:
            return True
        if "items" in part.schema and self._requires(SchemaPart(part.schema["items"], part.document), name, depth + 1):
            return True
        return any(self._requires(other, name, depth + 1) for other in self._conjuncts(part))

    def _kinds(self, part: SchemaPart, depth: int) -> set[str]:
        schema = part.schema
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return set()
        own = _types(schema)
        for other in self._conjuncts(part):
            own = own or self._kinds(other, depth + 1)
        return own

    def _field(self, part: SchemaPart, name: str, depth: int) -> _Found:
        schema = part.schema
        if schema is False:
            return _Found(closed=True)
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return _Found()
        found = self._own_field(part, schema, name, depth)
        for other in self._conjuncts(part):
            found.both(self._field(other, name, depth + 1))
        for word in ("anyOf", "oneOf"):
            found.both(self._one_of(part, schema.get(word), name, depth))
        for word in ("then", "else"):
            if word in schema:
                found.declared += self._field(SchemaPart(schema[word], part.document), name, depth + 1).declared
        return found

    def _one_of(self, part: SchemaPart, branches: object, name: str, depth: int) -> _Found:
        if not isinstance(branches, list) or not branches:
            return _Found()
        each = [self._field(SchemaPart(branch, part.document), name, depth + 1) for branch in branches]
        return _Found([inner for found in each for inner in found.declared], all(found.closed for found in each))

    def _own_field(self, part: SchemaPart, schema: Mapping[str, Any], name: str, depth: int) -> _Found:
        """What the keywords of the part itself say, without those that combine schemas."""
        types = _types(schema)
        found = _Found()
        properties = schema.get("properties")
        additional = schema.get("additionalProperties")
        if isinstance(properties, Mapping) and name in properties:
            found.declared.append(SchemaPart(properties[name], part.document))
        elif isinstance(additional, Mapping):
            found.declared.append(SchemaPart(additional, part.document))
        shut = additional is False or schema.get("unevaluatedProperties") is False
        object_closed = shut and not schema.get("patternProperties")
        items = _Found()
        if "array" in types or (not types and "items" in schema):
            items = self._items(part, schema, name, depth)
            found.declared += items.declared
        found.closed = (
            ("object" not in types or object_closed) and ("array" not in types or items.closed)
            if types
            else object_closed
        )
        return found

    def _items(self, part: SchemaPart, schema: Mapping[str, Any], name: str, depth: int) -> _Found:
        if "prefixItems" in schema or "items" not in schema:
            return _Found()
        return self._field(SchemaPart(schema["items"], part.document), name, depth + 1)

    def _conjuncts(self, part: SchemaPart) -> Iterator[SchemaPart]:
        """The schemas that must hold besides: those of `$ref` and `allOf`."""
        schema = part.schema
        target = self._target(part, schema.get("$ref"))
        if target is not None:
            yield target
        branches = schema.get("allOf")
        for branch in branches if isinstance(branches, list) else ():
            yield SchemaPart(branch, part.document)

    def _parts(self, part: SchemaPart, depth: int) -> Iterator[SchemaPart]:
        """The part and all that it is combined of, items of lists among them."""
        yield part
        if not isinstance(part.schema, Mapping) or depth > _DEEPEST // 4:
            return
        inner = list(self._conjuncts(part))
        for word in ("anyOf", "oneOf"):
            branches = part.schema.get(word)
            inner += [SchemaPart(each, part.document) for each in branches] if isinstance(branches, list) else []
        if "items" in part.schema:
            inner.append(SchemaPart(part.schema["items"], part.document))
        for each in inner:
            yield from self._parts(each, depth + 1)

    def _target(self, part: SchemaPart, reference: object) -> SchemaPart | None:
        if not isinstance(reference, str):
            return None
        address, _, pointer = reference.partition("#")
        try:
            document = self._resolve(address) if address else part.document
        except LookupError:
            return None
        value: Any = document
        for key in filter(None, pointer.split("/")):
            name = key.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, Mapping) or name not in value:
                return None
            value = value[name]
        return SchemaPart(value, document)


def _types(schema: Mapping[str, Any]) -> set[str]:
    declared = schema.get("type")
    if isinstance(declared, str):
        return {declared}
    return {str(each) for each in declared} if isinstance(declared, list) else set()

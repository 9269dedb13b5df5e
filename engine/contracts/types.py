"""What a JSON Schema says of values, as the types of expressions; what it leaves open stays open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from engine.jsonata.types.lattice import (
    ANY,
    NEVER,
    Atom,
    Boolean,
    Lazy,
    List,
    Null,
    Number,
    Record,
    Text,
    Type,
    union,
)
from engine.jsonata.types.meet import Fields, meet

Resolve = Callable[[str], Mapping[str, Any]]
"""The schema document of an address such as `crossdock:ENTITY/N`; raises LookupError."""

_DEEPEST = 30

_OBJECT_WORDS = ("properties", "required", "additionalProperties", "patternProperties", "unevaluatedProperties")


class SchemaTypes:
    """Turns schemas into types. Equal parts of one document are turned once."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._types: dict[int, tuple[Any, Type]] = {}

    def type_of(self, schema: Any, document: Mapping[str, Any]) -> Type:
        """The type of what is valid by a schema, which is a part of a document."""
        return self._type(schema, document, 0)

    def _type(self, schema: Any, document: Mapping[str, Any], depth: int) -> Type:
        if schema is False:
            return NEVER
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return ANY
        cached = self._types.get(id(schema))
        if cached is not None and cached[0] is schema:
            return cached[1]
        made = self._made(schema, document, depth)
        self._types[id(schema)] = (schema, made)
        return made

    def _made(self, schema: Mapping[str, Any], document: Mapping[str, Any], depth: int) -> Type:
        result = self._own(schema, document)
        for other, home in self._conjuncts(schema, document):
            result = meet(result, self._type(other, home, depth + 1))
        for word in ("anyOf", "oneOf"):
            branches = schema.get(word)
            if isinstance(branches, list) and branches:
                result = meet(result, union(self._type(each, document, depth + 1) for each in branches))
        for word in ("then", "else"):
            if word in schema:
                result = _perhaps(result, self._type(schema[word], document, depth + 1))
        if schema.get("nullable") is True and not result.any:
            result = union((result, Type((Null(),))))
        if schema.get("unevaluatedProperties") is False:
            result = _closed(result)
        return result

    def _conjuncts(
        self, schema: Mapping[str, Any], document: Mapping[str, Any]
    ) -> Iterator[tuple[Any, Mapping[str, Any]]]:
        """The schemas that must hold besides: those of `$ref` and `allOf`."""
        if isinstance(schema.get("$ref"), str):
            yield self._target(schema["$ref"], document)
        branches = schema.get("allOf")
        for branch in branches if isinstance(branches, list) else ():
            yield branch, document

    def _target(self, reference: str, document: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        address, _, pointer = reference.partition("#")
        try:
            home = self._resolve(address) if address else document
        except LookupError:
            return True, document
        value: Any = home
        for key in filter(None, pointer.split("/")):
            name = key.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, Mapping) or name not in value:
                return True, document
            value = value[name]
        return value, home

    def _own(self, schema: Mapping[str, Any], document: Mapping[str, Any]) -> Type:
        """What the keywords say that stand in the schema itself."""
        declared = schema.get("type")
        kinds = [declared] if isinstance(declared, str) else declared if isinstance(declared, list) else None
        listed = [schema["const"]] if "const" in schema else schema.get("enum")
        if isinstance(listed, list):
            return _listed(listed, kinds)
        if kinds is None and any(word in schema for word in _OBJECT_WORDS):
            kinds = ["object"]
        elif kinds is None and ("items" in schema or "prefixItems" in schema):
            kinds = ["array"]
        if kinds is None:
            return ANY
        return Type(tuple(atom for kind in kinds for atom in self._atoms(str(kind), schema, document)))

    def _atoms(self, kind: str, schema: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Atom]:
        if kind == "null":
            yield Null()
        elif kind == "boolean":
            yield Boolean()
        elif kind == "string":
            yield _text(schema)
        elif kind in ("number", "integer"):
            yield _number(schema, kind == "integer")
        elif kind == "array":
            items = schema.get("items", True) if "prefixItems" not in schema else True
            least, most = schema.get("minItems"), schema.get("maxItems")
            of = Lazy(lambda: self._type(items, document, 0))
            yield List(of, least if isinstance(least, int) else 0, most if isinstance(most, int) else None)
        elif kind == "object":
            yield self._record(schema, document)

    def _record(self, schema: Mapping[str, Any], document: Mapping[str, Any]) -> Record:
        properties, patterns = schema.get("properties"), schema.get("patternProperties")
        additional = schema.get("additionalProperties")
        required = schema.get("required")
        parts = properties if isinstance(properties, Mapping) else {}
        named = patterns if isinstance(patterns, Mapping) else {}
        stated = additional is not None or not parts or "propertyNames" in schema
        return Record(
            _Parts({str(name): part for name, part in parts.items()}, lambda part: self._type(part, document, 0)),
            frozenset(map(str, required)) if isinstance(required, list) else frozenset(),
            None if additional is False else self._rest(additional, document),
            stated,
            tuple((str(name), self._later(part, document)) for name, part in named.items()),
            str(schema.get("title", "")),
        )

    def _rest(self, additional: object, document: Mapping[str, Any]) -> Type:
        return self._type(additional, document, 0) if isinstance(additional, Mapping) else ANY

    def _later(self, part: Any, document: Mapping[str, Any]) -> Lazy:
        return Lazy(lambda: self._type(part, document, 0))


class _Parts(Mapping[str, Type]):
    """The declared fields of a schema, turned into types when they are asked for."""

    __slots__ = ("_convert", "_found", "_parts")

    def __init__(self, parts: Mapping[str, Any], convert: Callable[[Any], Type]) -> None:
        self._parts = parts
        self._convert = convert
        self._found: dict[str, Type] = {}

    def __getitem__(self, name: str) -> Type:
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._convert(self._parts[name])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __contains__(self, name: object) -> bool:
        return name in self._parts


def _text(schema: Mapping[str, Any]) -> Text:
    form, pattern = schema.get("format"), schema.get("pattern")
    least, most = schema.get("minLength"), schema.get("maxLength")
    return Text(
        None,
        form if isinstance(form, str) else None,
        pattern if isinstance(pattern, str) else None,
        least if isinstance(least, int) else 0,
        most if isinstance(most, int) else None,
    )


def _number(schema: Mapping[str, Any], integer: bool) -> Number:
    def bound(word: str) -> int | Decimal | None:
        value = schema.get(word)
        if isinstance(value, float):
            return Decimal(repr(value))
        return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None

    return Number(None, integer, bound("minimum"), bound("maximum"), bound("multipleOf"))


def _listed(values: list[Any], kinds: list[Any] | None) -> Type:
    """The type of an `enum`, without the values that its `type` refuses."""
    texts = frozenset(value for value in values if isinstance(value, str))
    numbers = frozenset(value for value in values if isinstance(value, int | Decimal) and not isinstance(value, bool))
    atoms: list[Atom] = []
    if texts and (kinds is None or "string" in kinds):
        atoms.append(Text(texts))
    if numbers and (kinds is None or "number" in kinds or "integer" in kinds):
        whole = all(isinstance(value, int) for value in numbers)
        atoms.append(Number(numbers, whole))
    if kinds is None or "boolean" in kinds:
        atoms += [Boolean(value) for value in values if isinstance(value, bool)]
    if None in values and (kinds is None or "null" in kinds):
        atoms.append(Null())
    return Type(tuple(atoms), any(isinstance(value, dict | list | float) for value in values))


def _perhaps(whole: Type, branch: Type) -> Type:
    """The fields that a conditional branch declares may be there as well; what it refuses does not count."""
    extra = [atom for atom in branch.atoms if isinstance(atom, Record)]
    if not extra:
        return whole
    atoms = tuple(_widened(atom, extra[0]) if isinstance(atom, Record) else atom for atom in whole.atoms)
    return Type(atoms, whole.any, whole.absent, whole.at)


def _widened(record: Record, extra: Record) -> Record:
    added = {name: None for name in extra.fields if name not in record.fields}
    if not added:
        return record
    fields = Fields({**dict.fromkeys(record.fields), **added}, record.fields, _Some(extra.fields, added))
    return replace(record, fields=fields)


class _Some(Mapping[str, Type]):
    """Some fields of a mapping."""

    __slots__ = ("_fields", "_names")

    def __init__(self, fields: Mapping[str, Type], names: Mapping[str, None]) -> None:
        self._fields = fields
        self._names = names

    def __getitem__(self, name: str) -> Type:
        if name not in self._names:
            raise KeyError(name)
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _closed(whole: Type) -> Type:
    atoms = tuple(replace(atom, rest=None) if isinstance(atom, Record) else atom for atom in whole.atoms)
    return Type(atoms, whole.any, whole.absent, whole.at)

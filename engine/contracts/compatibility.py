"""What a change of a contract means for those who use it.

Whoever *writes* documents breaks when the new contract refuses what the old one took; whoever *reads* them breaks when
it lets through what the old one did not. A change that breaks neither is compatible: an optional field more, another
description. Where the schemas do not show it, as when a pattern changes, both count as broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.contracts.values import PathParts, shown

Resolve = Callable[[str], Mapping[str, Any]]
"""The schema of a `crossdock:ENTITY/N` address; raises LookupError."""

Party = Literal["readers", "writers"]
Kind = Literal["added", "removed", "required", "optional", "type", "values", "bound", "other"]

READERS: frozenset[Party] = frozenset({"readers"})
WRITERS: frozenset[Party] = frozenset({"writers"})
BOTH = READERS | WRITERS
NOBODY: frozenset[Party] = frozenset()

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_WHOLE = (
    "pattern", "format", "multipleOf", "uniqueItems", "propertyNames", "patternProperties", "contains", "not", "if",
    "then", "else", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef",
)  # fmt: skip
_TYPES = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
_ANNOTATIONS = frozenset(
    {"title", "description", "examples", "default", "deprecated", "$comment", "readOnly", "writeOnly"}
)
_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_HEADER = frozenset({"$schema", "$id", "$defs", "definitions"})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `path` names the field as `lines[].sku`, empty for the document itself; `place` is where it
    stands in the new schema, or what it stood in where it is gone. `breaks` are those who can no longer use it."""

    kind: Kind
    path: str
    place: PathParts
    old: str
    new: str
    breaks: frozenset[Party]

    def __str__(self) -> str:
        field = f"'{self.path}'" if self.path else "the document"
        said = {
            "added": f"{field} is new",
            "removed": f"{field} is gone",
            "required": f"{field} is required now",
            "optional": f"{field} is no longer required",
        }.get(self.kind)
        return said or f"{field} was {self.old} and is {self.new}"


def changes(
    old: Mapping[str, Any], new: Mapping[str, Any], *, old_resolve: Resolve, new_resolve: Resolve
) -> tuple[Change, ...]:
    """Every difference between two versions of a JSON Schema that matters to readers or writers, and each field more.

    A reference with equal text on both sides to another document is not followed: its changes are that document's. The
    definitions of a document that describes nothing itself, such as `common`, are compared by name.
    """
    before, after = _Part(old, old, old_resolve), _Part(new, new, new_resolve)
    comparison = _Comparison()
    if _describes(old) or _describes(new):
        return tuple(dict.fromkeys(comparison.parts(before, after, "", ())))
    return tuple(dict.fromkeys(comparison.definitions(before, after)))


def is_compatible(changed: tuple[Change, ...]) -> bool:
    """Whether nobody breaks."""
    return not any(change.breaks for change in changed)


def _describes(schema: Mapping[str, Any]) -> bool:
    return any(key not in _HEADER for key in _plain(schema))


@dataclass(frozen=True, slots=True)
class _Part:
    """A schema with the document that its local references point into."""

    schema: Any
    document: Mapping[str, Any]
    resolve: Resolve

    def inner(self, schema: Any) -> _Part:
        return _Part(schema, self.document, self.resolve)

    @property
    def reference(self) -> str | None:
        found = self.schema.get("$ref") if isinstance(self.schema, Mapping) else None
        return found if isinstance(found, str) else None

    @property
    def beside(self) -> dict[str, Any]:
        """What stands beside the reference."""
        return {key: value for key, value in self.schema.items() if key != "$ref" and key not in _ANNOTATIONS}

    def followed(self) -> tuple[_Part, PathParts | None]:
        """With references filled in, and where the first of them leads if it stays in the document."""
        part, place = self, None
        for hop in range(20):
            reference = part.reference
            if reference is None:
                break
            address, _, pointer = reference.partition("#")
            keys = tuple(key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:])
            try:
                document = part.resolve(address) if address else part.document
                target: Any = document
                for key in keys:
                    target = target[key]
            except (LookupError, TypeError):
                break
            place = keys if not address and not hop else place
            both = {**target, **part.beside} if part.beside and isinstance(target, Mapping) else target
            part = _Part(both, document, part.resolve)
        return part, place


class _Comparison:
    def __init__(self) -> None:
        self._seen: set[tuple[str, str, int, int]] = set()

    def definitions(self, old: _Part, new: _Part) -> Iterator[Change]:
        before, after = old.schema.get("$defs", {}), new.schema.get("$defs", {})
        for name in before:
            if name not in after:
                yield Change("removed", name, ("$defs",), "there", "gone", BOTH)
            else:
                yield from self.parts(old.inner(before[name]), new.inner(after[name]), name, ("$defs", name))

    def parts(self, old: _Part, new: _Part, path: str, place: PathParts) -> Iterator[Change]:
        """Compare two schemas that describe the same place of a document."""
        if old.reference is not None and old.reference == new.reference and not old.reference.startswith("#"):
            old, new = old.inner(old.beside), new.inner(new.beside)
        if old.reference is not None and new.reference is not None:
            key = (old.reference, new.reference, id(old.document), id(new.document))
            if key in self._seen:
                return
            self._seen.add(key)
        old, _ = old.followed()
        new, within = new.followed()
        place = within if within is not None else place
        if isinstance(old.schema, Mapping) and isinstance(new.schema, Mapping):
            yield from self._keywords(old, new, path, place)
        elif _takes(old.schema) != _takes(new.schema):
            breaks = WRITERS if new.schema is False else READERS if old.schema is False else BOTH
            yield Change("other", path, place, _takes(old.schema), _takes(new.schema), breaks)

    def _keywords(self, old: _Part, new: _Part, path: str, place: PathParts) -> Iterator[Change]:
        yield from _types(old.schema, new.schema, path, place)
        yield from _values(old.schema, new.schema, path, place)
        yield from _bounds(old.schema, new.schema, path, place)
        yield from self._fields(old, new, path, place)
        yield from self._items(old, new, path, place)
        yield from self._branches(old, new, path, place)

    def _fields(self, old: _Part, new: _Part, path: str, place: PathParts) -> Iterator[Change]:
        before, after = old.schema.get("properties", {}), new.schema.get("properties", {})
        needed = set(new.schema.get("required", ()))
        for name, schema in before.items():
            inner = f"{path}.{name}" if path else name
            if name in after:
                at = (*place, "properties", name)
                yield from self.parts(old.inner(schema), new.inner(after[name]), inner, at)
            else:
                breaks = BOTH if _closed(new.schema) else READERS
                yield Change("removed", inner, (*place, "properties"), "there", "gone", breaks)
        for name in after:
            if name not in before:
                inner = f"{path}.{name}" if path else name
                breaks = WRITERS if name in needed else NOBODY
                yield Change("added", inner, (*place, "properties", name), "not there", "there", breaks)
        yield from _required(old.schema, new.schema, path, place)
        yield from self._further(old, new, path, place)

    def _further(self, old: _Part, new: _Part, path: str, place: PathParts) -> Iterator[Change]:
        """Fields that are not named."""
        before = old.schema.get("additionalProperties", True)
        after = new.schema.get("additionalProperties", True)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            at = (*place, "additionalProperties")
            yield from self.parts(old.inner(before), new.inner(after), f"{path}.*" if path else "*", at)
        elif before != after:
            narrower = after is False or before is True
            yield Change("other", path, place, _openness(before), _openness(after), WRITERS if narrower else READERS)

    def _items(self, old: _Part, new: _Part, path: str, place: PathParts) -> Iterator[Change]:
        if "items" in old.schema or "items" in new.schema:
            before, after = old.inner(old.schema.get("items", True)), new.inner(new.schema.get("items", True))
            yield from self.parts(before, after, f"{path}[]", (*place, "items"))
        firsts = (old.schema.get("prefixItems", []), new.schema.get("prefixItems", []))
        for index, (one, other) in enumerate(zip(*firsts, strict=False)):
            yield from self.parts(old.inner(one), new.inner(other), f"{path}[{index}]", (*place, "prefixItems", index))
        if len(firsts[0]) != len(firsts[1]):
            was, now = (f"a list of {len(each)} first items" for each in firsts)
            yield Change("other", path, place, was, now, BOTH)

    def _branches(self, old: _Part, new: _Part, path: str, place: PathParts) -> Iterator[Change]:
        """Schemas that hold together or in place of each other, in their order."""
        for word in ("allOf", "anyOf", "oneOf"):
            before, after = old.schema.get(word, []), new.schema.get(word, [])
            for index, (one, other) in enumerate(zip(before, after, strict=False)):
                yield from self.parts(old.inner(one), new.inner(other), path, (*place, word, index))
            if len(before) != len(after):
                narrower = (len(after) > len(before)) == (word == "allOf" or not before or not after)
                was, now = (f"{len(each)} schemas of {word}" for each in (before, after))
                yield Change("other", path, place, was, now, WRITERS if narrower else READERS)
        for word in _WHOLE:
            one, other = old.schema.get(word), new.schema.get(word)
            if _plain(one, word in _NAMED) != _plain(other, word in _NAMED):
                breaks = WRITERS if one is None else READERS if other is None else BOTH
                yield Change("bound", path, place, _worded(word, one), _worded(word, other), breaks)


# -- one keyword at a time


def _required(old: Mapping[str, Any], new: Mapping[str, Any], path: str, place: PathParts) -> Iterator[Change]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(before ^ after):
        inner = f"{path}.{name}" if path else name
        at = (*place, "required") if "required" in new else place
        if name in after and (name in old.get("properties", {}) or name not in new.get("properties", {})):
            yield Change("required", inner, at, "optional", "required", WRITERS)
        elif name in before and (name in new.get("properties", {}) or name not in old.get("properties", {})):
            yield Change("optional", inner, at, "required", "optional", READERS)


def _types(old: Mapping[str, Any], new: Mapping[str, Any], path: str, place: PathParts) -> Iterator[Change]:
    before, after = _type_set(old), _type_set(new)
    if before != after:
        breaks = (WRITERS if before - after else NOBODY) | (READERS if after - before else NOBODY)
        yield Change("type", path, place, _listed(before), _listed(after), breaks)


def _type_set(schema: Mapping[str, Any]) -> frozenset[str]:
    declared = schema.get("type")
    if declared is None:
        return _TYPES
    types = frozenset([declared] if isinstance(declared, str) else declared)
    return types | {"integer"} if "number" in types else types


def _listed(types: frozenset[str]) -> str:
    if types >= _TYPES:
        return "anything"
    return " or ".join(sorted(types - ({"integer"} if "number" in types else set())))


def _values(old: Mapping[str, Any], new: Mapping[str, Any], path: str, place: PathParts) -> Iterator[Change]:
    before, after = _value_list(old), _value_list(new)
    if before is None and after is None:
        return
    if before is None or after is None:
        words = ("one of any value", f"one of {_some(after or before or [])}")
        breaks = WRITERS if before is None else READERS
        was, now = words if before is None else words[::-1]
        yield Change("values", path, place, was, now, breaks)
        return
    gone = [value for value in before if value not in after]
    more = [value for value in after if value not in before]
    if gone or more:
        breaks = (WRITERS if gone else NOBODY) | (READERS if more else NOBODY)
        yield Change("values", path, place, f"one of {_some(before)}", f"one of {_some(after)}", breaks)


def _value_list(schema: Mapping[str, Any]) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    listed = schema.get("enum")
    return listed if isinstance(listed, list) else None


def _some(values: list[Any]) -> str:
    listed = ", ".join(shown(value) for value in values[:8])
    return listed if len(values) <= 8 else f"{listed} and {len(values) - 8} more"


def _bounds(old: Mapping[str, Any], new: Mapping[str, Any], path: str, place: PathParts) -> Iterator[Change]:
    for words, sign in ((_LOWER, 1), (_UPPER, -1)):
        for word in words:
            before, after = old.get(word), new.get(word)
            if before == after:
                continue
            tighter = after is not None and (before is None or (after - before) * sign > 0)
            breaks = WRITERS if tighter else READERS
            yield Change("bound", path, place, _worded(word, before), _worded(word, after), breaks)


def _worded(word: str, value: Any) -> str:
    return f"without {word}" if value is None else f"of {word} {shown(value)}"


# -- what counts as equal


def _plain(value: Any, names: bool = False) -> Any:
    """The schema without annotations; `names` where its keys are names of fields."""
    if isinstance(value, Mapping):
        return {
            key: _plain(inner, not names and key in _NAMED)
            for key, inner in value.items()
            if names or (key not in _ANNOTATIONS and not key.startswith("x-"))
        }
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _closed(schema: Mapping[str, Any]) -> bool:
    return schema.get("additionalProperties", schema.get("unevaluatedProperties", True)) is False


def _openness(further: Any) -> str:
    return "closed" if further is False else "open" if further is True else "open to fields of one kind"


def _takes(schema: Any) -> str:
    return "nothing" if schema is False else "anything" if schema is True or schema == {} else "something"

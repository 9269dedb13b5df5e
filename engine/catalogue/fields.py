"""The fields of a canonical entity as rows: what each is, whether it must be there, what other standards call it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.contracts.checking import LOCAL_SCHEME
from engine.contracts.registry import Contract, ContractRegistry

_DEEPEST = 7
_ALTERNATIVES = ("anyOf", "oneOf", "allOf")


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field: `lines[].quantity.value`. `maps` are its counterparts by standard; `inherited` when they are those of
    the shared definition that it refers to."""

    path: str
    kind: str
    required: bool
    description: str
    maps: Mapping[str, str]
    inherited: bool = False


def fields_of(contract: Contract, contracts: ContractRegistry) -> Iterator[FieldRow]:
    """The fields of an entity, outermost first, in the order of its file."""
    yield from _below(contract.schema.document, contract.name, "", contracts, ())


def counterparts_of(contract: Contract) -> Mapping[str, str]:
    """What other standards call the entity itself."""
    return _maps(contract.schema.document)


def _below(
    schema: Mapping[str, Any], name: str, path: str, contracts: ContractRegistry, seen: tuple[str, ...]
) -> Iterator[FieldRow]:
    """The fields below one schema of the contract `name`."""
    schema, name, seen = _resolved(schema, name, contracts, seen)
    if len(seen) > _DEEPEST * 4 or path.count(".") >= _DEEPEST:
        return
    required = schema.get("required", ())
    for field, part in schema.get("properties", {}).items():
        if not isinstance(part, Mapping):
            continue
        here = f"{path}.{field}" if path else str(field)
        yield from _field(part, name, here, field in required, contracts, seen)
    for keyword in _ALTERNATIVES:
        for part in schema.get(keyword, ()):
            if isinstance(part, Mapping) and ("properties" in part or "$ref" in part):
                yield from _below(part, name, path, contracts, seen)


def _field(
    part: Mapping[str, Any],
    name: str,
    path: str,
    required: bool,
    contracts: ContractRegistry,
    seen: tuple[str, ...],
) -> Iterator[FieldRow]:
    target, owner, met = _resolved(part, name, contracts, seen)
    own = _maps(part)
    items = target.get("items")
    listed = isinstance(items, Mapping)
    here = f"{path}[]" if listed else path
    element = _resolved(items, owner, contracts, met) if isinstance(items, Mapping) else (target, owner, met)
    inherited = {} if own else (_maps(target) or _maps(element[0]))
    description = str(part.get("description") or target.get("description", ""))
    yield FieldRow(here, _kind(target, element[0]), required, description, own or inherited, bool(inherited))
    if len(element[2]) == len(set(element[2])):
        yield from _below(element[0], element[1], here, contracts, element[2])


def _resolved(
    schema: Mapping[str, Any], name: str, contracts: ContractRegistry, seen: tuple[str, ...]
) -> tuple[Mapping[str, Any], str, tuple[str, ...]]:
    """The schema that a reference leads to, the contract it stands in, and the references on the way."""
    while isinstance(schema.get("$ref"), str) and len(seen) < 40:
        address, _, place = schema["$ref"].partition("#")
        name = address.removeprefix(f"{LOCAL_SCHEME}:") or name
        seen = (*seen, f"{name}#{place}")
        target: Any = contracts.resolve(f"{LOCAL_SCHEME}:{name}")
        for step in filter(None, place.split("/")):
            target = target[step.replace("~1", "/").replace("~0", "~")] if isinstance(target, Mapping) else {}
        schema = target
    return schema, name, seen


def _maps(schema: Mapping[str, Any]) -> Mapping[str, str]:
    found = schema.get("x-maps")
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, Mapping) else {}


def _kind(schema: Mapping[str, Any], element: Mapping[str, Any]) -> str:
    """The kind of value in a word or two."""
    if schema is not element:
        return f"list of {_kind(element, element)}"
    values = schema.get("enum")
    if values:
        listed = ", ".join(map(str, values[:6]))
        return f"{listed}, …" if len(values) > 6 else listed
    kind = schema.get("type")
    words = " or ".join(map(str, kind)) if isinstance(kind, list | tuple) else str(kind or "")
    form = schema.get("format")
    return f"{words} ({form})" if form else words or ("object" if "properties" in schema else "any")

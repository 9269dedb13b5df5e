"""The places of a parsed model: paths in the names of the program, places in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from engine.config.tree import Marks
from engine.fields.marks import Mark, TextOrigin


@dataclass(frozen=True, slots=True)
class Places:
    """Finds the place of a model's fields: `places.value("steps", 0, "payload")` is where `with` stands in the file.

    Path parts are field names (or the file's own keys), keys of mappings and indexes. A field that the file leaves out
    has the place of what it would stand in. `known` remembers what was asked for.
    """

    model: BaseModel
    marks: Marks
    known: dict[tuple[str | int, ...], Mark] = field(default_factory=dict, repr=False, compare=False)

    def value(self, *path: str | int) -> Mark:
        """Where the value begins."""
        mark = self.known.get(path)
        if mark is None:
            mark = self.known[path] = self.marks.value(self._spelled(path))
        return mark

    def key(self, *path: str | int) -> Mark:
        """Where the key of the value stands."""
        return self.marks.key(self._spelled(path))

    def text_origin(self, *path: str | int) -> TextOrigin | None:
        """Where the characters of a text stand; None where the file has no text."""
        return self.marks.text_origin(self._spelled(path))

    def _spelled(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """The path in the file's own keys."""
        spelled: list[str | int] = []
        current: Any = self.model
        for part in path:
            spelled.append(_key(current, part))
            current = _below(current, part)
        return tuple(spelled)


@cache
def _keys(model: type[BaseModel]) -> Mapping[str, str]:
    """The file's own key of each field of a model."""
    aliases = {name: field.validation_alias for name, field in model.model_fields.items()}
    return MappingProxyType({name: alias if isinstance(alias, str) else name for name, alias in aliases.items()})


@cache
def _fields(model: type[BaseModel]) -> Mapping[str, str]:
    """The field of each of a file's own keys."""
    return MappingProxyType({key: name for name, key in _keys(model).items()})


def _key(owner: Any, part: str | int) -> str | int:
    return _keys(type(owner)).get(str(part), part) if isinstance(owner, BaseModel) else part


def _below(owner: Any, part: str | int) -> Any:
    if isinstance(owner, BaseModel):
        name = str(part)
        return getattr(owner, _fields(type(owner)).get(name, name), None)
    if isinstance(owner, Mapping):
        return owner.get(part)
    if isinstance(owner, list | tuple) and isinstance(part, int):
        return owner[part] if part < len(owner) else None
    return None

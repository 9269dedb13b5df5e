"""A loaded file: plain values, and beside them the places of every key and value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from engine.fields.marks import Mark, Text, TextOrigin

Path = Sequence[str | int]
"""Keys and indexes from the root of a file: `("steps", 0, "call")`."""


class Place(Struct):
    """Where one value stands, with the places of what is in it. `size` and `height` count aliases in full."""

    mark: Mark
    text: TextOrigin | None = None
    keys: dict[str | int, Mark] = {}
    children: dict[str | int, Place] = {}
    size: int = 1
    height: int = 0

    def put(self, key: str | int, child: Place, mark: Mark | None = None) -> None:
        """Add what stands under a key or index; `mark` is the key's own place."""
        self.children[key] = child
        self.keys[key] = mark or child.mark
        self.size += child.size
        self.height = max(self.height, child.height + 1)


@dataclass(frozen=True, slots=True)
class Marks:
    """The places of one file. A path that is not in the file has the place of its nearest ancestor that is."""

    file: str
    root: Place

    def value(self, path: Path = ()) -> Mark:
        """Where the value begins."""
        return self._walk(path)[-1].mark

    def key(self, path: Path) -> Mark:
        """Where the value's key stands; for an item of a list, where the item begins."""
        places = self._walk(path)
        depth = len(places) - 1
        return places[-2].keys[path[depth - 1]] if depth else self.root.mark

    def text_origin(self, path: Path) -> TextOrigin | None:
        """Where the characters of a text stand; None where there is no text."""
        places = self._walk(path)
        return places[-1].text if len(places) == len(path) + 1 else None

    def has(self, path: Path) -> bool:
        """Whether the file has a value at this path."""
        return len(self._walk(path)) == len(path) + 1

    def _walk(self, path: Path) -> list[Place]:
        """The places from the root down, as far as the file has them."""
        places = [self.root]
        for key in path:
            child = places[-1].children.get(key)
            if child is None:
                break
            places.append(child)
        return places


@dataclass(frozen=True, slots=True)
class Node:
    """A loaded file: `value` is dicts, lists, texts (`Text`), ints, Decimals, booleans and None."""

    value: Any
    marks: Marks


def plain(value: Any) -> Any:
    """The same value with ordinary texts, for libraries that want exact types."""
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value

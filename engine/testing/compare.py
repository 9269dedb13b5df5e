"""Where two documents differ. Numbers are compared as they are written, for 19.90 and 19.9 are not the same text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import exact_json

_LONGEST = 300
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: where, what was expected, what was found. Both are words for a person."""

    path: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, got {self.got}"


def differences(expected: Any, got: Any, path: str) -> Iterator[Difference]:
    """Where two documents differ, a field each."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for name in dict.fromkeys((*expected, *got)):
            yield from differences(expected.get(name, _NOTHING), got.get(name, _NOTHING), below(path, str(name)))
    elif _is_list(expected) and _is_list(got):
        for index in range(max(len(expected), len(got))):
            yield from differences(_item(expected, index), _item(got, index), f"{path}[{index}]")
    elif not _same(expected, got):
        yield Difference(path, shown(expected), shown(got))


def lacking(expected: Any, got: Any, path: str) -> Iterator[Difference]:
    """What a document lacks of what it shall contain: of a mapping the named keys, of a list its items in any order."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for name, value in expected.items():
            yield from lacking(value, got.get(name, _NOTHING), below(path, str(name)))
    elif _is_list(expected) and _is_list(got):
        for item in expected:
            if not any(next(lacking(item, other, ""), None) is None for other in got):
                yield Difference(path, f"an item {shown(item)}", f"none among {len(got)}: {shown(got)}")
    elif not _same(expected, got):
        yield Difference(path, shown(expected), shown(got))


def below(path: str, name: str) -> str:
    """The path of a field."""
    plain = name.replace("_", "").replace("-", "").isalnum()
    step = name if plain else f"`{name}`"
    return f"{path}.{step}" if path else step


def shown(value: Any) -> str:
    """A value as JSON, cut when it is long."""
    if value is _NOTHING:
        return "nothing"
    text = _written(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _same(expected: Any, got: Any) -> bool:
    if isinstance(expected, str) and isinstance(got, str):
        return expected == got
    if expected is _NOTHING or got is _NOTHING:
        return expected is got
    return _written(expected) == _written(got)


def _written(value: Any) -> str:
    try:
        return exact_json.encode(plain_document(value)).decode()
    except (TypeError, ValueError):
        return repr(value)


def plain_document(value: Any) -> Any:
    """The same document of ordinary texts, dicts and lists."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain_document(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_document(item) for item in value]
    return value


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _item(items: Sequence[Any], index: int) -> Any:
    return items[index] if index < len(items) else _NOTHING

"""Reading a contract's YAML file: exact numbers, no surprises, bounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import yaml

MAX_BYTES = 1_000_000
MAX_DEPTH = 100

ReadDocument = Callable[[str, bytes], Mapping[str, Any]]
"""Reads one YAML file of contracts, by its path and bytes; raises `UnreadableDocument`."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,999})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,999})(?:\.[0-9]{1,1000})?(?:[eE][-+]?[0-9]{1,3})?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnreadableDocument(ValueError):
    """A file that is no usable YAML; `line` and `column` count from 1 and are 0 when the whole file is meant."""

    def __init__(self, file: str, expected: str, found: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"{file}:{line}:{column} expected {expected}, got {found}")
        self.file = file
        self.expected = expected
        self.found = found
        self.line = line
        self.column = column


def read_document(file: str, data: bytes) -> Mapping[str, Any]:
    """The mapping in a YAML file; decimals are `Decimal`, `yes`, `on` and dates are text, a key may stand once."""
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(file, f"at most {MAX_BYTES} bytes", f"{len(data)}")
    try:
        document = _Building().build(yaml.parse(data.decode("utf-8-sig"), Loader=_PARSER))
    except UnicodeDecodeError as error:
        raise UnreadableDocument(file, "UTF-8 text", f"another encoding at byte {error.start}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        raise UnreadableDocument(file, "YAML", error.problem or "something else", line, column) from None
    except yaml.YAMLError as error:
        raise UnreadableDocument(file, "YAML", str(error).partition("\n")[0]) from None
    if not isinstance(document, Mapping):
        raise UnreadableDocument(file, "a mapping", "something else")
    return document


class _Building:
    """Makes a document from the parser's events, one by one, so that no depth and no alias can surprise it."""

    def __init__(self) -> None:
        self._root: list[Any] = []
        self._open: list[list[Any] | dict[str, Any]] = [self._root]
        self._keys: list[str | None] = [None]

    def build(self, events: Iterable[Any]) -> Any:
        for event in events:
            if isinstance(event, yaml.AliasEvent):
                raise _refused("an alias, which is not allowed here", event)
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._start({} if isinstance(event, yaml.MappingStartEvent) else [], event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._open.pop()
                self._keys.pop()
        if len(self._root) > 1:
            raise yaml.YAMLError("more than one document")
        return self._root[0] if self._root else None

    def _start(self, collection: list[Any] | dict[str, Any], event: Any) -> None:
        if len(self._open) > MAX_DEPTH:
            raise _refused(f"more than {MAX_DEPTH} levels", event)
        self._add(collection, event)
        self._open.append(collection)
        self._keys.append(None)

    def _scalar(self, event: Any) -> None:
        into = self._open[-1]
        if isinstance(into, dict) and self._keys[-1] is None:
            if event.value in into:
                raise _refused(f"the key '{event.value}' a second time", event)
            self._keys[-1] = event.value
        else:
            self._add(_value(event.value) if event.implicit[0] else event.value, event)

    def _add(self, value: Any, event: Any) -> None:
        into, key = self._open[-1], self._keys[-1]
        if isinstance(into, list):
            into.append(value)
        elif key is None:
            raise _refused("a key that is no text", event)
        else:
            into[key] = value
            self._keys[-1] = None


def _value(text: str) -> Any:
    """A plain scalar is text unless it is exactly a JSON number, true, false or null."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _refused(problem: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)

"""Safe YAML loading that keeps the place of every key and value.

A small, exact subset of YAML: keys are text as written; `true` and `false` are the only booleans; numbers are JSON's
(integers of any size, decimals as Decimal); everything else is text. No tags, no merge keys; aliases within bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import yaml

from engine.config.findings import Findings
from engine.config.tree import Marks, Node, Place
from engine.config.yaml_errors import explain
from engine.fields.marks import Mark, Text, TextOrigin
from engine.fields.scalar import shown

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE]([-+]?[0-9]+))?")
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}
_FORBIDDEN = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_BREAKS = re.compile("\r\n?")

_TEXT_TAGS = (None, "!", "tag:yaml.org,2002:str")
_MOST_DIGITS = 1000
_MOST_EXPONENT = 400
MOST_BYTES = 1024 * 1024
MOST_NESTING = 64
MOST_VALUES = 100_000


class _Refused(Exception):
    """Loading cannot go on; the finding is already made."""


def load_yaml(text: str | bytes, file: str, findings: Findings) -> Node | None:
    """Load one YAML file.

    Returns None when there is nothing to go on with; otherwise the tree, even when there are findings (a key given
    twice, a tag), so that all of them come at once. Whatever the input, it ends in findings and never in an exception.
    """
    source = _decoded(text, file, findings)
    if source is None:
        return None
    composer = _Composer(source, file, findings)
    try:
        value, place = composer.document()
    except _Refused:
        return None
    return Node(value, Marks(file, place))


def scalar_value(text: str) -> Any:
    """What a plain YAML scalar stands for; a number out of bounds raises ValueError, other texts stay text."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return text
    if len(text) > _MOST_DIGITS or len(match[1] or "") > 5 or abs(int(match[1] or 0)) > _MOST_EXPONENT:
        raise ValueError(f"a number with up to {_MOST_DIGITS} digits and an exponent of up to {_MOST_EXPONENT}")
    return int(text) if _INTEGER.fullmatch(text) else Decimal(text)


def _decoded(text: str | bytes, file: str, findings: Findings) -> str | None:
    """The text with `\\n` line ends, or None with a finding when it is too large or no text."""
    if len(text) > MOST_BYTES:
        findings.add("XD108", Mark(file, 1, 1), expected="a file of at most 1 MiB", found=f"{len(text)} bytes or more")
        return None
    if isinstance(text, bytes):
        try:
            decoded = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            mark = _mark_at(text[: error.start].decode("utf-8", "replace"), file)
            found = f"the byte {text[error.start]:#04x}"
            findings.add("XD116", mark, expected="UTF-8 text", found=found, hint="save the file as UTF-8")
            return None
    else:
        decoded = text
    source = _BREAKS.sub("\n", decoded.removeprefix("\ufeff"))
    forbidden = _FORBIDDEN.search(source)
    if forbidden is not None:
        mark = _mark_at(source[: forbidden.start()], file)
        found = f"the character U+{ord(forbidden[0]):04X}"
        findings.add(
            "XD116", mark, expected="text without control characters", found=found, hint='write it as an escape in "…"'
        )
        return None
    return source


def _mark_at(before: str, file: str) -> Mark:
    return Mark(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


class _Composer:
    """Builds values and their places from the parser's events, within bounds."""

    def __init__(self, source: str, file: str, findings: Findings) -> None:
        self._source = source
        self._file = file
        self._findings = findings
        self._events = self._parse()
        self._anchors: dict[str, tuple[Any, Place]] = {}
        self._open: set[str] = set()
        self._values = 0

    def document(self) -> tuple[Any, Place]:
        """The one value of the file."""
        next(self._events)  # the stream begins
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            self._findings.add("XD115", Mark(self._file, 1, 1), "expected a mapping, got an empty file")
            raise _Refused
        loaded = self._value(next(self._events), 0)
        next(self._events)  # the document ends
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            self._findings.add("XD114", self._mark(event), "expected one document, got another after '---'")
        return loaded

    def _parse(self) -> Iterator[Any]:
        """The parser's events; an error of YAML's grammar becomes a finding."""
        loader = _Loader(self._source)
        try:
            while loader.check_event():
                yield loader.get_event()
        except yaml.YAMLError as error:
            line, column, message, hint = explain(error, self._source)
            self._findings.add("XD101", Mark(self._file, line, column), message, hint=hint)
            raise _Refused from None
        finally:
            loader.dispose()

    def _value(self, event: Any, depth: int) -> tuple[Any, Place]:
        if depth > MOST_NESTING:
            found = f"one {depth} deep"
            self._refuse("XD109", event, expected=f"values nested at most {MOST_NESTING} deep", found=found)
        self._values += 1
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        self._count(event)
        anchor = event.anchor
        if anchor is not None:
            self._open.add(anchor)
        if isinstance(event, yaml.ScalarEvent):
            loaded = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            loaded = self._list(event, depth)
        else:
            loaded = self._mapping(event, depth)
        if anchor is not None:
            self._open.discard(anchor)
            self._anchors[anchor] = loaded
        return loaded

    def _count(self, event: Any) -> None:
        if self._values > MOST_VALUES:
            self._refuse(
                "XD110", event, expected=f"at most {MOST_VALUES} values", found="more, with aliases counted in full"
            )

    def _alias(self, event: Any, depth: int) -> tuple[Any, Place]:
        """The anchored value once more; it counts as if it had been written out."""
        name = event.anchor
        if name in self._open or name not in self._anchors:
            where = "inside the value it names" if name in self._open else "that names nothing above it"
            self._refuse(
                "XD120", event, expected=f"{shown('*' + name)} to name a value above", found=f"an alias {where}"
            )
        value, place = self._anchors[name]
        self._values += place.size - 1
        self._count(event)
        if depth + place.height > MOST_NESTING:
            found = f"an alias that makes it {depth + place.height} deep"
            self._refuse("XD109", event, expected=f"values nested at most {MOST_NESTING} deep", found=found)
        return value, place

    def _scalar(self, event: Any) -> tuple[Any, Place]:
        mark = self._mark(event)
        origin = self._origin(event, mark)
        value: Any = event.value
        if event.tag not in _TEXT_TAGS:
            self._findings.add(
                "XD112", mark, expected="a value without a tag", found=shown(event.tag), hint="leave the tag out"
            )
        elif event.tag is None and event.implicit[0]:
            try:
                value = scalar_value(value)
            except ValueError as error:
                self._findings.add("XD117", mark, expected=str(error), found=f"one of {len(value)} characters")
                value = None
        if isinstance(value, str):
            value = Text(value, origin)
        return value, Place(mark, text=origin)

    def _list(self, event: Any, depth: int) -> tuple[Any, Place]:
        place = Place(self._mark(event))
        self._refuse_tag(event)
        values: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            value, child = self._value(event, depth + 1)
            place.put(len(values), child)
            values.append(value)
        return values, place

    def _mapping(self, event: Any, depth: int) -> tuple[Any, Place]:
        place = Place(self._mark(event))
        self._refuse_tag(event)
        values: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, depth)
            mark = self._mark(event)
            value, child = self._value(next(self._events), depth + 1)
            if key is None:
                continue
            if key in values:
                first = place.keys[key]
                message = (
                    f"expected {shown(key)} once, got it again (first at line {first.line}, column {first.column})"
                )
                self._findings.add("XD102", mark, message, expected="each key once", found=shown(key))
                continue
            place.put(key, child, mark)
            values[key] = value
        return values, place

    def _key(self, event: Any, depth: int) -> str | None:
        """The key's text, as written; None with a finding when it cannot be one."""
        mark = self._mark(event)
        if isinstance(event, yaml.AliasEvent) or not isinstance(event, yaml.ScalarEvent):
            self._value(event, depth + 1)
            self._findings.add("XD113", mark, expected="a text as key", found="an alias, a mapping or a list")
            return None
        if event.value == "<<" and event.implicit[0]:
            self._findings.add("XD111", mark, expected="a key", found="the merge key '<<'", hint="write the keys out")
            return None
        if event.anchor is not None:
            self._anchors[event.anchor] = self._scalar(event)
        elif event.tag not in _TEXT_TAGS:
            self._refuse_tag(event)
        return str(event.value)

    def _refuse_tag(self, event: Any) -> None:
        if event.tag not in (None, "!"):
            hint = "leave the tag out"
            self._findings.add(
                "XD112", self._mark(event), expected="a value without a tag", found=shown(event.tag), hint=hint
            )

    def _refuse(self, code: str, event: Any, *, expected: str, found: str) -> None:
        self._findings.add(code, self._mark(event), expected=expected, found=found)
        raise _Refused

    def _mark(self, event: Any) -> Mark:
        return Mark(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _origin(self, event: Any, mark: Mark) -> TextOrigin:
        """Where the characters of a scalar really begin: after the quote, or on the line below `|`."""
        start, end = event.start_mark.index, event.end_mark.index
        style = event.style or ""
        if style in ("|", ">"):
            newline = self._source.find("\n", start)
            content = self._source[newline + 1 : end] if newline >= 0 else ""
            return TextOrigin(Mark(self._file, mark.line + 1, 1), content, event.value, style)
        if style in ("'", '"'):
            inner = Mark(self._file, mark.line, mark.column + 1)
            return TextOrigin(inner, self._source[start + 1 : end - 1], event.value, style)
        return TextOrigin(mark, self._source[start:end], event.value)

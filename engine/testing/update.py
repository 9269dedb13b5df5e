"""`--update`: documents that came take the place of those that were expected, in the test files and beside them.

Only the documents' own characters are replaced, so comments and layout of everything else stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from engine import exact_json
from engine.config.findings import Findings
from engine.config.tree import plain
from engine.config.yaml import load_yaml
from engine.errors import CommandRefused
from engine.testing.compare import differences, plain_document
from engine.testing.verdict import Update, Verdict
from engine.testing.yaml_text import block_text, flow_text

_WIDTH = 118


def update_files(root: Path, verdicts: Iterable[Verdict]) -> dict[str, int]:
    """Write the documents of all verdicts; how many each file got. Raises CommandRefused when one cannot be written."""
    inline: dict[str, list[Update]] = defaultdict(list)
    whole: dict[str, Any] = {}
    for verdict in verdicts:
        for update in () if verdict.problems else verdict.updates:
            if update.file is not None:
                whole[update.file] = update.document
            else:
                inline[verdict.file].append(update)
    for name, document in whole.items():
        (root / name).write_text(_file_text(name, document), encoding="utf-8")
    for name, updates in inline.items():
        path = root / name
        text = path.read_bytes().decode("utf-8")
        path.write_bytes(_updated(name, text, updates).encode())
    return {**dict.fromkeys(whole, 1), **{name: len(updates) for name, updates in inline.items()}}


def _file_text(name: str, document: Any) -> str:
    if name.endswith(".yaml"):
        return block_text(plain_document(document), 0) + "\n"
    return msgspec.json.format(exact_json.encode(plain_document(document)), indent=2).decode() + "\n"


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a value stands: from `start` to `end`; `indent` is for a block in its place, `flow` says that it stands in
    braces, `inline` that it begins on its key's line."""

    start: int
    end: int
    indent: int
    column: int
    flow: bool
    inline: bool


def _updated(name: str, text: str, updates: Sequence[Update]) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    spots = sorted(((_spot(root, update.path), update) for update in updates), key=lambda one: -one[0].start)
    for spot, update in spots:
        made = _replacement(spot, plain_document(update.document))
        before = text[: spot.start].rstrip(" ") if made.startswith("\n") else text[: spot.start]
        text = before + made + text[spot.end :]
    _check(name, text, updates)
    return text


def _replacement(spot: _Spot, document: Any) -> str:
    short = flow_text(document)
    if spot.flow or not isinstance(document, dict | list) or not document:
        return short
    if spot.inline:
        fits = spot.column + len(short) <= _WIDTH
        return short if fits else f"\n{' ' * spot.indent}{block_text(document, spot.indent)}"
    return block_text(document, spot.indent)


def _check(name: str, text: str, updates: Sequence[Update]) -> None:
    """Read what was made once more: a test file is never left broken."""
    node = load_yaml(text, name, Findings())
    for update in updates:
        value = plain(node.value) if node is not None else None
        for part in update.path:
            value = value[part] if value is not None else None
        if next(differences(plain_document(update.document), value, ""), None) is not None:
            raise CommandRefused(f"'{name}' cannot be updated at {'.'.join(map(str, update.path))}; change it by hand")


def _spot(root: Any, path: Sequence[str | int]) -> _Spot:
    node, flow, inline, column = root, False, False, 0
    for part in path:
        flow = flow or bool(node.flow_style)
        if isinstance(node, yaml.MappingNode):
            key, node = next((key, value) for key, value in node.value if key.value == part)
            inline, column = key.start_mark.line == node.start_mark.line, key.start_mark.column
        else:
            node = node.value[part]
            inline, column = False, node.start_mark.column - 2
    is_block = not isinstance(node, yaml.ScalarNode) and not node.flow_style
    indent = node.start_mark.column if is_block else column + 2
    return _Spot(node.start_mark.index, _end(node), indent, node.start_mark.column, flow, inline or not is_block)


def _end(node: Any) -> int:
    """Where a value's last character stands; a block's own end is only the beginning of what follows it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)

"""Documents as YAML as a person would write it: every text that could be read as something else stands in quotes."""

from __future__ import annotations

import json
import re
from typing import Any

from engine import exact_json

_WIDTH = 118
_PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_ ./+-]*[A-Za-z0-9_])?")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def flow_text(value: Any) -> str:
    """A document on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)}: {flow_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow_text, value)) + "]"
    return _scalar(value)


def block_text(value: Any, indent: int) -> str:
    """A document over lines, indented but for the first; what fits on one line stays on one."""
    margin = "\n" + " " * indent
    if isinstance(value, dict) and value:
        return margin.join(f"{_key(name)}:{_below(item, indent, len(name) + 2)}" for name, item in value.items())
    if isinstance(value, list) and value:
        return margin.join(f"- {_item(item, indent + 2)}" for item in value)
    return flow_text(value)


def _below(value: Any, indent: int, taken: int) -> str:
    short = flow_text(value)
    if not isinstance(value, dict | list) or not value or indent + taken + len(short) <= _WIDTH:
        return f" {short}"
    return f"\n{' ' * (indent + 2)}{block_text(value, indent + 2)}"


def _item(value: Any, indent: int) -> str:
    short = flow_text(value)
    return short if indent + len(short) <= _WIDTH else block_text(value, indent)


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return exact_json.encode(value).decode()
    plain = _PLAIN.fullmatch(value) is not None and value.lower() not in _NOT_TEXT
    return value if plain else json.dumps(value, ensure_ascii=not value.isprintable())


def _key(name: str) -> str:
    plain = _KEY.fullmatch(name) is not None and name.lower() not in _NOT_TEXT
    return name if plain else json.dumps(name, ensure_ascii=not name.isprintable())

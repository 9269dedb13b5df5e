"""Texts of the environment become numbers and booleans where the model asks for them."""

from __future__ import annotations

from typing import Any

from engine.config.shape import Shape, likeness
from engine.config.yaml import scalar_value
from engine.fields.marks import Text

_NOT_TEXT = ("int", "float", "decimal", "bool")


def typed(value: Any, shape: Shape) -> Any:
    """The same tree; a text that the environment filled in as a whole is read as YAML where no text can stand.

    A text written in the file stays text: quotes there are the author's own.
    """
    return _typed(value, shape) if _has_filled(value) else value


def _has_filled(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_filled, value.values()))
    if isinstance(value, list):
        return any(map(_has_filled, value))
    return isinstance(value, Text) and bool(value.filled)


def _typed(value: Any, shape: Shape) -> Any:
    if isinstance(value, Text):
        return _scalar(value) if shape.kind in _NOT_TEXT else value
    if not isinstance(value, dict | list):
        return value
    variants = [choice for choice in shape.choices if choice.takes(value)] or [shape]
    chosen = max(variants, key=lambda choice: likeness(choice, value))
    items = value.items() if isinstance(value, dict) else enumerate(value)
    changed = {key: _below(item, chosen.field(key)) for key, item in items}
    return changed if isinstance(value, dict) else list(changed.values())


def _below(value: Any, shape: Shape | None) -> Any:
    return _typed(value, shape) if shape is not None else value


def _scalar(text: Text) -> Any:
    if text.filled != ((0, len(text)),):
        return text
    try:
        value = scalar_value(str(text))
    except ValueError:
        return text
    return text if isinstance(value, str) else value

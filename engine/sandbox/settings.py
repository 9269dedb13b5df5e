"""What a stand-in reads of its system file: settings that a connector declares, as mappings or as models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.fields.scalars import SecretText


def setting(settings: Any, *path: str, default: Any = None) -> Any:
    """The value below `path`, in models and mappings alike; `default` where there is none."""
    for name in path:
        settings = settings.get(name) if isinstance(settings, Mapping) else getattr(settings, name, None)
        if settings is None:
            return default
    return settings


def kind_of(settings: Any, kinds: tuple[str, ...]) -> tuple[str, Any] | None:
    """Which of several ways is set, with its own settings."""
    for kind in kinds:
        inner = setting(settings, kind)
        if inner is not None:
            return kind, inner
    return None


def revealed(value: Any) -> str:
    """The text of a secret; the first where there is a list of them."""
    if isinstance(value, list | tuple):
        value = value[0]
    return value.reveal() if isinstance(value, SecretText) else str(value)


def first(value: Any) -> str:
    """A name, or the first of several."""
    return str(value[0] if isinstance(value, list | tuple) else value)

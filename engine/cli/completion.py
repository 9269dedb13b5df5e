"""What a shell offers after TAB: names of the workspace, read from its files without loading the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import yaml
from click.shell_completion import CompletionItem

_OTHER_FILES = (".test.yaml", ".sandbox.yaml", ".schema.yaml")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def flow_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The flows."""
    root = _folder(ctx) / "flows"
    files = [path for path in root.rglob("*.yaml") if root / "systems" not in path.parents]
    return _offered((path.stem for path in files if _is_plain(path) and path.stem != "workspace"), incomplete)


def system_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The systems."""
    return _offered((path.stem for path in _systems(ctx)), incomplete)


def node_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The systems and flows."""
    return [*system_names(ctx, param, incomplete), *flow_names(ctx, param, incomplete)]


def event_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The systems' events."""
    return _offered(_declared(ctx, "events"), incomplete)


def mapping_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The events and operations, whose mappings can be tried; and files."""
    offered = _offered([*_declared(ctx, "events"), *_declared(ctx, "operations")], incomplete)
    return offered or [CompletionItem(incomplete, type="file")]


def _folder(ctx: click.Context) -> Path:
    """The workspace as far as it is known by now."""
    given = ctx.params.get("folder") or ctx.params.get("place")
    return Path(getattr(given, "folder", given) or ".")


def _systems(ctx: click.Context) -> list[Path]:
    return [path for path in (_folder(ctx) / "flows" / "systems").glob("*.yaml") if _is_plain(path)]


def _declared(ctx: click.Context, kind: str) -> Iterator[str]:
    for path in _systems(ctx):
        try:
            document = yaml.load(path.read_bytes(), _LOADER)  # a safe loader
        except (OSError, yaml.YAMLError):
            continue
        names = document.get(kind) if isinstance(document, dict) else None
        yield from (f"{path.stem}.{name}" for name in names or ())


def _is_plain(path: Path) -> bool:
    return not path.name.endswith(_OTHER_FILES)


def _offered(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(set(names)) if name.startswith(incomplete)]

"""Telling editors which schema is for which file: settings of VS Code, and a first line that all editors with the YAML
language server understand."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any, Final

from engine.catalogue.schemas.files import KINDS, kind_of

SCHEMAS_FOLDER: Final = ".crossdock/schemas"
VSCODE_SETTINGS: Final = ".vscode/settings.json"
VSCODE_EXTENSIONS: Final = ".vscode/extensions.json"
_YAML_EXTENSION = "redhat.vscode-yaml"


class SettingsNotPlain(ValueError):
    """Settings that are not plain JSON, so that they cannot be added to without losing what stands between."""


def with_modeline(path: str, content: bytes, folder: str = SCHEMAS_FOLDER) -> bytes:
    """A file's content with the line that names its schema, a path from the file; as it is where it has none."""
    kind = kind_of(path)
    if kind is None or not path.endswith(".yaml") or b"yaml-language-server:" in content:
        return content
    schema = posixpath.relpath(posixpath.join(folder, kind.file), posixpath.dirname(path))
    return f"# yaml-language-server: $schema={schema}\n".encode() + content


def vscode_settings(existing: str | None = None, folder: str = SCHEMAS_FOLDER) -> str:
    """The settings with our schemas in them. Raises SettingsNotPlain for settings with comments and the like."""
    settings = _read(existing)
    ours = {kind.file for kind in KINDS}
    own = {posixpath.join(".", folder, kind.file): list(kind.globs) for kind in KINDS if kind.name != "code-table"}
    others = {
        key: value for key, value in settings.get("yaml.schemas", {}).items() if posixpath.basename(key) not in ours
    }
    settings["yaml.schemas"] = {**others, **own}
    return _written(settings)


def vscode_extensions(existing: str | None = None) -> str:
    """The recommended extensions with that of YAML among them. Raises SettingsNotPlain."""
    settings = _read(existing)
    listed = list(settings.get("recommendations", []))
    settings["recommendations"] = listed if _YAML_EXTENSION in listed else [*listed, _YAML_EXTENSION]
    return _written(settings)


def _read(existing: str | None) -> dict[str, Any]:
    try:
        settings = json.loads(existing) if existing and existing.strip() else {}
    except ValueError as error:
        raise SettingsNotPlain(str(error)) from error
    if not isinstance(settings, dict) or not isinstance(settings.get("yaml.schemas", {}), Mapping):
        raise SettingsNotPlain("no mapping")
    return settings


def _written(settings: Mapping[str, Any]) -> str:
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"

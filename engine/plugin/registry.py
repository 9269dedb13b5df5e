"""The connectors and codecs a process knows: an object built by `app`, never a global."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from engine.errors import PluginError
from engine.plugin.spec import API, CodecKind, Connector, Plugin

ENTRY_POINT_GROUP = "crossdock.plugins"


class Registry:
    """Connectors and codecs by name; a name that two plugins claim is refused."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self.plugins = tuple(sorted(plugins, key=lambda plugin: plugin.name))
        self.connectors: dict[str, Connector] = {}
        self.codecs: dict[str, CodecKind] = {}
        for plugin in self.plugins:
            if plugin.api != API:
                raise PluginError(f"plugin '{plugin.name}' speaks plugin api {plugin.api}, this engine speaks {API}")
            for connector in plugin.connectors:
                _claim(self.connectors, connector.name, connector, "connector", plugin)
            for codec in plugin.codecs:
                _claim(self.codecs, codec.name, codec, "codec", plugin)


def _claim(table: dict[str, Any], name: str, value: object, kind: str, plugin: Plugin) -> None:
    if name in table:
        raise PluginError(f"plugin '{plugin.name}' brings a {kind} '{name}' that another plugin brings already")
    table[name] = value


def installed_plugins() -> tuple[Plugin, ...]:
    """The plugins of all installed packages, by entry point."""
    return tuple(_checked(point.load(), point.name) for point in entry_points(group=ENTRY_POINT_GROUP))


def folder_plugins(folder: Path) -> tuple[Plugin, ...]:
    """The plugins that a workspace brings: each package below `folder` whose `__init__.py` exports `plugin`."""
    found = []
    for init in sorted(folder.glob("*/__init__.py")):
        name = f"crossdock_workspace_plugins.{init.parent.name}"
        spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(init.parent)])
        if spec is None or spec.loader is None:
            raise PluginError(f"plugin folder '{init.parent}' cannot be imported")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        found.append(_checked(getattr(module, "plugin", None), init.parent.name))
    return tuple(found)


def _checked(value: object, name: str) -> Plugin:
    if not isinstance(value, Plugin):
        raise PluginError(f"plugin '{name}' does not export a Plugin under the name 'plugin'")
    return value

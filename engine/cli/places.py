"""Which workspace and store a command means, and where the process that runs it listens.

Only the workspace's own file is read: a command must reach the running process also while somebody edits the flows.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engine.config.environment import Environment, fill_in
from engine.config.files import WORKSPACE_FILE
from engine.config.findings import Findings
from engine.config.models.workspace import WorkspaceModel
from engine.config.parse import parse_model
from engine.config.redactor import Redactor
from engine.config.yaml import load_yaml
from engine.errors import ConfigurationError
from engine.runtime.socket_path import socket_path

STATE_FOLDER = ".crossdock"


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace's folder; `store` replaces the store that the workspace declares."""

    folder: Path
    store: str | None = None

    def control(self) -> Path:
        """The control socket, beside the store. Raises ConfigurationError when the workspace's file cannot be read."""
        file = self._store_file()
        return socket_path(file.parent if file is not None else self.folder / STATE_FOLDER)

    def has_store(self) -> bool:
        """Whether there is a store already; one on a server is taken to be there."""
        file = self._store_file()
        return file is None or file.exists()

    def _store_file(self) -> Path | None:
        kind, _, path = (self.store or declared_store(self.folder)).partition(":")
        return (self.folder / path).resolve() if kind == "sqlite" else None


def declared_store(folder: Path) -> str:
    """The address of the store in `flows/workspace.yaml`."""
    findings = Findings()
    node = load_yaml((folder / WORKSPACE_FILE).read_bytes(), WORKSPACE_FILE, findings)
    if node is not None:
        node = fill_in(node, Environment(dict(os.environ), complete=False), Redactor(), findings)
    model = parse_model(WorkspaceModel, node, findings) if node is not None else None
    if model is None:
        raise ConfigurationError(findings.errors)
    return model.store.url

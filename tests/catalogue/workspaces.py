"""Catalogues of the reference workspace and of workspaces that tests write."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.catalogue.catalogue import Catalogue, catalogue_of
from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.plugin import Registry, installed_plugins

ROOT = Path(__file__).parents[2]


def catalogue_in(folder: Path) -> Catalogue:
    """The catalogue of a workspace's folder."""
    findings = Findings()
    bundle = Bundle.from_directory(folder, findings)
    environment = Environment({}, complete=False, sandbox=True)
    return catalogue_of(bundle, Registry(installed_plugins()), environment, findings)


@cache
def reference() -> Catalogue:
    """The catalogue of the reference workspace."""
    return catalogue_in(ROOT)

"""Loading a workspace for the commands that tell of it."""

from __future__ import annotations

from pathlib import Path

from engine.app.checks import registry_for
from engine.catalogue.catalogue import Catalogue, catalogue_of
from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings


def described(folder: Path) -> Catalogue:
    """The catalogue of a workspace; the environment need not be there. Raises ConfigurationError with every finding."""
    findings = Findings()
    bundle = Bundle.from_directory(folder, findings)
    return catalogue_of(bundle, registry_for(folder), Environment({}, complete=False, sandbox=True), findings)

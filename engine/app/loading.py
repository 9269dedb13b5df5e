"""The files of a running workspace: read and compiled as often as they are wanted, always in the same surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.app.checks import check_stand_ins
from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.flow.compile import compile_or_refuse
from engine.flow.compiled import Revision
from engine.plugin import Registry


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads the workspace in `folder` with the plugins and the environment of this process."""

    folder: Path
    registry: Registry
    environment: Environment

    def read(self) -> tuple[Bundle, Findings]:
        """The files as they are now, and what reading them found."""
        findings = Findings()
        return Bundle.from_directory(self.folder, findings), findings

    def compile(self, bundle: Bundle, findings: Findings) -> Revision:
        """The revision of these files, with stand-ins that can start. Raises ConfigurationError with every finding."""
        return compile_or_refuse(bundle, self.registry, self.environment, findings, (check_stand_ins,))

    def compile_stored(self, raw: bytes) -> Revision:
        """An older revision from its stored bundle. Raises ConfigurationError."""
        return compile_or_refuse(Bundle.from_bytes(raw), self.registry, self.environment, lenient=True)

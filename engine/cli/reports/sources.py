"""The lines that findings stand on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from engine.config.findings import Finding
from engine.lint.excerpts import HIDDEN

_BREAKS = re.compile("\r\n?")
_MOST_BYTES = 16 * 1024 * 1024
_WHOLE_FILES = frozenset({"XD108", "XD115", "XD116", "XD121", "XD122", "XD123"})
"""Findings about a file, not about a line of it."""


class Sources:
    """The lines of a workspace's files, read when they are asked for. Secrets in clear text are never shown."""

    def __init__(self, folder: Path, hidden: Mapping[tuple[str, int], int]) -> None:
        self._folder = folder.resolve()
        self._hidden = hidden
        self._files: dict[str, list[str]] = {}

    def line(self, finding: Finding) -> str | None:
        """The line that a finding stands on; None for one about the whole file, or where there is no such line."""
        if finding.code in _WHOLE_FILES:
            return None
        if finding.file not in self._files:
            self._files[finding.file] = _read(self._folder / finding.file, self._folder)
        lines = self._files[finding.file]
        if not 0 < finding.line <= len(lines):
            return None
        line = lines[finding.line - 1]
        column = self._hidden.get((finding.file, finding.line))
        return line if column is None else line[: column - 1] + HIDDEN


def _read(path: Path, folder: Path) -> list[str]:
    try:
        if not path.resolve().is_relative_to(folder) or path.stat().st_size > _MOST_BYTES:
            return []
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return []
    return (text if path.suffix == ".jsonata" else _BREAKS.sub("\n", text)).split("\n")

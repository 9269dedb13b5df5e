"""What the tests of lint share: the examples of `engine.lint.examples`, written to a folder and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.app import check
from engine.config.findings import Findings
from engine.lint.examples import VARIABLES, right_files

__all__ = ["SECRETS", "lint", "right_files", "written"]

SECRETS = VARIABLES


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write the files of a workspace into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def lint(folder: Path, files: Mapping[str, bytes], variables: Mapping[str, str] = SECRETS) -> Findings:
    """Write the files and check them as `crossdock lint` does."""
    return check(written(folder, files), variables=variables)[1]

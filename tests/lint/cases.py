"""What the tests of lint share: the examples of `engine.lint.examples`, written to a folder and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.app.checks import check
from engine.clock import ManualClock
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.lint.examples import VARIABLES, right_files

__all__ = ["SECRETS", "lint", "right_files", "written"]

SECRETS = VARIABLES
NOW = 1_795_262_400.0
"""2026-11-21, the day on which the examples are looked at."""


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write the files of a workspace into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def lint(
    folder: Path,
    files: Mapping[str, bytes],
    variables: Mapping[str, str] = SECRETS,
    published: Mapping[str, bytes] | None = None,
) -> Findings:
    """Write the files and check them as `crossdock lint` does, on the day of the examples."""
    others = Bundle(published) if published is not None else None
    return check(written(folder, files), variables=variables, published=others, clock=ManualClock(NOW))[1]

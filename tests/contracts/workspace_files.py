"""The files of a workspace as the loaders of contracts take them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def workspace_files(root: Path = ROOT) -> dict[str, bytes]:
    """Every file below `canonical/`, by its path in the workspace; by default those of this project."""
    files = sorted((root / "canonical").rglob("*"))
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in files if file.is_file()}

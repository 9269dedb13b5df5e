"""Waiting for somebody to save a file of a workspace, or one beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from watchfiles import watch

_FOLDERS = ("flows", "canonical", "plugins", "examples")
_LOOK_AGAIN_MS = 500


def saves(folder: Path, beside: Path | None) -> Iterator[None]:
    """Yields at once and then after each save, for ever; also after one while the caller was busy."""
    known = _stamps(folder, beside)
    yield
    fresh = True
    for changes in watch(
        *_watched(folder, beside), recursive=False, rust_timeout=_LOOK_AGAIN_MS, yield_on_timeout=True
    ):
        if not changes and not fresh:
            continue
        fresh = False
        found = _stamps(folder, beside)
        if found != known:
            known = found
            yield


def _watched(folder: Path, beside: Path | None) -> list[Path]:
    """The folders to watch, each by itself: a file that an editor replaces is seen in its folder only."""
    roots = [folder / name for name in _FOLDERS if (folder / name).is_dir()]
    inner = [path for root in roots for path in root.rglob("*") if path.is_dir()]
    return [*roots, *inner, *([beside.resolve().parent] if beside is not None else [])]


def _stamps(folder: Path, beside: Path | None) -> dict[Path, tuple[int, int]]:
    """When each file was written, and its size."""
    files = [path for name in _FOLDERS for path in (folder / name).rglob("*") if path.is_file()]
    stamps = {}
    for path in [*files, *([beside] if beside is not None else [])]:
        try:
            stat = path.stat()
        except OSError:  # it is just being replaced
            continue
        stamps[path] = (stat.st_mtime_ns, stat.st_size)
    return stamps

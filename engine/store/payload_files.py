"""ClaimCheck for large payloads: files named by their address, written before the commit that names them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path


class PayloadFiles:
    """`FOLDER/ab/abcdef…`: a file exists at least as long as a row names it. Orphans are swept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, address: bytes) -> bytes | None:
        """The bytes, or None when the file has gone (erased or pruned meanwhile)."""
        try:
            return self._path(address).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, address: bytes, body: bytes) -> None:
        """On disk when this returns: written aside, flushed, renamed, and the folder flushed."""
        path = self._path(address)
        if path.exists():
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_suffix(".new")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
        for folder in (path.parent, self._folder, self._folder.parent):
            _flush_folder(folder)

    def unlink(self, address: bytes) -> None:
        """Remove a payload whose row has gone."""
        self._path(address).unlink(missing_ok=True)

    def sweep(self, named: Callable[[bytes], bool]) -> int:
        """Remove files that no row names (left by a crash between file and commit); returns how many."""
        removed = 0
        for path in self._files():
            try:
                address = bytes.fromhex(path.name)
            except ValueError:
                address = b""
            if not address or not named(address):
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _files(self) -> Iterator[Path]:
        if self._folder.is_dir():
            for folder in self._folder.iterdir():
                if folder.is_dir():
                    yield from folder.iterdir()

    def _path(self, address: bytes) -> Path:
        name = address.hex()
        return self._folder / name[-2:] / name


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Where the control socket lies, for the process that serves it and for the commands that ask it."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from engine.errors import CrossdockError

NAME = "control.sock"
LONGEST = 100
"""Bytes in the path of a Unix socket; the systems take 103 (macOS) and 107 (Linux)."""

_SHARED = Path("/tmp")  # not $TMPDIR, which may differ between the process and a command


def socket_path(folder: Path) -> Path:
    """The socket of the store in `folder`: beside it; a folder with a long path has it in a short one of the user's."""
    beside = folder.resolve() / NAME
    if len(os.fsencode(beside)) <= LONGEST:
        return beside
    digest = hashlib.sha256(os.fsencode(beside)).hexdigest()[:20]
    return _SHARED / f"crossdock-{os.getuid()}" / f"{digest}.sock"


def make_folder(path: Path) -> None:
    """Make the folder of a socket. Raises CrossdockError when it is there and belongs to somebody else."""
    folder = path.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if folder.parent == _SHARED and (found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077):
        raise CrossdockError(
            f"expected the folder '{folder}' to be yours alone, found one that others can use; remove it"
        )

"""The exclusive lock of an embedded store: one process at a time, and the others are told which one."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.errors import StoreLocked


class LockFile:
    """Holds `PATH.lock` until `release`; the kernel lets go of it when the process dies, however it dies.

    `taken` says what the process that holds it does, and what to do about it.
    """

    def __init__(self, store: Path, *, taken: str = "runs on this store; stop it first") -> None:
        path = store.with_name(store.name + ".lock")
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._handle, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._handle)
            raise StoreLocked(f"{store}: process {holder} {taken}") from None
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def fileno(self) -> int:
        """The descriptor of the lock's file."""
        return self._handle

    def release(self) -> None:
        """Let the next process in."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

"""Who works on a shared store from a folder, and whose leases are nobody's any more.

Several processes may work on one store, so a new one cannot end all the leases that it finds. It can end those of the
process before it in the same folder, once it holds the lock that the kernel takes from a process only when it dies.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
from pathlib import Path

from engine.errors import StoreUnavailable
from engine.store.lock_file import LockFile

NUMBER_BITS = 30
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TAKEN = (
    "runs from here on a store that others may share; stop it first, or start this one from a copy of the workspace in "
    "a folder of its own"
)


class Seat:
    """The seat of a folder: one process at a time. `number` marks its leases, `predecessor` those of the one before.

    `predecessor` is None where nothing proves that it is gone: the note was copied with the folder, or was written on
    another machine or before this one was started again, and locks need not reach across.
    """

    def __init__(self, path: Path) -> None:
        """Take the seat; the note lies in `path`. Raises StoreLocked, or StoreUnavailable."""
        self._path = path
        self.number = secrets.randbits(NUMBER_BITS)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = LockFile(path, taken=_TAKEN)
            self.predecessor = self._noted()
        except OSError as error:
            raise StoreUnavailable(f"{path}: {error}") from error

    def note(self) -> None:
        """Leave our number to the next process. Raises StoreUnavailable."""
        fresh = self._path.with_name(self._path.name + ".new")
        try:
            fresh.write_text(json.dumps({"number": self.number, "place": self._place()}), encoding="utf-8")
            fresh.replace(self._path)
        except OSError as error:
            raise StoreUnavailable(f"{self._path}: {error}") from error

    def release(self) -> None:
        """Let the next process in; what we still held, it may end."""
        self._lock.release()

    def _noted(self) -> int | None:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        if not isinstance(found, dict) or found.get("place") != self._place():
            return None
        number = found.get("number")
        return number if isinstance(number, int) else None

    def _place(self) -> list[str | int]:
        """The lock that proves it: this file, on this machine, since it was started."""
        stat = os.fstat(self._lock.fileno())
        boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else platform.node()
        return [stat.st_dev, stat.st_ino, boot]

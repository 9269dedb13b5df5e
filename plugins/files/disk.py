"""What is done on the disk, so that a crash in the middle leaves nothing half done. All of it blocks: use threads."""

from __future__ import annotations

import errno
import fnmatch
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MOST_ENTRIES = 20_000
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class Changed(Exception):
    """A file is not the one that was seen: it grew, was replaced, or is gone."""


class Different(Exception):
    """A file with other content stands at the place already."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file as it was seen."""

    path: Path
    size: int
    modified_ns: int

    @property
    def state(self) -> tuple[int, int]:
        """What must not change while it is taken in."""
        return self.size, self.modified_ns


def scan(folder: Path, pattern: str, trigger: str | None) -> list[Sighting]:
    """The files of a folder that fit, oldest first: regular, not hidden, not by their name unfinished.

    With a trigger only files with one beside them. Raises OSError.
    """
    found: list[Sighting] = []
    with os.scandir(folder) as entries:
        known = {entry.name: entry for _, entry in zip(range(_MOST_ENTRIES), entries, strict=False)}
    for name, entry in known.items():
        if not fnmatch.fnmatchcase(name, pattern) or name.startswith(".") or name.lower().endswith(_UNFINISHED):
            continue
        if trigger is not None and (name.endswith(trigger) or name + trigger not in known):
            continue
        try:
            facts = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        if stat.S_ISREG(facts.st_mode):
            found.append(Sighting(Path(entry.path), facts.st_size, facts.st_mtime_ns))
    return sorted(found, key=lambda seen: (seen.modified_ns, seen.path.name))


def read(seen: Sighting) -> bytes:
    """The bytes of a file, provided that it is still as it was seen. Raises Changed or OSError."""
    try:
        descriptor = os.open(seen.path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise Changed from None
    with open(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        body = file.read(seen.size + 1)
        after = os.fstat(descriptor)
    states = {(facts.st_size, facts.st_mtime_ns) for facts in (before, after)}
    if states != {seen.state} or len(body) != seen.size:
        raise Changed
    return body


def move(seen: Sighting, folder: Path) -> Path:
    """Move a file into a folder under its name, or `NAME-2.csv` where that is taken. Raises Changed or OSError."""
    try:
        facts = os.stat(seen.path, follow_symlinks=False)
    except FileNotFoundError:
        raise Changed from None
    if (facts.st_size, facts.st_mtime_ns) != seen.state:
        raise Changed
    folder.mkdir(parents=True, exist_ok=True)
    for target in free_names(folder, seen.path.name):
        try:
            _rename_into_place(seen.path, target)
        except FileExistsError:
            continue
        sync_folder(folder)
        return target
    raise OSError(errno.EEXIST, "no free name", str(folder))


def free_names(folder: Path, name: str) -> Iterator[Path]:
    """`orders.csv`, `orders-2.csv`, `orders-3.csv` … in a folder."""
    stem, dot, suffix = name.partition(".")
    yield folder / name
    for number in range(2, 10_000):
        yield folder / f"{stem}-{number}{dot}{suffix}"


def write(target: Path, body: bytes, *, token: str, overwrite: bool) -> bool:
    """Put a file in place whole or not at all, durably; False when the same bytes stand there already.

    `token` names the unfinished file, so that the next try of the same request uses it again. Raises Different when
    other bytes stand there and are not to be replaced, and OSError.
    """
    if _holds(target, body):
        sync_folder(target.parent)
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.parent / f".{target.name[:80]}.{token}.tmp"
    try:
        _write_through(unfinished, body)
        if overwrite:
            os.replace(unfinished, target)
        else:
            _rename_into_place(unfinished, target)
    except FileExistsError:
        if _holds(target, body):
            return False
        raise Different from None
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(target.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):  # some network mounts cannot
            raise
    finally:
        os.close(descriptor)


def _write_through(path: Path, body: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o666)
    with open(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(descriptor)


def _holds(path: Path, body: bytes) -> bool:
    try:
        return path.stat().st_size == len(body) and path.read_bytes() == body
    except FileNotFoundError:
        return False


def _rename_into_place(source: Path, target: Path) -> None:
    """Rename without replacing: a link fails where the name is taken. Raises FileExistsError."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno == errno.EXDEV:
            _copy_over(source, target)
        elif error.errno in _NO_LINKS:
            if target.exists():
                raise FileExistsError(errno.EEXIST, "the name is taken", str(target)) from None
            os.rename(source, target)
            return
        else:
            raise
    source.unlink(missing_ok=True)


def _copy_over(source: Path, target: Path) -> None:
    """The same to another file system."""
    if target.exists():
        raise FileExistsError(errno.EEXIST, "the name is taken", str(target))
    unfinished = target.parent / f".{target.name[:80]}.moved.tmp"
    shutil.copy2(source, unfinished, follow_symlinks=False)
    descriptor = os.open(unfinished, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(unfinished, target)

"""A workspace as it was at some commit, tag or branch: its bundle, read from git without touching the working tree."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from engine.config.files import ROOTS, Bundle, belongs
from engine.errors import RefUnreadable

_SECONDS = 60


def bundle_at(folder: Path, ref: str) -> Bundle:
    """The bundle of the workspace in `folder` as it was at `ref`: a commit, tag or branch. Raises RefUnreadable."""
    commit = _git(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"], ref)
    listed = _git(folder, ["ls-tree", "-r", "-z", commit.decode().strip(), "--", *ROOTS], ref)
    named: dict[str, str] = {}
    for line in filter(None, listed.split(b"\0")):
        facts, _, path = line.partition(b"\t")
        mode, _, blob = facts.decode().split()[:3]
        name = path.decode("utf-8", "replace")
        if mode.startswith("100") and belongs(name):
            named[name] = blob
    return Bundle(_contents(folder, named, ref))


def _contents(folder: Path, named: dict[str, str], ref: str) -> dict[str, bytes]:
    """The bytes of every blob, all in one call."""
    if not named:
        return {}
    asked = "".join(f"{blob}\n" for blob in named.values()).encode()
    answered = _git(folder, ["cat-file", "--batch"], ref, asked)
    files: dict[str, bytes] = {}
    position = 0
    for name in named:
        end = answered.index(b"\n", position)
        size = int(answered[position:end].split()[-1])
        files[name] = answered[end + 1 : end + 1 + size]
        position = end + size + 2
    return files


def _git(folder: Path, arguments: Sequence[str], ref: str, given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], input=given, capture_output=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError:
        raise RefUnreadable("expected git to be installed, found none") from None
    except subprocess.TimeoutExpired:
        raise RefUnreadable(f"git did not answer within {_SECONDS} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[0].removeprefix("fatal: ") if said else f"there is no commit '{ref}'"
        raise RefUnreadable(f"expected a commit, tag or branch of the workspace's repository, got '{ref}': {reason}")
    return done.stdout

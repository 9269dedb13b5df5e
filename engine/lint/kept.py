"""What lint found, kept between runs: a workspace of which nothing has changed need not be read again.

Findings are kept and not parsed files, as JSON: whatever a file there holds, it can name findings and nothing else. The
key is a digest of all that findings depend on, so that nothing kept is ever out of date (see docs/adr/0012).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.config.codes import CODES
from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Finding, Findings, Ignored

_MOST_KEPT = 40
_MOST_BYTES = 4 * 1024 * 1024
_ROUNDS = 20_000
_REFERENCE = re.compile(rb"\$\{(env|secret):([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class KeptResult:
    """What a run found."""

    revision: str | None
    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]
    omitted: int
    omitted_errors: int


def result_of(revision: str | None, findings: Findings) -> KeptResult:
    """What is kept of a run."""
    found = tuple(findings)
    return KeptResult(revision, found, tuple(findings.ignored), findings.omitted, findings.omitted_errors)


def key_of(bundle: Bundle, environment: Environment, reading: Findings, parts: Iterable[str]) -> str:
    """The digest of all that findings depend on: the files and what reading them found, the values that they ask the
    environment for, and `parts` (the program, its options, the day).

    Values of the environment, secrets among them, go through many rounds: the key gives no help in guessing them.
    """
    files = hashlib.sha256()
    for path, content in bundle.files.items():
        files.update(f"{len(path.encode())}:{path}:{len(content)}:".encode())
        files.update(content)
    told = json.dumps([[str(finding) for finding in reading], *parts, _asked(bundle, environment)])
    return hashlib.pbkdf2_hmac("sha256", told.encode("utf-8", "backslashreplace"), files.digest(), _ROUNDS).hex()


class KeptResults:
    """A folder with the last results, a file each. Whatever goes wrong with it is as if nothing were kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, key: str) -> KeptResult | None:
        """The result of a key."""
        path = self._path(key)
        try:
            if path.stat().st_size > _MOST_BYTES:
                return None
            result = msgspec.json.decode(path.read_bytes(), type=KeptResult)
        except (OSError, msgspec.MsgspecError):
            return None
        every = (*result.findings, *(one.finding for one in result.ignored))
        return result if all(one.code in CODES and min(one.line, one.column) > 0 for one in every) else None

    def save(self, key: str, result: KeptResult) -> None:
        """Keep a result; the oldest ones go."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, suffix=".new")
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(result))
            os.replace(name, self._path(key))
            self._forget()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _forget(self) -> None:
        kept = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in kept[_MOST_KEPT:]:
            path.unlink()


def _asked(bundle: Bundle, environment: Environment) -> list[list[str]]:
    """The values that the files ask the environment for; where one is missing, all names, for one may be offered."""
    asked = {match for content in bundle.files.values() for match in _REFERENCE.findall(content)}
    values = [[kind.decode(), name.decode(), *_value(environment, kind, name.decode())] for kind, name in sorted(asked)]
    flags = [str(environment.complete), str(environment.sandbox)]
    if any(len(value) == 2 for value in values):
        return [*values, flags, sorted(environment.variables), environment.secret_names()]
    return [*values, flags]


def _value(environment: Environment, kind: bytes, name: str) -> list[str]:
    if kind == b"env":
        value = environment.variables.get(name)
        return [] if value is None else [value]
    try:
        value = environment.secret(name)
    except ValueError as error:
        return ["", str(error)]
    return [] if value is None else [value]

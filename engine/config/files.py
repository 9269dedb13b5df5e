"""The files of a workspace as one frozen bundle, and its revision.

Everything loads from a bundle and never from the disk, because a stored revision is compiled again long after its
files have changed. A revision is a hash of the files as they are written, before environment and secrets.
"""

from __future__ import annotations

import hashlib
import io
import os
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Self

from engine.config.findings import Findings
from engine.errors import CrossdockError
from engine.fields.marks import Mark
from engine.fields.nearest import nearest
from engine.fields.scalar import shown

WORKSPACE_FILE = "flows/workspace.yaml"
SYSTEMS_FOLDER = "flows/systems"
CANONICAL_FOLDER = "canonical"
CODES_FOLDER = "canonical/codes"

MOST_FILES = 5_000
MOST_FILE_BYTES = 16 * 1024 * 1024
MOST_BUNDLE_BYTES = 64 * 1024 * 1024

ROOTS = ("flows", "canonical")
"""The folders of a workspace that a revision is made of."""
_SUFFIXES = (".yaml", ".jsonata", ".json", ".csv")
_LEFT_OUT = (".test.yaml",)
_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules"})
_EPOCH = (1980, 1, 1, 0, 0, 0)


class BundleUnreadable(CrossdockError):
    """Bytes that are not a stored bundle, or not within its limits."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of one revision: paths relative to the workspace, with `/`, to their bytes."""

    files: Mapping[str, bytes] = field(hash=False)
    revision: str = field(init=False)

    def __post_init__(self) -> None:
        ordered = {path: self.files[path] for path in sorted(self.files)}
        object.__setattr__(self, "files", MappingProxyType(ordered))
        object.__setattr__(self, "revision", revision_of(ordered))

    @classmethod
    def from_directory(cls, root: Path, findings: Findings) -> Self:
        """Read the configuration files of a workspace; files that cannot be taken are findings."""
        return cls(_Reader(root, findings).read())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The bundle that `to_bytes` wrote; raises `BundleUnreadable`."""
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return cls(_unzipped(archive))
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
            raise BundleUnreadable(f"the stored bundle cannot be read: {error}") from error

    def to_bytes(self) -> bytes:
        """The bundle as a zip; equal bundles give equal bytes."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in self.files.items():
                entry = zipfile.ZipInfo(path, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content)
        return buffer.getvalue()

    def __contains__(self, path: str) -> bool:
        return path in self.files

    def read(self, path: str) -> bytes:
        """The bytes of a file; raises KeyError when the bundle has none of that path."""
        return self.files[path]

    def glob(self, pattern: str) -> list[str]:
        """The paths that match, sorted: `*` and `?` within a folder, `**/` for any folders."""
        matches = _glob_pattern(pattern).fullmatch
        return [path for path in self.files if matches(path)]

    def beside(self, path: str, name: str) -> str:
        """The path of the file `name` as `path` refers to it; raises ValueError when it leads out of the workspace."""
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if name.startswith("/") or joined == ".." or joined.startswith("../"):
            raise ValueError(f"'{name}' leads out of the workspace")
        return joined

    def nearest(self, path: str) -> str | None:
        """The file most like one that is not there, by its name and ending: of the same folder first."""
        folder, name = posixpath.split(path)
        ending = posixpath.splitext(name)[1]
        alike = [other for other in self.files if other.endswith(ending)]
        if not alike:  # the ending itself is misspelt
            alike, ending = list(self.files), ""
        near = [other for other in alike if posixpath.dirname(other) == folder]
        for some in (near, alike):
            names = {posixpath.basename(other).removesuffix(ending): other for other in some}
            if found := nearest(name.removesuffix(ending), names):
                return names[found]
        return None

    @property
    def systems(self) -> list[str]:
        """The system files."""
        return [
            path
            for path in self.glob(f"{SYSTEMS_FOLDER}/*.yaml")
            if not path.endswith((".sandbox.yaml", ".schema.yaml"))
        ]

    @property
    def sandboxes(self) -> list[str]:
        """The stand-ins of systems."""
        return self.glob("flows/**/*.sandbox.yaml")

    @property
    def flows(self) -> list[str]:
        """The flow files."""
        return [path for path in self.glob("flows/**/*.yaml") if _is_flow(path)]

    @property
    def mappings(self) -> list[str]:
        """The mapping files."""
        return self.glob("**/*.jsonata")

    @property
    def schemas(self) -> list[str]:
        """The vendors' schemas."""
        return sorted([*self.glob("flows/**/*.schema.yaml"), *self.glob("flows/**/*.schema.json")])

    @property
    def canonical(self) -> list[str]:
        """The canonical entities and what belongs to them."""
        return [path for path in self.glob(f"{CANONICAL_FOLDER}/**/*.yaml") if not path.startswith(f"{CODES_FOLDER}/")]

    @property
    def codes(self) -> list[str]:
        """The code tables."""
        return self.glob(f"{CODES_FOLDER}/**/*.csv")


def belongs(path: str) -> bool:
    """Whether a file of the workspace, by its path relative to it, belongs to its revision."""
    *folders, name = path.split("/")
    hidden = any(folder in _SKIPPED_FOLDERS or folder[:1] == "." for folder in folders)
    return path.startswith(tuple(f"{root}/" for root in ROOTS)) and not hidden and _is_configuration(name)


def _is_configuration(name: str) -> bool:
    return name[0] != "." and name.endswith(_SUFFIXES) and not name.endswith(_LEFT_OUT)


def revision_of(files: Mapping[str, bytes]) -> str:
    """The revision: `r-` and 12 hex digits of a hash over paths and bytes."""
    digest = hashlib.sha256()
    for path in sorted(files):
        for part in (path.encode(), files[path]):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return f"r-{digest.hexdigest()[:12]}"


def _is_flow(path: str) -> bool:
    return (
        path != WORKSPACE_FILE
        and not path.startswith(f"{SYSTEMS_FOLDER}/")
        and not path.endswith((".test.yaml", ".sandbox.yaml", ".schema.yaml"))
    )


def _glob_pattern(pattern: str) -> re.Pattern[str]:
    translated = re.escape(pattern).replace(r"\*\*/", "(?:[^/]+/)*").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return re.compile(translated)


def _unzipped(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """The files of an archive; raises ValueError when it is not within the limits of a bundle."""
    entries = archive.infolist()
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BUNDLE_BYTES:
        raise ValueError("it is larger than a bundle may be")
    files: dict[str, bytes] = {}
    for entry in entries:
        parts = PurePosixPath(entry.filename).parts
        if not parts or parts[0] == "/" or ".." in parts or entry.is_dir():
            raise ValueError(f"it holds the path {shown(entry.filename)}")
        with archive.open(entry) as file:
            files[entry.filename] = file.read(entry.file_size + 1)
    return files


class _Reader:
    """Reads a workspace's folders within limits; never follows a link out of the workspace."""

    def __init__(self, root: Path, findings: Findings) -> None:
        self._root = root.resolve()
        self._findings = findings
        self._bytes = 0

    def read(self) -> dict[str, bytes]:
        """Every file that belongs to the revision."""
        files: dict[str, bytes] = {}
        for path in self._paths():
            relative = path.relative_to(self._root).as_posix()
            if len(files) >= MOST_FILES:
                self._add("XD121", relative, f"at most {MOST_FILES} files", "more")
                break
            content = self._content(path, relative)
            if content is not None:
                files[relative] = content
            if self._bytes > MOST_BUNDLE_BYTES:
                self._add("XD121", relative, f"files of at most {MOST_BUNDLE_BYTES // 1024**2} MB in all", "more")
                break
        if WORKSPACE_FILE not in files and not self._findings.on_line(Mark(WORKSPACE_FILE, 1, 1), "XD12"):
            self._add("XD122", WORKSPACE_FILE, "the file of the workspace", "none", "make one with 'crossdock init'")
        return files

    def _paths(self) -> Iterator[Path]:
        """The files to read, in a stable order."""
        for top in ROOTS:
            for folder, folders, names in os.walk(self._root / top):
                folders[:] = sorted(name for name in folders if name not in _SKIPPED_FOLDERS and name[0] != ".")
                for name in sorted(names):
                    path = Path(folder, name)
                    if name.endswith(".yml"):
                        hint = f"did you mean '{shown(name.removesuffix('.yml') + '.yaml')[1:-1]}'"
                        self._add("XD123", _printable(path.relative_to(self._root)), "a file '.yaml'", "'.yml'", hint)
                    elif _is_configuration(name):
                        yield path

    def _content(self, path: Path, relative: str) -> bytes | None:
        printable = _printable(Path(relative))
        if printable != relative:
            self._add("XD122", printable, "a file name in UTF-8", "another")
            return None
        try:
            if not path.resolve().is_relative_to(self._root) or not path.is_file():
                self._add("XD122", relative, "a file of the workspace", "a link that leads out of it, or no file")
                return None
            with path.open("rb") as file:
                content = file.read(MOST_FILE_BYTES + 1)
        except OSError as error:
            self._add("XD122", relative, "a readable file", (error.strerror or "an error").lower())
            return None
        if len(content) > MOST_FILE_BYTES:
            self._add("XD121", relative, f"a file of at most {MOST_FILE_BYTES // 1024**2} MB", "a larger one")
            return None
        self._bytes += len(content)
        return content

    def _add(self, code: str, file: str, expected: str, found: str, hint: str = "") -> None:
        self._findings.add(code, Mark(file, 1, 1), expected=expected, found=found, hint=hint)


def _printable(path: Path) -> str:
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")

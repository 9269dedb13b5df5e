"""The corpus of wrong workspaces: each case is the right workspace of this folder with some text changed.

    # what is wrong, in words
    @@ flows/orders.yaml
    - the text that is replaced (several lines stand as several)
    + the text in its place
    @@ flows/new.yaml
    | a line of a file that is written anew
    => flows/orders.yaml:14:7 XD305 expected …

The lines `=>` are all findings of the case, in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.app import check
from engine.config.findings import Findings

HERE = Path(__file__).parent
WORKSPACE = HERE / "workspace"
CORPUS = HERE / "corpus"
SECRETS = {f"CROSSDOCK_SECRET_{name}": "a-secret-of-the-tests" for name in ("SHOP", "SHOP_HOOK", "ERP")}


@dataclass(slots=True)
class Edit:
    """One change of one file: `old` becomes `new`, or the whole file is written."""

    file: str
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    def apply(self, content: bytes) -> bytes:
        if self.written:
            return ("\n".join(self.written) + "\n").encode()
        old, new = "\n".join(self.old), "\n".join(self.new)
        assert content.decode().count(old) == 1, f"{self.file} has {content.decode().count(old)} times {old!r}"
        return content.decode().replace(old, new).encode()


@dataclass(slots=True)
class Case:
    """One wrong workspace and what lint says of it."""

    title: str
    edits: list[Edit] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def files(self) -> dict[str, bytes]:
        """The files of the workspace."""
        files = right_files()
        for edit in self.edits:
            files[edit.file] = edit.apply(files.get(edit.file, b""))
        return files


def right_files() -> dict[str, bytes]:
    """The files of the workspace that has no findings."""
    files = sorted(file for file in WORKSPACE.rglob("*") if file.is_file())
    return {file.relative_to(WORKSPACE).as_posix(): file.read_bytes() for file in files}


def read_cases(file: Path) -> Iterator[Case]:
    """The cases of one file of the corpus."""
    case: Case | None = None
    for line in file.read_text(encoding="utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "#":
            if case is not None:
                yield case
            case = Case(rest)
        elif mark and case is not None:
            _add(case, mark, rest)
    if case is not None:
        yield case


def _add(case: Case, mark: str, rest: str) -> None:
    if mark == "=>":
        case.findings.append(rest)
    elif mark == "@@":
        case.edits.append(Edit(rest))
    else:
        edit = case.edits[-1]
        {"-": edit.old, "+": edit.new, "|": edit.written}[mark].append(rest)


def lint(folder: Path, files: Mapping[str, bytes], variables: Mapping[str, str] = SECRETS) -> Findings:
    """Write the files and check them as `crossdock lint` does."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return check(folder, variables=variables)[1]

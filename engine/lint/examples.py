"""Examples of findings: one source for the tests of lint, `lint --explain` and the pages of the reference.

Each file `corpus/CODE.txt` holds cases of one code; the first is the example that people are shown. A case is the right
workspace of `corpus/workspace`, which has no findings, with some text changed:

    # what is wrong, in words
    @@ flows/orders.yaml
    - the text that is replaced (several lines stand as several)
    + the text in its place
    @@ flows/new.yaml
    | a line of a file that is written anew; `<<x * 70>>` stands for `x` 70 times, `<<ff fe>>` for these bytes
    @@ flows/gone.yaml
    x
    $ CROSSDOCK_SECRET_SHOP=the value of an environment variable; without `=` it is not set
    => flows/orders.yaml:14:7 XD305 expected …

The lines `=>` are all findings of the case, in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

CORPUS = Path(__file__).parent / "corpus"
WORKSPACE = CORPUS / "workspace"
VARIABLES: Mapping[str, str] = MappingProxyType(
    {f"CROSSDOCK_SECRET_{name}": "a-secret-of-the-tests" for name in ("SHOP", "SHOP_HOOK", "ERP")}
)
"""What the right workspace needs of the environment."""

REPEATED = re.compile(r"<<(?:(?P<text>.+?) \* (?P<times>[0-9]+)|(?P<bytes>[0-9a-f]{2}(?: [0-9a-f]{2})*))>>")


@dataclass(slots=True)
class Edit:
    """One change of one file: `old` becomes `new`, or the whole file is written, or it goes."""

    file: str
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    gone: bool = False

    def apply(self, content: bytes) -> bytes | None:
        """The file's content after the change, None when it goes. Raises ValueError when `old` does not stand once."""
        if self.gone:
            return None
        if self.written:
            return b"".join(_spelled_out(line) + b"\n" for line in self.written)
        old, new = "\n".join(self.old), "\n".join(self.new)
        if content.decode().count(old) != 1:
            raise ValueError(f"{self.file} has {content.decode().count(old)} times {old!r}")
        return content.decode().replace(old, new).encode()


@dataclass(slots=True)
class Example:
    """One wrong workspace and what lint says of it."""

    code: str
    title: str
    edits: list[Edit] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    environment: dict[str, str | None] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """The files of the wrong workspace."""
        files = dict(right_files())
        for edit in self.edits:
            content = edit.apply(files.get(edit.file, b""))
            if content is None:
                del files[edit.file]
            else:
                files[edit.file] = content
        return files

    def variables(self) -> dict[str, str]:
        """The environment in which it is checked."""
        changed: dict[str, str | None] = {**VARIABLES, **self.environment}
        return {name: value for name, value in changed.items() if value is not None}


@cache
def right_files() -> Mapping[str, bytes]:
    """The files of the workspace that has no findings."""
    files = sorted(file for file in WORKSPACE.rglob("*") if file.is_file())
    return MappingProxyType({file.relative_to(WORKSPACE).as_posix(): file.read_bytes() for file in files})


def examples_of(code: str) -> tuple[Example, ...]:
    """The examples of a code; none when it has no file."""
    file = CORPUS / f"{code}.txt"
    return tuple(_read(code, file.read_text(encoding="utf-8"))) if file.is_file() else ()


def all_examples() -> tuple[Example, ...]:
    """The examples of every code, by code."""
    return tuple(example for file in sorted(CORPUS.glob("*.txt")) for example in examples_of(file.stem))


def _read(code: str, text: str) -> Iterator[Example]:
    example: Example | None = None
    for line in text.splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "#":
            if example is not None:
                yield example
            example = Example(code, rest)
        elif mark and example is not None:
            _add(example, mark, rest)
    if example is not None:
        yield example


def _add(example: Example, mark: str, rest: str) -> None:
    if mark == "=>":
        example.findings.append(rest)
    elif mark == "$":
        name, equals, value = rest.partition("=")
        example.environment[name] = value if equals else None
    elif mark == "@@":
        example.edits.append(Edit(rest))
    elif mark == "x":
        example.edits[-1].gone = True
    else:
        edit = example.edits[-1]
        {"-": edit.old, "+": edit.new, "|": edit.written}[mark].append(rest)


def _spelled_out(line: str) -> bytes:
    """A line with its repetitions and bytes written out."""
    parts: list[bytes] = []
    position = 0
    for match in REPEATED.finditer(line):
        parts.append(line[position : match.start()].encode())
        named = match["bytes"]
        parts.append(bytes.fromhex(named) if named else _text(match["text"]) * int(match["times"]))
        position = match.end()
    parts.append(line[position:].encode())
    return b"".join(parts)


def _text(written: str) -> bytes:
    return written.replace("\\n", "\n").encode()

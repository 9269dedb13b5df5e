"""What a code means, with examples: a wrong one, what lint says of it, and the same put right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.config.codes import CODES, Code, Severity
from engine.config.findings import Finding
from engine.lint.examples import REPEATED, Edit, Example, examples_of, right_files
from engine.lint.excerpts import CLEAR_TEXT, HIDDEN, excerpt_lines

_FINDING = re.compile(r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+) (?P<code>XD\d+) (?:warning: )?(?P<message>.*)")
_FOUND = re.compile(r", got (.*?)(?:; |$)")
_CONTEXT = 2
_MOST_LINES = 12
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Snippet:
    """Some lines of a file; `text` is empty for a file that is not there."""

    file: str
    text: str

    @property
    def language(self) -> str:
        """What the file is written in."""
        return {"yml": "yaml", "jsonata": "text", "csv": "csv"}.get(self.file.rpartition(".")[2], "yaml")


@dataclass(frozen=True, slots=True)
class ShownExample:
    """An example: what is wrong, the wrong text, what lint says, and the right text."""

    title: str
    wrong: tuple[Snippet, ...]
    said: tuple[str, ...]
    right: tuple[Snippet, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A code with its examples."""

    code: Code
    examples: tuple[ShownExample, ...]

    def as_text(self) -> str:
        """The explanation with the first example, for a terminal."""
        lines = [f"{self.code.code}: {self.code.title} ({self.code.severity})", "", self.code.explanation]
        for example in self.examples[:1]:
            lines += ["", f"Wrong: {example.title}"]
            lines += [line for snippet in example.wrong for line in _as_text(snippet)]
            lines += ["", "What lint says:", *(f"  {line}" for line in example.said), "", "Right:"]
            lines += [line for snippet in example.right for line in _as_text(snippet)]
        lines += ["", self.ignoring]
        return "\n".join(lines)

    def as_markdown(self, most: int = 1) -> str:
        """The explanation with the first examples."""
        return "\n".join(self._markdown(most)).rstrip() + "\n"

    @property
    def ignoring(self) -> str:
        """Whether a comment may ignore it, and how."""
        if not self.code.may_be_ignored:
            return "It cannot be ignored: the workspace does not run with it."
        return f"Where it is meant so, write a comment: `crossdock: ignore[{self.code.code}] the reason`."

    def _markdown(self, most: int) -> Iterator[str]:
        grade = "An error" if self.code.severity is Severity.ERROR else "A warning"
        yield f"{self.code.explanation}"
        yield ""
        yield f"{grade}. {self.ignoring}"
        for number, example in enumerate(self.examples[:most]):
            yield from ("", f"## {'Example' if number == 0 else 'Another example'}: {example.title}", "", "Wrong:", "")
            yield from (line for snippet in example.wrong for line in _as_markdown(snippet))
            yield from ("What lint says:", "", "```text", *example.said, "```", "", "Right:", "")
            yield from (line for snippet in example.right for line in _as_markdown(snippet))


def explained(code: str) -> Explained:
    """A code with its examples. Raises KeyError for one that does not exist."""
    return Explained(CODES[code], tuple(map(_shown, examples_of(code))))


def _shown(example: Example) -> ShownExample:
    files = example.files()
    title = example.title
    if example.environment:
        title += f" ({', '.join(_variable(*one) for one in example.environment.items())})"
    return ShownExample(
        title,
        _joined(_wrong(edit, files.get(edit.file, b"")) for edit in example.edits),
        tuple(line for finding in example.findings for line in _said(finding, files)),
        _joined(_right(edit) for edit in example.edits),
    )


def _joined(snippets: Iterable[Snippet]) -> tuple[Snippet, ...]:
    """One snippet a file."""
    texts: dict[str, list[str]] = {}
    for snippet in snippets:
        texts.setdefault(snippet.file, []).append(snippet.text)
    return tuple(Snippet(file, "\n…\n".join(filter(None, parts))) for file, parts in texts.items())


def _variable(name: str, value: str | None) -> str:
    return f"{name} is not set" if value is None else f"{name} is {value!r}" if value else f"{name} is empty"


def _wrong(edit: Edit, content: bytes) -> Snippet:
    if edit.gone:
        return Snippet(edit.file, "")
    if edit.written:
        return Snippet(edit.file, "\n".join(map(_abridged, edit.written[:_MOST_LINES])))
    return Snippet(edit.file, _around(content, edit.new))


def _right(edit: Edit) -> Snippet:
    content = right_files().get(edit.file, b"")
    if edit.gone or edit.written:
        return Snippet(edit.file, "\n".join(content.decode().splitlines()[:_MOST_LINES]))
    return Snippet(edit.file, _around(content, edit.old))


def _around(content: bytes, wanted: list[str]) -> str:
    """The lines that hold a text, with some around them."""
    text = content.decode()
    at = text.find("\n".join(wanted))
    first = text.count("\n", 0, max(at, 0))
    last = first + max(len(wanted) - 1, 0)
    return "\n".join(text.splitlines()[max(first - _CONTEXT, 0) : last + 1 + _CONTEXT])


def _said(line: str, files: dict[str, bytes]) -> Iterator[str]:
    """A finding, and the source that it is about."""
    yield line
    match = _FINDING.fullmatch(line)
    if match is None or match["file"] not in files or len(files[match["file"]]) > 100_000:
        return
    lines = files[match["file"]].decode("utf-8", "replace").splitlines()
    number, column = int(match["line"]), int(match["column"])
    found = _FOUND.search(match["message"])
    if number <= len(lines) and column <= len(lines[number - 1]) and len(lines[number - 1]) < 10 * _LONGEST:
        place = (match["file"], number, column, match["message"])
        finding = Finding(match["code"], CODES[match["code"]].severity, *place, found=found[1] if found else "")
        hidden = finding.code == CLEAR_TEXT
        yield from excerpt_lines(lines[number - 1][: column - 1] + HIDDEN if hidden else lines[number - 1], finding)


def _abridged(line: str) -> str:
    """A line with its repetitions shortened."""
    return REPEATED.sub(_short, line)


def _short(match: re.Match[str]) -> str:
    if match["bytes"]:
        return "".join(f"\\x{byte}" for byte in match["bytes"].split())
    text, times = match["text"].replace("\\n", "\n"), int(match["times"])
    return text * times if len(text) * times <= _LONGEST else f"{text * 3}… ({times:,} times)"


def _as_text(snippet: Snippet) -> list[str]:
    if not snippet.text:
        return [f"  (without {snippet.file})"]
    return [f"  {snippet.file}", *(f"    {line}".rstrip() for line in snippet.text.splitlines())]


def _as_markdown(snippet: Snippet) -> list[str]:
    if not snippet.text:
        return [f"Without `{snippet.file}`.", ""]
    return [f"`{snippet.file}`", "", f"```{snippet.language}", *snippet.text.splitlines(), "```", ""]

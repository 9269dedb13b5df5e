"""What YAML's own errors mean, in sentences that help."""

from __future__ import annotations

import re
from typing import Any

import yaml

_SENTENCES = (
    # (part of the parser's problem, what is said, what to do)
    ("mapping values are not allowed", "got ': ' inside a plain text", "quote the text, or check the indentation"),
    ("could not find expected ':'", "expected ':' after a key", "check the indentation, or the end of a text above"),
    ("did not find expected ':'", "expected ':' after a key", "check the indentation, or the end of a text above"),
    ("did not find expected '-' indicator", "expected '-' for the next item of the list", "check the indentation"),
    (
        "did not find expected key",
        "expected a key, or the end of the mapping",
        "check the indentation and the quotes above",
    ),
    (
        "did not find expected ',' or '}'",
        "expected ',' or '}'",
        "quote texts that begin with '{', or close the bracket",
    ),
    (
        "did not find expected ',' or ']'",
        "expected ',' or ']'",
        "quote texts that begin with '[', or close the bracket",
    ),
    ("did not find expected node content", "expected a value", "quote texts that begin with a bracket, a comma or '%'"),
    ("found undefined alias", "got an '*alias' that names nothing", "quote texts that begin with '*'"),
    ("found duplicate anchor", "got an '&anchor' twice", "rename one of the two"),
    (
        "block sequence entries are not allowed",
        "got '- ' where no list can begin",
        "put it on a line of its own, or quote it",
    ),
    ("block mapping entries are not allowed", "got a key where none can begin", "put it on a line of its own"),
    ("block collections", "got a list or mapping where none can begin", "check the indentation"),
    (
        "found unknown escape character",
        "got an unknown escape in a quoted text",
        "use '…' quotes, or double the backslash",
    ),
    ("found unexpected end of stream", "the file ends inside a quoted text or bracket", "close it"),
    ("did not find expected <document start>", "got text after the end of the value", "check the indentation"),
    ("did not find expected whitespace or line break", "expected a space after the bracket or quote", "quote the text"),
    ("did not find expected alphabetic", "got '&' or '*' without a name", "quote texts that begin with '&' or '*'"),
    (
        "did not find expected comment or line break",
        "expected a line break after '|' or '>'",
        "begin the text on the next line",
    ),
    ("found a tab character", "got a tab where only spaces are allowed", "indent with spaces"),
)

_FIRST_CHARACTERS = {
    "\t": ("got a tab where only spaces are allowed", "indent with spaces"),
    "@": ("got a text that begins with '@'", "quote it"),
    "`": ("got a text that begins with '`'", "quote it"),
    "%": ("got a text that begins with '%'", "quote it"),
    "|": ("got '|' inside a bracket", "quote the text"),
    ">": ("got '>' inside a bracket", "quote the text"),
}


_AT_CONTEXT = ("could not find expected ':'", "found unexpected end of stream")
"""Problems that the parser notices late; the place to repair is where it began."""

_UNQUOTED = re.compile(r":\s+[{\[\"'*&%@`]")


def explain(error: yaml.YAMLError, source: str) -> tuple[int, int, str, str]:
    """Line and column (from 1), sentence and hint for an error of the parser."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "the YAML cannot be read")
    mark: Any = getattr(error, "problem_mark", None)
    context: Any = getattr(error, "context_mark", None)
    if mark is None or (context is not None and any(part in problem for part in _AT_CONTEXT)):
        mark, context = context or mark, None
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    text = _line(source, line)
    message, hint = _sentence(problem, text[column - 1 : column])
    if "${" in text[:column] and "{" in text[:column].replace("${", "").replace("[", "{"):
        hint = "quote a text with '${…}' inside brackets"
    elif "expected key" in problem and _UNQUOTED.search(text[: column - 1]):
        hint = "quote a text that begins with a bracket or a quote as a whole"
    elif context is not None and context.line < mark.line:
        hint = f"{hint} (it began at line {context.line + 1})"
    return line, column, message, hint


def _sentence(problem: str, character: str) -> tuple[str, str]:
    if "cannot start any token" in problem and character in _FIRST_CHARACTERS:
        return _FIRST_CHARACTERS[character]
    for part, message, hint in _SENTENCES:
        if part in problem:
            return message, hint
    return problem.lower().rstrip(
        "."
    ), "check the indentation, quotes and brackets" if character else "the file ends here"


def _line(source: str, line: int) -> str:
    lines = source.split("\n")
    return lines[line - 1] if line <= len(lines) else ""

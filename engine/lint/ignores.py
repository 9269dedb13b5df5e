"""Comments that say of a finding that it is meant so: `# crossdock: ignore[XD602] the ERP sends no keys`.

A comment stands on the finding's line, or on lines of its own above it. In YAML it is `# …`; in mappings, and in
expressions within YAML, `/* … */`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from engine.config.codes import CODES
from engine.config.files import Bundle
from engine.config.findings import Findings, did_you_mean
from engine.fields.marks import Mark
from engine.fields.scalar import shown

_MAYBE = re.compile(rb"crossdock:\s*ignore")
_IN_YAML = re.compile(r"(?m)(?:^|(?<=[ \t]))#[ \t]*crossdock:[ \t]*(?P<text>ignore\b[^\n]*)$")
_IN_JSONATA = re.compile(r"/\*\s*crossdock:\s*(?P<text>ignore\b(?:[^*]|\*(?!/))*)\*/")
_WHOLE = re.compile(r"ignore\s*\[(?P<codes>[^\]]*)\]\s*(?P<reason>.*)", re.DOTALL)
_EXAMPLE = "'crossdock: ignore[XD305] reason'"


@dataclass(frozen=True, slots=True)
class IgnoreComment:
    """One comment: where it stands, the lines it speaks of, the codes, and the reason."""

    mark: Mark
    lines: tuple[int, ...]
    codes: tuple[str, ...]
    reason: str


def take_out_ignored(bundle: Bundle, findings: Findings) -> None:
    """Take out what comments ignore; XD125 for those that cannot, XD124 for those that ignore nothing.

    XD124 is silent where something could not be read, for the finding may come when it can.
    """
    comments = [comment for file in _candidates(bundle) for comment in _read(file, bundle.read(file), findings)]
    unused: list[tuple[IgnoreComment, str]] = []
    for comment in comments:
        for code in comment.codes:
            if not _take_out(comment, code, findings):
                unused.append((comment, code))
    if any(not CODES[finding.code].may_be_ignored for finding in findings.errors):
        return
    for comment, code in unused:
        there = {one.code for line in comment.lines for one in findings.at_line(comment.mark.file, line)}
        others = sorted(there - {"XD124", "XD125"})
        found = f"none; {', '.join(others)} stands there" if others else "none"
        findings.add("XD124", comment.mark, expected=f"a finding {code} on line {comment.lines[-1]}", found=found)


def _candidates(bundle: Bundle) -> Iterator[str]:
    for file, content in bundle.files.items():
        if file.endswith((".yaml", ".jsonata")) and _MAYBE.search(content) is not None:
            yield file


def _take_out(comment: IgnoreComment, code: str, findings: Findings) -> bool:
    """Whether there was something to take out."""
    matching = [one for line in comment.lines for one in findings.at_line(comment.mark.file, line) if one.code == code]
    for finding in matching:
        findings.ignore(finding, comment.reason)
    return bool(matching)


def _read(file: str, content: bytes, findings: Findings) -> Iterator[IgnoreComment]:
    """The comments of one file; XD125 for those that cannot be used."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    found = list(_IN_JSONATA.finditer(text))
    if file.endswith(".yaml"):
        found += _yaml_comments(text)
    lines = text.split("\n")
    for match in sorted(found, key=re.Match.start):
        comment = _comment(file, text, lines, match, findings)
        if comment is not None:
            yield comment


def _yaml_comments(text: str) -> list[re.Match[str]]:
    """The `#` comments; a `#` in a text is none."""
    found = list(_IN_YAML.finditer(text))
    if not found:
        return []
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        texts = [
            (token.start_mark.index, token.end_mark.index)
            for token in yaml.scan(text, Loader=loader)
            if isinstance(token, yaml.ScalarToken)
        ]
    except yaml.YAMLError:
        return []
    return [match for match in found if not any(start <= match.start() < end for start, end in texts)]


def _comment(file: str, text: str, lines: list[str], match: re.Match[str], findings: Findings) -> IgnoreComment | None:
    first = text.count("\n", 0, match.start()) + 1
    column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
    mark = Mark(file, first, column)
    whole = _WHOLE.fullmatch(match["text"].strip())
    reason = " ".join(whole["reason"].split()) if whole is not None else ""
    if whole is None or not reason:
        got = shown(match["text"].strip()) if whole is None else "none"
        wanted = _EXAMPLE if whole is None else f"a reason, as in {_EXAMPLE}"
        findings.add("XD125", mark, expected=wanted, found=got)
        return None
    written = [code.strip() for code in whole["codes"].split(",") if code.strip()]
    codes = tuple(code for code in written if _may_be_ignored(code, mark, findings))
    if not written:
        findings.add("XD125", mark, expected=f"codes, as in {_EXAMPLE}", found="none")
    return IgnoreComment(mark, _lines_of(match, text, lines, first), codes, reason) if codes else None


def _may_be_ignored(code: str, mark: Mark, findings: Findings) -> bool:
    known = CODES.get(code)
    if known is None:
        findings.add("XD125", mark, expected="a code", found=shown(code), hint=did_you_mean(code, CODES))
        return False
    if not known.may_be_ignored:
        hint = "the workspace does not run with it"
        findings.add("XD125", mark, expected="a code that may be ignored", found=shown(code), hint=hint)
        return False
    return True


def _lines_of(match: re.Match[str], text: str, lines: list[str], first: int) -> tuple[int, ...]:
    """The lines a comment speaks of: its own, or below a comment that stands alone the next with something on it."""
    last = text.count("\n", 0, match.end()) + 1
    before = lines[first - 1][: match.start() - (text.rfind("\n", 0, match.start()) + 1)]
    end = text.find("\n", match.end())
    after = text[match.end() : end if end >= 0 else len(text)]
    if before.strip() or after.strip():
        return tuple(range(first, last + 1))
    for number in range(last + 1, len(lines) + 1):
        line = lines[number - 1].strip()
        if line and not line.startswith("#") and not (line.startswith("/*") and line.endswith("*/")):
            return (*range(first, last + 1), number)
    return tuple(range(first, last + 1))

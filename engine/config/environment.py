"""`${env:NAME}`, `${env:NAME:-default}` and `${secret:NAME}`: what the environment fills into a loaded file.

The files stay as they are written; only the tree in memory is filled, with texts: whether `"8080"` becomes a number is
the model's matter. Secrets come from the variable
`CROSSDOCK_SECRET_NAME` or the file `$CROSSDOCK_SECRETS_DIR/NAME`, and are told to the redactor before anything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.config.findings import Findings, did_you_mean
from engine.config.redactor import Redactor
from engine.config.tree import Marks, Node
from engine.fields.marks import Mark, Text
from engine.fields.scalar import shown

_REFERENCE = re.compile(
    r"\$\$\{(?=env:|secret:)"  # an escaped `${`; elsewhere `$$` is JSONata's
    r"|\$\{(?P<kind>env|secret):(?P<rest>[^}]*)(?P<end>\}?)"
    r"|\$\{(?P<stray>[A-Za-z_][A-Za-z0-9_]*|[A-Za-z]+:[A-Z][A-Z0-9_]*(?::-[^}]*)?)\}"
)
_NAME = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-.*)?", re.DOTALL)
_SECRET_KEY = re.compile(
    r"(?:.*[-_])?(?:secret|password|passwd|passphrase|token|api[-_]?key|private[-_]?key|access[-_]?key)", re.IGNORECASE
)
_MAY_ASK = re.compile(
    rb"\$\{|\\|secret|passw|passphrase|token|api[-_]?key|private[-_]?key|access[-_]?key|authorization|cookie",
    re.IGNORECASE,
)
"""What a file must hold for anything to be filled in; a backslash may write any of it in another way."""
_SECRET_HEADER = re.compile(r"(?:proxy-)?authorization|cookie", re.IGNORECASE)
"""Headers that prove who we are; as templates they may have holes."""
_EXPRESSION_KEYS = frozenset({"with", "set", "undo_with", "business_keys"})
"""Keys below which any key may stand, with an expression as its value."""

_SECRET_VARIABLE = "CROSSDOCK_SECRET_"
_SECRETS_DIR = "CROSSDOCK_SECRETS_DIR"
_LARGEST_SECRET = 64 * 1024


class _NotFound(Exception):
    """A name the environment does not have."""


class _Unreadable(Exception):
    """A secret that is there and cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where values come from. With `complete` false (lint where secrets are absent) missing values are not findings.

    With `sandbox` true (stand-ins take the place of systems) nothing is missing: a secret that is not set is
    `sandbox-NAME`, a variable an address that nobody has, so that engine and stand-ins agree without being told.
    """

    variables: Mapping[str, str]
    complete: bool = True
    sandbox: bool = False

    @property
    def _folder(self) -> Path | None:
        folder = self.variables.get(_SECRETS_DIR)
        return Path(folder) if folder else None

    def variable(self, name: str) -> str | None:
        """The value of an environment variable, None when it is not set."""
        value = self.variables.get(name)
        if value is None and self.sandbox:
            return f"http://{name.lower().replace('_', '-').strip('-')}.sandbox.invalid"
        return value

    def secret(self, name: str) -> str | None:
        """The value of a secret, None when there is none; raises ValueError when it cannot be used."""
        value = self.variables.get(_SECRET_VARIABLE + name)
        if value is None and self._folder is not None:
            value = _read_secret(self._folder / name)
        if value is not None and not value:
            raise ValueError("it is empty")
        return f"sandbox-{name}" if value is None and self.sandbox else value

    def secret_names(self) -> list[str]:
        """The secrets that there are."""
        names = {name.removeprefix(_SECRET_VARIABLE) for name in self.variables if name.startswith(_SECRET_VARIABLE)}
        try:
            if self._folder is not None:
                names.update(path.name for path in self._folder.iterdir())
        except OSError:
            return sorted(names)
        return sorted(names)


def _read_secret(path: Path) -> str | None:
    """A secret's file without its last line end; None when there is no such file."""
    try:
        if not path.exists():
            return None
        with path.open("rb") as file:
            data = file.read(_LARGEST_SECRET + 1)
        text = data.decode("utf-8")
    except OSError as error:
        raise ValueError(f"its file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError("its file is not UTF-8 text") from error
    if len(data) > _LARGEST_SECRET:
        raise ValueError("its file is larger than 64 KB")
    return text.removesuffix("\n").removesuffix("\r")


def asks_for_values(content: bytes) -> bool:
    """Whether a file may hold references or keys of secrets; most hold none, and their trees stay as they are."""
    return _MAY_ASK.search(content) is not None


def fill_in(node: Node, environment: Environment, redactor: Redactor, findings: Findings) -> Node:
    """The same tree with every reference replaced; what cannot be resolved is a finding and stays as its reference."""
    filler = _Filler(node.marks, environment, redactor, findings)
    return Node(filler.fill(node.value, (), "", expression=False), node.marks)


@dataclass(frozen=True, slots=True)
class _Filler:
    marks: Marks
    environment: Environment
    redactor: Redactor
    findings: Findings

    def fill(self, value: Any, path: tuple[str | int, ...], key: str, *, expression: bool) -> Any:
        """A value with everything below it; `key` is the key it stands under."""
        below = expression or key in _EXPRESSION_KEYS
        if isinstance(value, dict):
            return {name: self.fill(item, (*path, name), name, expression=below) for name, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, (*path, index), key, expression=below) for index, item in enumerate(value)]
        secret = not expression and _SECRET_KEY.fullmatch(key) is not None
        if isinstance(value, str):
            header = not expression and "{" not in value and _SECRET_HEADER.fullmatch(key) is not None
            return self._text(value, path, secret=secret or header)
        if secret and isinstance(value, int | Decimal) and not isinstance(value, bool):
            self._clear_text(path)
        return value

    def _text(self, text: str, path: tuple[str | int, ...], *, secret: bool) -> Any:
        if _REFERENCE.search(text) is None:
            if secret and text:
                self._clear_text(path)
            return text
        filled = _Filled()
        position = 0
        for match in _REFERENCE.finditer(text):
            filled.literal(text[position : match.start()])
            self._reference(match, text, path, filled, secret=secret)
            position = match.end()
        filled.literal(text[position:])
        return self._result(text, filled)

    def _result(self, text: str, filled: _Filled) -> Text:
        origin = text.origin if isinstance(text, Text) else None
        value = "".join(filled.parts)
        return Text(value, origin, filled=tuple(filled.spans), secret=filled.secret, unresolved=filled.unresolved)

    def _reference(
        self, match: re.Match[str], text: str, path: tuple[str | int, ...], filled: _Filled, *, secret: bool
    ) -> None:
        """Resolve one reference into `filled`."""
        mark = self._mark(text, match.start(), path)
        if match[0] == "$${":
            filled.literal("${")
            return
        named = _NAME.fullmatch(match["rest"] or "") if match["end"] else None
        if named is None or (match["kind"] == "secret" and named["default"]):
            self._malformed(match, mark)
            filled.missing(match[0])
            return
        try:
            value = self._lookup(match["kind"], named["name"], named["default"])
        except (_NotFound, _Unreadable) as error:
            self._missing(match["kind"], named["name"], mark, error)
            filled.missing(match[0])
            return
        hidden = match["kind"] == "secret" or secret
        if hidden:
            self.redactor.add(value)
        if secret and named["default"] and value == named["default"][2:]:
            self._clear_text(path)
        filled.value(value, secret=hidden)

    def _lookup(self, kind: str, name: str, default: str | None) -> str:
        if kind == "secret":
            try:
                value = self.environment.secret(name)
            except ValueError as error:
                raise _Unreadable(str(error)) from error
        else:
            value = self.environment.variables.get(name) if default is not None else self.environment.variable(name)
            if default is not None and not value:
                value = default[2:]
        if value is None:
            raise _NotFound
        if not _encodes(value):
            raise _Unreadable("it is not text")
        return value

    def _missing(self, kind: str, name: str, mark: Mark, error: Exception) -> None:
        reference = f"'${{{kind}:{name}}}'"
        if isinstance(error, _Unreadable):
            self.findings.add(
                "XD505", mark, expected=f"{reference} to be usable", found="a value that is not", hint=str(error)
            )
        elif not self.environment.complete:
            return
        elif kind == "secret":
            hint = did_you_mean(name, self.environment.secret_names())
            hint = hint or f"set {_SECRET_VARIABLE}{name}, or put a file '{name}' into ${_SECRETS_DIR}"
            self.findings.add("XD502", mark, expected=f"a secret for {reference}", found="none", hint=hint)
        else:
            names = [known for known in self.environment.variables if not known.startswith(_SECRET_VARIABLE)]
            hint = did_you_mean(name, names) or f"set {name}, or write ${{env:{name}:-default}}"
            self.findings.add("XD501", mark, expected=f"a value for {reference}", found="none", hint=hint)

    def _malformed(self, match: re.Match[str], mark: Mark) -> None:
        stray = match["stray"]
        if stray is not None and ":" not in stray:
            hint = f"did you mean '${{env:{stray}}}'"
        elif stray is not None:
            hint = did_you_mean(stray.partition(":")[0], ("env", "secret"))
        elif not match["end"]:
            hint = "the '}' is missing"
        else:
            hint = "a secret has no default" if match["kind"] == "secret" and ":-" in match["rest"] else ""
        expected = "a reference such as '${env:NAME}' or '${secret:NAME}'"
        self.findings.add("XD504", mark, expected=expected, found=shown(match[0]), hint=hint)

    def _clear_text(self, path: tuple[str | int, ...]) -> None:
        key = next((part for part in reversed(path) if isinstance(part, str)), "")
        hint = f"write '${{secret:NAME}}' and keep the value in {_SECRET_VARIABLE}NAME"
        self.findings.add(
            "XD503", self.marks.value(path), expected=f"'{key}' to name a secret", found="clear text", hint=hint
        )

    def _mark(self, text: str, offset: int, path: tuple[str | int, ...]) -> Mark:
        origin = text.origin if isinstance(text, Text) else None
        return origin.at(offset) if origin is not None else self.marks.value(path)


class _Filled:
    """A text while it is being filled: its parts, and which spans came from outside."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.spans: list[tuple[int, int]] = []
        self.secret = False
        self.unresolved = False
        self._length = 0

    def literal(self, text: str) -> None:
        """A part that the file itself has."""
        self.parts.append(text)
        self._length += len(text)

    def value(self, text: str, *, secret: bool) -> None:
        """A part that came from the environment."""
        self.spans.append((self._length, self._length + len(text)))
        self.literal(text)
        self.secret = self.secret or secret

    def missing(self, reference: str) -> None:
        """A part that has no value; its reference stands for it."""
        self.value(reference, secret=False)
        self.unresolved = True


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True

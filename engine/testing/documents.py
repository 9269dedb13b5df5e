"""What cases name: files of the workspace, read once, and expressions, compiled once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine import exact_json
from engine.config.files import Bundle
from engine.config.findings import Findings, did_you_mean
from engine.config.tree import plain
from engine.config.yaml import load_yaml
from engine.contracts.registry import ContractRegistry
from engine.contracts.schema import CompiledSchema
from engine.fields.expressions import Expr
from engine.fields.marks import Mark
from engine.flow.canonical import load_contracts
from engine.flow.expressions import Expressions
from engine.jsonata import Expression

MOST_BYTES = 16 * 1024 * 1024
_ELSEWHERE = Mark("", 1, 1)


class CaseFiles:
    """Reads the files and compiles the expressions of a workspace's cases; what is wrong becomes a finding where it is
    named."""

    def __init__(self, root: Path, findings: Findings) -> None:
        self.root = root.resolve()
        self._findings = findings
        self._expressions = Expressions(Bundle({}), findings)
        self._contents: dict[str, bytes] = {}
        self._documents: dict[str, Any] = {}
        self._registry: ContractRegistry | None = None

    def check(self, name: str | None, mark: Mark, *, parsed: bool) -> None:
        """Find a file; `parsed` asks for a document in JSON or YAML too."""
        if name is None or (name in self._documents if parsed else name in self._contents):
            return
        content = self._content(name, mark)
        if content is None:
            return
        self._contents[name] = content
        if parsed:
            self._parse(name, content, mark)

    def compile(self, expr: Expr | None, mark: Mark) -> None:
        """Compile an expression; `mark` is its field's place."""
        self._expressions.optional(expr, mark)

    def expression(self, expr: Expr) -> Expression:
        """An expression that was compiled."""
        return self._expressions.expression(expr, _ELSEWHERE)

    def check_entity(self, name: str | None, mark: Mark) -> None:
        """Find a canonical entity and version."""
        if name is None or name in self._contracts():
            return
        near = self._contracts().nearest(name)
        hint = f"did you mean '{near}'" if near else ""
        self._findings.add("XD403", mark, expected="a canonical entity and version", found=f"'{name}'", hint=hint)

    def schema(self, name: str) -> CompiledSchema:
        """The schema of a canonical entity and version that was checked."""
        return self._contracts().get(name).schema

    def _contracts(self) -> ContractRegistry:
        """The canonical contracts, loaded when a case first names one."""
        if self._registry is None:
            self._registry = load_contracts(Bundle.from_directory(self.root, Findings()), Findings())
        return self._registry

    def content(self, name: str) -> bytes:
        """The bytes of a file that was checked."""
        return self._contents[name]

    def document(self, name: str) -> Any:
        """The document of a file that was checked as one."""
        return self._documents[name]

    def _content(self, name: str, mark: Mark) -> bytes | None:
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root):
            self._findings.add("XD122", mark, f"'{name}' leads out of the workspace", found=name)
            return None
        try:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            self._findings.add(
                "XD201", mark, expected="a file of the workspace", found=f"no '{name}'", hint=self._nearest(path)
            )
        except OSError as error:
            why = (error.strerror or "an error").lower()
            self._findings.add("XD122", mark, expected="a readable file", found=f"'{name}': {why}")
        else:
            if len(content) <= MOST_BYTES:
                return content
            self._findings.add("XD121", mark, expected="a file of at most 16 MB", found="a larger one")
        return None

    def _nearest(self, path: Path) -> str:
        """What the file's folder has that is called like it."""
        if not path.parent.is_dir():
            return ""
        return did_you_mean(path.name, [other.name for other in path.parent.iterdir()])

    def _parse(self, name: str, content: bytes, mark: Mark) -> None:
        if name.endswith(".yaml"):
            node = load_yaml(content, name, self._findings)
            if node is not None:
                self._documents[name] = plain(node.value)
            return
        try:
            self._documents[name] = exact_json.decode(content)
        except ValueError as error:
            self._findings.add("XD103", mark, expected="JSON, or YAML in a .yaml file", found=f"'{name}': {error}")

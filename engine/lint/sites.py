"""Every place of a workspace where an expression stands, with its tree, its scope, and where its characters are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from engine.config.files import Bundle
from engine.config.models.steps import StepFields
from engine.config.places import Places
from engine.fields.expressions import Expr, MappingRef, Template
from engine.fields.marks import Mark
from engine.jsonata import ExpressionSyntaxError, Trees, ast
from engine.lint.scope import Scope

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """One expression. `at` gives the place of a character of its text."""

    text: str
    tree: ast.Node
    scope: Scope
    at: Callable[[int], Mark]


class SiteReader:
    """Finds the expressions in values of models. What does not parse is left out: the compiler tells of it."""

    def __init__(self, bundle: Bundle, trees: Trees) -> None:
        self._bundle = bundle
        self._trees = trees

    def sites(self, value: Any, scope: Scope, places: Places, path: Path, folder: str) -> Iterator[Site]:
        """The expressions in a value at `path`; mapping files are looked for in `folder`."""
        for inner, leaf in leaves(value, path):
            if isinstance(leaf, Expr):
                mark = places.value(*inner)
                yield from self._site(leaf.text, scope, _in_yaml(leaf, mark))
            elif leaf.file is not None:
                yield from self._file(leaf.file, scope, folder)

    def _file(self, name: str, scope: Scope, folder: str) -> Iterator[Site]:
        path = mapping_path(self._bundle, folder, name)
        if path is None or path not in self._bundle:
            return
        try:
            text = self._bundle.read(path).decode("utf-8-sig")
        except UnicodeDecodeError:
            return
        yield from self._site(text, scope, lambda offset: _in_file(path, text, offset))

    def _site(self, text: str, scope: Scope, at: Callable[[int], Mark]) -> Iterator[Site]:
        try:
            tree = self._trees.of(text)
        except (ExpressionSyntaxError, ValueError, RecursionError):
            return
        yield Site(text, tree, scope, at)


def leaves(value: Any, path: Path) -> Iterator[tuple[Path, Expr | MappingRef]]:
    """The expressions and mapping files in a value with their paths; inner steps are left to those who walk steps."""
    if isinstance(value, Expr) or (isinstance(value, MappingRef) and value.file is not None):
        yield path, value
    elif isinstance(value, MappingRef):
        for inner, expr in value.expressions():
            yield (*path, *inner), expr
    elif isinstance(value, Template):
        for expr in value.expressions:
            yield path, expr
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from leaves(getattr(value, name), (*path, name))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if not isinstance(item, StepFields):
                yield from leaves(item, (*path, index))


def mapping_path(bundle: Bundle, folder: str, name: str) -> str | None:
    """Where a file of a folder is; None when its name leads out of the workspace."""
    try:
        return bundle.beside(f"{folder}/x", name)
    except ValueError:
        return None


def _in_yaml(expr: Expr, mark: Mark) -> Callable[[int], Mark]:
    return expr.origin.at if expr.origin is not None else lambda offset: mark


def _in_file(path: str, text: str, offset: int) -> Mark:
    before = text[:offset]
    return Mark(path, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)

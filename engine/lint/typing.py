"""The types of a workspace's expressions: what each is given, what it gives, and what a mapping must yield."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from engine.config.progress import Stages
from engine.contracts.codes import CodeTables, UnknownTable
from engine.contracts.types import SchemaTypes
from engine.fields.expressions import Expr, Fields, MappingRef
from engine.fields.marks import Mark
from engine.jsonata.types.compare import compare
from engine.jsonata.types.infer import Given, Inferred, infer
from engine.jsonata.types.lattice import ANY, INTEGER, Absence, Record, Type, list_of, union
from engine.jsonata.types.streams import stream_of
from engine.jsonata.types.walk import Problem
from engine.lint.scope import Scope
from engine.lint.shapes import Resolve, Shape
from engine.lint.sites import Path, Site

_SPAN = 10_000_000
"""Offsets of one expression; the next one's begin above it, so that a place tells its expression too."""

_INFERRING, _COMPARING = 30, 10
_PERHAPS = Absence(False, "branch")
_KNOWN: Mapping[str, Type] = {"status": INTEGER}


@dataclass(frozen=True, slots=True)
class Made:
    """A document that a mapping makes: its expressions by their paths, and what it must be.

    `key` gives the place of a field of a mapping that is written as fields.
    """

    ref: MappingRef
    sites: Mapping[Path, Site]
    target: Shape
    key: Callable[[Path], Mark]


@dataclass(frozen=True, slots=True)
class Told:
    """A problem with its place: an offset of an expression; `site` is None where it is about fields of the YAML."""

    problem: Problem
    mark: Mark
    site: Site | None
    offset: int = 0


class Tables:
    """Code tables as the expressions look into them."""

    def __init__(self, codes: CodeTables) -> None:
        self._codes = codes
        self._entries: dict[str, Mapping[str, str] | None] = {}

    def entries(self, name: str) -> Mapping[str, str] | None:
        """What a table gives for each key; None when there is no such table."""
        if name not in self._entries:
            try:
                self._entries[name] = self._codes.entries(name)
            except UnknownTable:
                self._entries[name] = None
        return self._entries[name]

    def nearest(self, name: str) -> str | None:
        """The table of the nearest name."""
        try:
            self._codes.entries(name)
        except UnknownTable as error:
            return error.nearest
        return name


class Typing:
    """Infers the types of expressions, each once."""

    def __init__(self, resolve: Resolve, codes: CodeTables) -> None:
        self._schemas = SchemaTypes(resolve)
        self._tables = Tables(codes)
        self._shapes: dict[int, tuple[Shape, Type]] = {}
        self._known: dict[Hashable, tuple[Scope, tuple[Problem, ...]]] = {}

    @property
    def tables(self) -> Tables:
        return self._tables

    def problems(self, sites: Sequence[Site], made: Sequence[Made], stages: Stages) -> Iterator[Told]:
        """Everything in the expressions that cannot be right."""
        inferred: dict[int, tuple[int, Inferred]] = {}
        compared = {id(site) for one in made for site in one.sites.values()}
        for index, site in enumerate(stages.through(sites, _INFERRING)):
            start = (index + 1) * _SPAN
            if id(site) not in compared:
                yield from (_told(problem, sites, ()) for problem in self._alone(site, start))
                continue
            found = infer(site.tree, self.given(site.scope), start)
            inferred[id(site)] = (start, found)
            yield from (_told(problem, sites, ()) for problem in found.problems)
        for one in stages.through(made, _COMPARING):
            yield from self._compared(one, sites, inferred)

    def _alone(self, site: Site, start: int) -> Iterator[Problem]:
        """The problems of an expression whose value is compared with nothing: the same for the same text and scope."""
        scope = site.scope
        shapes = tuple((name, id(shape)) for name, shape in scope.shapes.items())
        saved = tuple((name, id(shape)) for name, shape in scope.saved.items()) if scope.saved is not None else None
        given = (id(scope.document), id(scope.whole), id(scope.items))
        key = (site.text, scope.variables, given, shapes, saved)
        if key not in self._known:
            self._known[key] = (scope, infer(site.tree, self.given(scope)).problems)
        for problem in self._known[key][1]:
            yield replace(problem, at=problem.at + start)

    def given(self, scope: Scope) -> Given:
        """What an expression is given, by its scope."""
        variables = {name: _KNOWN.get(name, ANY) for name in scope.variables}
        variables |= {name: self.type_of(shape) for name, shape in scope.shapes.items()}
        if scope.saved is not None and "saved" in scope.variables:
            fields = {name: self.type_of(shape).or_absent(_PERHAPS) for name, shape in scope.saved.items()}
            variables["saved"] = Type((Record(fields, frozenset(), None, True, kind="$saved"),))
        return Given(self._document(scope), variables, self._tables)

    def _document(self, scope: Scope) -> Type:
        """The type of the document, of one item where an expression finds several."""
        if scope.items is None or scope.whole is None:
            return self.type_of(scope.document)
        found = infer(scope.items, Given(self.type_of(scope.whole), {}, self._tables)).type
        item = stream_of(found).item
        return item if item.atoms else ANY

    def type_of(self, shape: Shape | None) -> Type:
        """The type of what has a shape."""
        if shape is None or not shape.alternatives:
            return ANY
        cached = self._shapes.get(id(shape))
        if cached is None:
            made = union(self._schemas.type_of(part.schema, part.document) for part in shape.alternatives)
            cached = self._shapes[id(shape)] = (shape, made)
        return cached[1]

    def _compared(
        self, made: Made, sites: Sequence[Site], inferred: Mapping[int, tuple[int, Inferred]]
    ) -> Iterator[Told]:
        marks: list[Mark] = []
        types = {path: inferred[id(site)][1].type for path, site in made.sites.items() if id(site) in inferred}
        if made.ref.fields is None:
            site = made.sites.get(())
            if site is None or id(site) not in inferred:
                return
            start, given = inferred[id(site)]
            found = compare(given.type, self.type_of(made.target), start)
        else:
            whole = _fields_type(made.ref.fields, (), types, made.key, marks)
            found = compare(whole, self.type_of(made.target), 0)
        yield from (_told(problem, sites, marks) for problem in found)


def _told(problem: Problem, sites: Sequence[Site], marks: Sequence[Mark]) -> Told:
    number, offset = divmod(problem.at, _SPAN)
    if number == 0:
        return Told(problem, marks[offset], None)
    site = sites[number - 1]
    return Told(problem, site.at(offset), site, offset)


def _fields_type(
    fields: Fields, path: Path, types: Mapping[Path, Type], key: Callable[[Path], Mark], marks: list[Mark]
) -> Type:
    """The type of a mapping that is written as fields; `marks` are the places of their keys."""
    if isinstance(fields, Expr):
        return types.get(path, ANY)
    place = len(marks)
    marks.append(key(path))
    if isinstance(fields, tuple):
        items = [_fields_type(item, (*path, index), types, key, marks) for index, item in enumerate(fields)]
        return list_of(union(item.present() for item in items) if items else Type(), at=place)
    made: dict[str, Type] = {}
    places: dict[str, int] = {}
    for name, part in fields.items():
        places[name] = len(marks)
        marks.append(key((*path, name)))
        made[name] = _fields_type(part, (*path, name), types, key, marks)
    return Type((Record(made, frozenset(made), None, True, places=places, at=place),))


def made_of(value: Any, sites: Sequence[tuple[Path, Site]], prefix: Path, target: Shape | None, key: Any) -> list[Made]:
    """What the mapping at a path makes, when it is known what that must be."""
    if not isinstance(value, MappingRef) or target is None:
        return []
    size = len(prefix)
    below = {path[size:]: site for path, site in sites if path[:size] == prefix}
    return [Made(value, below, target, lambda path: key(*prefix, *path))]

"""Trying a mapping on a sample: what it makes, whether that holds to its contract, and how each field came about.

Nothing is stored or sent. A real arrival is refused at the first thing that is wrong; a trial goes on as far as it can
and tells everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.contracts.violations import Violation
from engine.errors import CodecError
from engine.fields.marks import Mark
from engine.flow.mapping import EmptyHole, Variables
from engine.flow.subjects import Part, Subject
from engine.jsonata import MISSING, EvaluationContext, ExpressionError, explain, lineage


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an expression gave nothing: code and words, the place in the workspace, and the place in the data."""

    code: str
    message: str
    file: str
    line: int
    column: int
    data_path: str | None

    def __str__(self) -> str:
        where = f" @ {self.data_path}" if self.data_path else ""
        return f"{self.file}:{self.line}:{self.column} {self.code} {self.message}{where}"


@dataclass(frozen=True, slots=True)
class Trial:
    """One document on its way through a mapping. `taken`: the event's `when` lets it in."""

    document: Any
    taken: bool = True
    output: Any = MISSING
    violations: tuple[Violation, ...] = ()
    failure: Failure | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.failure is None and not self.violations and (self.output is not MISSING or not self.taken)


@dataclass(frozen=True, slots=True)
class Sample:
    """An input that was read: its documents, what breaks its own contract, and why it could not be taken apart."""

    documents: tuple[Any, ...] = ()
    violations: tuple[Violation, ...] = ()
    unreadable: str = ""
    failure: Failure | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with it."""
        return not (self.violations or self.unreadable or self.failure)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a result: `target` such as `lines[0].netAmount` (`""` for all of it), what made it and from what.

    A source that is not there has the value MISSING.
    """

    target: str
    value: Any
    expression: str
    place: Mark
    sources: tuple[tuple[str, Any], ...]


class Try:
    """A mapping with the variables and the context that it is tried in."""

    def __init__(self, subject: Subject, variables: Variables, context: EvaluationContext) -> None:
        self.subject = subject
        self._variables = variables
        self._context = context

    def read(self, body: bytes) -> Sample:
        """The bytes as the documents that the mapping gets one by one."""
        try:
            document = self.subject.codec.decode(body)
        except CodecError as error:
            return Sample(unreadable=str(error))
        violations = self.subject.given.validate(document) if self.subject.given is not None else ()
        if self.subject.items is None:
            return Sample((document,), violations)
        items = self._value(self.subject.items, document)
        if isinstance(items, Failure):
            return Sample((), violations, failure=items)
        listed = items if isinstance(items, list) else [] if items is MISSING else [items]
        return Sample(tuple(listed), violations)

    def run(self, document: Any) -> Trial:
        """What the mapping makes of a document."""
        if self.subject.when is not None:
            taken = self._value(self.subject.when, document)
            if taken is not True:
                return Trial(document, False, failure=taken if isinstance(taken, Failure) else None)
        try:
            output = self.subject.mapping(document, self._variables, self._context)
        except (ExpressionError, EmptyHole) as error:
            return Trial(document, failure=self._failure(document, error))
        if output is MISSING or self.subject.makes is None:
            return Trial(document, output=output)
        return Trial(document, output=output, violations=self.subject.makes.validate(output))

    def fields(self, document: Any) -> Iterator[Field]:
        """Each field of the result and how it came about. Raises ExpressionError as the mapping does."""
        for part in self.subject.parts:
            for told in explain(part.expression, document, self._variables, self._context):
                place = part.place(told.line, told.column)
                yield Field(_joined(part.target, told.target), told.value, told.expression, place, told.sources)

    def sources_of(self, target: str) -> tuple[str, ...]:
        """The source fields that a field of the result may be made of, whatever the data; none if it makes no such."""
        names = tuple(target.split("."))
        for part in self.subject.parts:
            above = tuple(part.target.split(".")) if part.target else ()
            for made, sources in lineage(part.expression).items():
                if (*above, *made)[: len(names)] == names:
                    return tuple(".".join(path) for path in sources)
        return ()

    def _value(self, part: Part, document: Any) -> Any:
        """The value of an expression, or the Failure."""
        try:
            return part.expression.evaluate(document, self._variables, self._context)
        except ExpressionError as error:
            return _failure(part, error)

    def _failure(self, document: Any, error: Exception) -> Failure:
        """The failure at its place: of a mapping of several expressions, that of the first one that fails."""
        for part in self.subject.parts:
            value = self._value(part, document)
            if isinstance(value, Failure):
                return value
        return Failure("", str(error), self.subject.file, 1, 1, None)


def _failure(part: Part, error: ExpressionError) -> Failure:
    mark = part.place(error.line or 1, error.column or 1)
    return Failure(error.code, error.message, mark.file, mark.line, mark.column, error.data_path)


def _joined(outer: str, inner: str) -> str:
    return outer + inner if not outer or not inner or inner.startswith("[") else f"{outer}.{inner}"

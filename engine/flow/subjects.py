"""The mappings of a revision by the names that people give them: event, an operation's request or reply, file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.contracts.schema import CompiledSchema
from engine.contracts.values import path_text
from engine.errors import CrossdockError
from engine.fields.expressions import Expr, MappingRef
from engine.fields.marks import Mark
from engine.fields.nearest import nearest
from engine.flow.compiled import CompiledEvent, CompiledOperation, Revision
from engine.flow.mapping import ExpressionMapping
from engine.flow.mapping import Mapping as CompiledMapping
from engine.jsonata import LIBRARY, Expression, compile_expression
from engine.plugin import Codec

Kind = Literal["event", "request", "reply", "file"]
REPLY = ":reply"


class UnknownMapping(CrossdockError):
    """There is no mapping of this name, or what is named has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One expression of a mapping: where in the result its value stands (`""` for all of it), and in which file."""

    target: str
    expression: Expression
    written: Expr | None = None

    def place(self, line: int, column: int) -> Mark:
        """The place in the file of a line and column that the expression tells."""
        if self.expression.origin is not None:
            return Mark(self.expression.origin.file, line, column)
        if self.written is not None and self.written.origin is not None:
            return self.written.origin.at_line(line, column)
        return Mark("", line, column)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A mapping with all that is around it.

    `codec` reads its input, `given` is the contract of that and `makes` that of its result; only an event has `items`
    and `when`.
    """

    name: str
    kind: Kind
    mapping: CompiledMapping
    parts: tuple[Part, ...]
    codec: Codec
    given: CompiledSchema | None = None
    makes: CompiledSchema | None = None
    items: Part | None = None
    when: Part | None = None

    @property
    def file(self) -> str:
        """The file in which the mapping begins."""
        return self.parts[0].place(1, 1).file if self.parts else ""


def find_subject(revision: Revision, name: str, plain: Codec) -> Subject:
    """The mapping of an event, an operation or (with `:reply`) a reply. `plain` reads canonical documents.

    Raises UnknownMapping with the nearest name.
    """
    owner, is_reply = name.removesuffix(REPLY), name.endswith(REPLY)
    system, _, short = owner.partition(".")
    event, operation = revision.event(owner), revision.operation(system, short)
    if event is not None and not is_reply:
        return _of_event(revision, event, short)
    if operation is not None:
        return _of_reply(revision, operation) if is_reply else _of_request(revision, operation, plain)
    near = nearest(owner, sorted({known.removesuffix(REPLY) for known in subject_names(revision)}))
    hint = f"; did you mean '{near}{REPLY if is_reply else ''}'" if near else ""
    wanted = "an event, an operation, OPERATION:reply or a .jsonata file of the workspace"
    raise UnknownMapping(f"expected {wanted}, got '{name}'{hint}")


def subject_names(revision: Revision) -> Iterator[str]:
    """The names of everything that has a mapping."""
    for system in revision.systems.values():
        yield from (event.name for event in system.events.values() if event.target.mapping is not None)
        for operation in system.operations.values():
            if operation.body is not None:
                yield operation.full_name
            if operation.returns.mapping is not None:
                yield f"{operation.full_name}{REPLY}"


def subjects_of_file(revision: Revision, file: str, plain: Codec) -> Iterator[Subject]:
    """Every event, request and reply that a mapping file of the workspace serves."""
    for name in subject_names(revision):
        subject = find_subject(revision, name, plain)
        if isinstance(subject.mapping, ExpressionMapping):
            origin = subject.mapping.expression.origin
            if origin is not None and origin.file == file:
                yield subject


def subject_of_text(expression: Expression, codec: Codec) -> Subject:
    """A mapping file that no system names, such as one of a flow: nothing is known of its input and its result."""
    part = Part("", expression)
    return Subject(part.place(1, 1).file, "file", ExpressionMapping(expression), (part,), codec)


def _of_event(revision: Revision, event: CompiledEvent, short: str) -> Subject:
    model = _models(revision, event.system, "events")[short]
    if event.target.mapping is None:
        raise UnknownMapping(f"event '{event.name}' has no mapping: its documents are taken as they are")
    return Subject(
        event.name,
        "event",
        event.target.mapping,
        tuple(_parts(event.target.mapping, model.map.mapping)),
        event.codec,
        event.contract,
        event.target.schema,
        Part("", event.items, model.items) if event.items is not None else None,
        Part("", event.when, model.when) if event.when is not None else None,
    )


def _of_request(revision: Revision, operation: CompiledOperation, plain: Codec) -> Subject:
    if operation.body is None:
        raise UnknownMapping(f"operation '{operation.full_name}' sends no body, so that there is nothing to map")
    model = _models(revision, operation.system, "operations")[operation.name]
    return Subject(
        operation.full_name,
        "request",
        operation.body,
        tuple(_parts(operation.body, model.request.body)),
        plain,
        operation.accepts,
        operation.request_contract,
    )


def _of_reply(revision: Revision, operation: CompiledOperation) -> Subject:
    target = operation.returns
    if target.mapping is None:
        raise UnknownMapping(f"operation '{operation.full_name}' does not map its reply")
    model = _models(revision, operation.system, "operations")[operation.name]
    return Subject(
        f"{operation.full_name}{REPLY}",
        "reply",
        target.mapping,
        tuple(_parts(target.mapping, model.returns.mapping)),
        operation.codec,
        operation.reply_contract,
        target.schema,
    )


def _models(revision: Revision, system: str, kind: Literal["events", "operations"]) -> Mapping[str, Any]:
    models: Mapping[str, Any] = getattr(revision.systems[system].model, kind)
    return models


def _parts(mapping: CompiledMapping, ref: MappingRef) -> Iterator[Part]:
    if isinstance(mapping, ExpressionMapping):
        yield Part("", mapping.expression, ref.expr)
        return
    for path, expr in ref.expressions():
        yield Part(path_text(path), compile_expression(expr.text, functions=LIBRARY), expr)

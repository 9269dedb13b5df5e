"""Where the fields of canonical entities come from and where they go: system to canonical to system, from the mappings.

Found without data: it says what a field may be made of, whatever comes. What one message's field was made of,
`crossdock explain` tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.catalogue.catalogue import Catalogue
from engine.catalogue.uses import every_step
from engine.config.models.steps import SetStep, StepFields, TransformStep, step_word
from engine.fields.expressions import Expr, MappingRef
from engine.flow.subjects import Subject, find_subject, subject_names
from engine.jsonata import LIBRARY, Expression, compile_expression, lineage
from engine.jsonata.lineage import reads
from engine.lint.sites import leaves, mapping_path


@dataclass(frozen=True, slots=True)
class Flow:
    """One way of a field.

    `interface` is an event, an operation or an operation's reply; `outside` are the fields of the system, `inside` the
    one of the entity. `file` holds the mapping.
    """

    entity: str
    inside: str
    interface: str
    outside: tuple[str, ...]
    file: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """`into`: from systems to entities. `out`: from entities to systems."""

    into: tuple[Flow, ...]
    out: tuple[Flow, ...]

    def of_entity(self, entity: str) -> dict[str, tuple[list[Flow], list[Flow]]]:
        """By field of an entity: where it comes from and where it goes, in the order of the fields' names."""
        found: dict[str, tuple[list[Flow], list[Flow]]] = {}
        for index, flows in enumerate((self.into, self.out)):
            for flow in flows:
                if flow.entity == entity:
                    found.setdefault(flow.inside, ([], []))[index].append(flow)
        return dict(sorted(found.items()))


def lineage_of(catalogue: Catalogue) -> Lineage:
    """The lineage of all fields of a workspace."""
    revision = catalogue.revision
    kind = catalogue.registry.codecs["json"]
    plain = kind.open(kind.settings())
    into: list[Flow] = []
    out: list[Flow] = []
    for name in subject_names(revision):
        subject = find_subject(revision, name, plain)
        if subject.kind == "request":
            out += _leaving(subject)
        elif subject.makes is not None:
            into += _entering(subject)
    for system in revision.systems.values():
        for operation in system.operations.values():
            model = getattr(system.model, "operations", {})[operation.name]
            if operation.accepts is not None:
                file = catalogue.files[f"system:{system.name}"]
                out += _holes(model.request, operation.full_name, operation.accepts.name, file)
    return Lineage(tuple(into), tuple(out))


def _entering(subject: Subject) -> Iterator[Flow]:
    """The fields that an event or a reply makes."""
    assert subject.makes is not None
    for part in subject.parts:
        above = tuple(filter(None, part.target.replace("[]", "").split(".")))
        for target, sources in _made(part.expression).items():
            path = ".".join((*above, *target))
            if path:
                outside = tuple(".".join(source) for source in sources)
                yield Flow(subject.makes.name, path, subject.name, outside, part.place(1, 1).file)


def _leaving(subject: Subject) -> Iterator[Flow]:
    """The fields of an entity that a request's body is made of."""
    if subject.given is None:
        return
    fields: dict[str, list[str]] = {}
    file = subject.file
    for part in subject.parts:
        above = tuple(filter(None, part.target.replace("[]", "").split(".")))
        for target, sources in _made(part.expression).items():
            for source in sources:
                if not source[0].startswith("$"):
                    fields.setdefault(".".join(source), []).append(".".join((*above, *target)) or "body")
    for inside, outside in fields.items():
        yield Flow(subject.given.name, inside, subject.name, tuple(dict.fromkeys(outside)), file)


def _made(expression: Expression) -> Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The fields an expression makes; one that makes no fields makes the whole of what it reads."""
    made = lineage(expression)
    return made or {(): tuple(sorted(reads(expression)))}


def _holes(request: object, operation: str, entity: str, file: str) -> Iterator[Flow]:
    """The fields of an entity in a request's path, query and headers."""
    fields: dict[str, list[str]] = {}
    for path, leaf in leaves(request, ()):
        if path[:1] == ("body",) or not isinstance(leaf, Expr):
            continue
        place = " ".join(str(part) for part in path)
        for source in reads(compile_expression(leaf.text, functions=LIBRARY)):
            if not source[0].startswith("$"):
                fields.setdefault(".".join(source), []).append(f"({place})")
    for inside, outside in sorted(fields.items()):
        yield Flow(entity, inside, operation, tuple(dict.fromkeys(outside)), file)


def made_in_flow(catalogue: Catalogue, flow: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What a flow itself makes of fields: the step, the field, and the fields and variables it is made of."""
    for step in every_step(catalogue.revision.flows[flow].model.steps):
        for title, ref in _mappings(step):
            for path, expression in _expressions(catalogue, flow, ref):
                for target, sources in _made(expression).items():
                    field = ".".join((*map(str, path), *target))
                    yield title, field or "the payload", tuple(".".join(source) for source in sources)


def _mappings(step: StepFields) -> Iterator[tuple[str, MappingRef]]:
    """The mappings of a step with what they are for."""
    word = (step_word(step) or "").replace("_", " ")
    if isinstance(step, TransformStep):
        yield "transform", step.transform.mapping
    elif isinstance(step, SetStep):
        yield "set", MappingRef(fields={f"$saved.{name}": expr for name, expr in step.set.items()})
    else:
        about = getattr(step, word.replace(" ", "_"), "")
        for name in ("payload", "undo_with"):
            given = getattr(step, name, None)
            if isinstance(given, MappingRef):
                yield f"{word} {about}" if isinstance(about, str) else word, given


def _expressions(
    catalogue: Catalogue, flow: str, ref: MappingRef
) -> Iterator[tuple[tuple[str | int, ...], Expression]]:
    if ref.file is None:
        for path, expr in ref.expressions():
            yield path, compile_expression(expr.text, functions=LIBRARY)
        return
    folder = catalogue.files[f"flow:{flow}"].rpartition("/")[0]
    file = mapping_path(catalogue.bundle, folder, ref.file)
    if file is not None and file in catalogue.bundle:
        text = catalogue.bundle.read(file).decode("utf-8-sig")
        yield (), compile_expression(text, functions=LIBRARY)

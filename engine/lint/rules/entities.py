"""Whether the entity that one side yields is the one that the other side takes."""

from __future__ import annotations

from engine.config.findings import did_you_mean
from engine.fields.marks import Mark
from engine.lint.context import Context
from engine.lint.facts import Cut, Entities


def check_entities(context: Context) -> None:
    """XD405 and XD608; silent where the entity is not known."""
    for handed in context.facts.handed:
        operation = context.operation(handed.operation)
        if operation is not None and operation.accepts is not None:
            _fit(context, handed.entities, operation.accepts, f"'{handed.operation}' takes it", handed.mark)
    for ran in context.facts.ran:
        flow = context.flows.get(ran.operation)
        if flow is not None and flow.model.source.accepts is not None:
            _fit(context, ran.entities, flow.model.source.accepts, f"'{ran.operation}' accepts it", ran.mark)
    _check_sources(context)
    for cut in context.facts.cuts:
        _check_cut(context, cut)


def _fit(context: Context, entities: Entities, accepted: str, why: str, mark: Mark) -> None:
    if entities is not None and accepted not in entities:
        found = " or ".join(f"'{name}'" for name in sorted(entities))
        context.findings.add("XD405", mark, expected=f"'{accepted}', for {why}", found=found)


def _check_sources(context: Context) -> None:
    """What a flow says it accepts, against what its events and topics bring."""
    events = {event.name: event.model for event in context.events()}
    for flow in context.flows.values():
        source = flow.model.source
        if source.accepts is None:
            continue
        why = f"'{flow.model.flow}' accepts it"
        for index, name in enumerate(source.events):
            declared = events[name].map if name in events else None
            if declared is not None:
                mark = flow.places.value("source", "events", index)
                _fit(context, context.named(declared.to), source.accepts, why, mark)
        for index, topic in enumerate(source.topics):
            for published in context.facts.published:
                if published.topic == topic:
                    mark = flow.places.value("source", "topics", index)
                    _fit(context, published.entities, source.accepts, why, mark)


def _check_cut(context: Context, cut: Cut) -> None:
    document = context.shape(cut.entities)
    if document is None:
        return
    found = context.shapes.field(document, cut.field)
    kinds = context.shapes.kinds(found) if found is not None else set()
    if found is None or (found.alternatives and (not kinds or "array" in kinds)):
        return
    names = context.shapes.names(document)
    entity = " or ".join(sorted(cut.entities or ()))
    context.findings.add(
        "XD608",
        cut.mark,
        expected=f"a list of '{entity}'",
        found=f"'{cut.field}', which is {' or '.join(sorted(kinds))}" if kinds else f"'{cut.field}', which it has not",
        hint="" if kinds else did_you_mean(cut.field, names),
    )

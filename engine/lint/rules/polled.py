"""What an event that is asked for has no use for: its items are values of a reply. Nobody sends them, no codec reads
them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.lint.context import Context, EventOf


def check_polled(context: Context) -> None:
    """XD707: a setting of what is received, beside 'poll'."""
    for event in context.events():
        for name, advice in _of_no_use(event):
            context.findings.add(
                "XD707",
                event.system.places.key("events", event.key, name),
                expected=f"'poll' without '{name}'",
                found="both",
                hint=advice,
            )


def _of_no_use(event: EventOf) -> Iterator[tuple[str, str]]:
    """The settings of a polled event that nothing reads, each with what to write in its place."""
    model = event.model
    if model.poll is None:
        return
    if model.codec != "json":
        operation = f"{event.system.model.system}.{model.poll.operation}"
        yield "codec", f"items are values already: 'codec' of operation '{operation}' says how its reply is read"
    if model.dedupe is not None:
        yield "dedupe", "nobody sends items: 'identity.idempotency.key' of the flow that takes them tells a repeat"
    if model.payload is not None:
        yield "payload", "it bounds what is received"
    theirs = event.connector.event.model_fields if event.connector.event is not None else {}
    for name, field in theirs.items():
        if name in model.model_fields_set:
            yield field.alias or name, "an event is asked for or received, never both"

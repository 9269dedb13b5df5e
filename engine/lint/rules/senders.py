"""Who sends, and how a repeat is known."""

from __future__ import annotations

from engine.lint.context import Context


def check_senders(context: Context) -> None:
    """XD704: anybody may send an event; XD602: repeats are found by a digest only."""
    for event in context.events():
        if not event.connector.verifies(event.model):
            context.findings.add(
                "XD704",
                event.system.places.key("events", event.key),
                expected=f"the sender of '{event.name}' to be verified",
                found="an event that anybody may send",
            )
    _check_repeats(context)


def _check_repeats(context: Context) -> None:
    events = {event.name: event.model for event in context.events()}
    for flow in context.flows.values():
        if flow.model.identity.idempotency is not None:
            continue
        for index, name in enumerate(flow.model.source.events):
            event = events.get(name)
            if event is None or event.dedupe is not None:
                continue
            ways = ["'identity.idempotency.key' of the flow"]
            if event.poll is None:
                ways.append(f"'dedupe' of '{name}'")
            context.findings.add(
                "XD602",
                flow.places.value("source", "events", index),
                expected=", or ".join(ways),
                found="neither" if len(ways) > 1 else "none",
            )

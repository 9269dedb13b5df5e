"""Where messages come in: two events must not lie on one address."""

from __future__ import annotations

import re

from engine.lint.context import Context, EventOf

_PARAMETER = re.compile(r"\{[^{}/]*\}")


def check_addresses(context: Context) -> None:
    """XD701: the connector names what an event occupies; parameters of any name are the same place."""
    taken: dict[tuple[str, str], EventOf] = {}
    for event in context.events():
        for address in event.connector.addresses(event.model):
            key = (event.connector.name, _PARAMETER.sub("{}", address))
            first = taken.setdefault(key, event)
            if first is not event:
                mark = first.system.places.key("events", first.key)
                context.findings.add(
                    "XD701",
                    event.system.places.key("events", event.key),
                    expected="an address of its own",
                    found=f"'{address}', which '{first.name}' has too ({mark.file}:{mark.line})",
                )

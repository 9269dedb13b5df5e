"""Policies that would fail when the process starts: maintenance windows and breakers."""

from __future__ import annotations

from engine.lint.context import Context
from engine.policy.breaker import BreakerSettings
from engine.policy.maintenance import parse_window


def check_policies(context: Context) -> None:
    """XD805, XD808: each is read as the runtime reads it."""
    for system in context.systems.values():
        for index, text in enumerate(system.model.maintenance):
            try:
                parse_window(text)
            except ValueError as error:
                context.findings.add("XD805", system.places.value("maintenance", index), str(error))
        breaker = system.model.breaker
        try:
            BreakerSettings(breaker.failures, breaker.within.seconds, breaker.cooldown.seconds)
        except ValueError as error:
            context.findings.add("XD808", system.places.value("breaker"), str(error))

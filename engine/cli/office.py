"""Carries out orders: through the running process when there is one, else on the store itself.

`engine.cli.alone` loads the whole engine, so it is imported only where no process answers: an order to a running
process takes half the time without.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from engine.cli.control_client import NobodyThere, ask
from engine.cli.places import Place
from engine.cli.proposals import proposed_run
from engine.cli.stops import NotRunning

Progress = Callable[[int, int], None]


def no_progress(done: int, whole: int) -> None:
    """For orders that are done in a moment."""


def order(place: Place, name: str, given: Mapping[str, Any], progress: Progress = no_progress) -> Any:
    """The result of an order of `engine.recovery.orders`, with or without a running process."""
    with suppress(NobodyThere):
        return ask(place.control(), name, given, progress)
    if not place.has_store():
        raise NotRunning(
            f"nothing has run in '{place.folder}' yet: it has no message store",
            advice=f"start it with: {proposed_run(place)}",
        )
    return importlib.import_module("engine.cli.alone").carry_out(place, name, given, progress)


def order_running(place: Place, name: str, given: Mapping[str, Any], progress: Progress = no_progress) -> Any:
    """The result of an order that only a running process can carry out."""
    with suppress(NobodyThere):
        return ask(place.control(), name, given, progress)
    raise NotRunning(f"no process runs the workspace '{place.folder}'", advice=f"start one with: {proposed_run(place)}")

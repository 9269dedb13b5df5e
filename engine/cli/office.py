"""Carries out orders: through the running process when there is one, else on the store itself, alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from engine.app import open_office
from engine.cli.control_client import NobodyThere, ask
from engine.cli.places import Place
from engine.cli.stops import NotRunning
from engine.recovery.orders import ORDERS

Progress = Callable[[int, int], None]


def no_progress(done: int, whole: int) -> None:
    """For orders that are done in a moment."""


def order(place: Place, name: str, given: Mapping[str, Any], progress: Progress = no_progress) -> Any:
    """The result of an order of `engine.recovery.orders`, with or without a running process."""
    with suppress(NobodyThere):
        return ask(place.control(), name, given, progress)
    return asyncio.run(_alone(place, name, given, progress))


def order_running(place: Place, name: str, given: Mapping[str, Any], progress: Progress = no_progress) -> Any:
    """The result of an order that only a running process can carry out."""
    try:
        return ask(place.control(), name, given, progress)
    except NobodyThere:
        raise NotRunning(
            f"no process runs the workspace '{place.folder}'",
            advice=f"start one with 'crossdock run {place.folder}'",
        ) from None


async def _alone(place: Place, name: str, given: Mapping[str, Any], progress: Progress) -> Any:
    async with open_office(place.folder, store=place.store) as office:
        return await ORDERS[name](office, given, progress)

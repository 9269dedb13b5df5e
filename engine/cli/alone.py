"""Carries out one order on the store itself, under its exclusive lock, where no process runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from engine.app.offices import open_office
from engine.cli.places import Place
from engine.recovery.orders import ORDERS


def carry_out(place: Place, name: str, given: Mapping[str, Any], progress: Callable[[int, int], None]) -> Any:
    """The result of an order. Raises StoreLocked when a process runs after all, and what the order raises."""
    return asyncio.run(_carry_out(place, name, given, progress))


async def _carry_out(place: Place, name: str, given: Mapping[str, Any], progress: Callable[[int, int], None]) -> Any:
    async with open_office(place.folder, store=place.store) as office:
        return await ORDERS[name](office, given, progress)

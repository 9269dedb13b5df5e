"""Fixtures of the tests of the files connector."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio
from drop_folders import Served, make_host

from engine.plugin import EventBinding
from engine.plugin.contract import RecordingIntake
from plugins.files.source import FilesSource


@pytest_asyncio.fixture
async def serving(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Served]]]:
    """Starts a source with bindings."""
    started: list[Served] = []

    async def start(*bindings: EventBinding, intake: RecordingIntake | None = None) -> Served:
        served = Served(FilesSource(make_host(tmp_path)), intake or RecordingIntake(), tmp_path)
        await served.source.start(bindings, served.intake)
        started.append(served)
        return served

    yield start
    for served in started:
        served.intake.gate.set()
        await served.source.stop()

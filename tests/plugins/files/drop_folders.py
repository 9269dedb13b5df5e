"""Folders and sources for the tests of the files connector, on a real disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.clock import SystemClock
from engine.plugin import EventBinding, Host
from engine.plugin.contract import RecordingIntake
from plugins.files.settings import FilesConnection, FilesEvent
from plugins.files.source import FilesSource


def make_host(folder: Path) -> Host:
    return Host(SystemClock(), logging.getLogger("tests.files"), folder)


def binding(name: str = "erp.orders", *, limit: int = 10_000, **receive: Any) -> EventBinding:
    """An event of the ERP, in a folder called like it, looked at often."""
    given = {
        "folder": name.rpartition(".")[2],
        "stable_for": "20 ms",
        "poll": "50 ms",
        "create": True,
        "notify": False,
        **receive,
    }
    return EventBinding(name, FilesEvent.model_validate({"receive": given}), FilesConnection(), limit)


async def eventually(check: Callable[[], bool]) -> None:
    """Wait for something on the disk."""
    async with asyncio.timeout(10):
        while not check():  # noqa: ASYNC110 - the disk tells nobody
            await asyncio.sleep(0.005)


def drop(folder: Path, name: str, body: bytes) -> Path:
    """Put a whole file into a folder as a careful sender does."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{name}.tmp"
    unfinished.write_bytes(body)
    return unfinished.rename(folder / name)


@dataclass
class Served:
    """A running source, its folder and what it hands in to."""

    source: FilesSource
    intake: RecordingIntake
    folder: Path

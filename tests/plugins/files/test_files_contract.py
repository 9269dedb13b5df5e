from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from drop_folders import binding, drop, eventually, make_host

from engine.plugin import Destination, DestinationSetup, EventBinding, Features, Request, Source
from engine.plugin.contract import (
    ACCEPTED,
    REFUSED,
    REPLIES,
    UNREACHABLE,
    DestinationContract,
    Seen,
    SourceContract,
)
from plugins.files import plugin
from plugins.files.destination import open_destination
from plugins.files.settings import FilesConnection
from plugins.files.source import FilesSource


class DropFolder:
    """A legacy ERP that drops files and looks where they went."""

    features: Features = plugin.connectors[0].features

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def open(self) -> Source:
        return FilesSource(make_host(self._folder))

    def bindings(self, *names: str) -> Sequence[EventBinding]:
        return [binding(f"erp.{name}") for name in names]

    async def deliver(self, source: Source, name: str, body: bytes, key: str | None = None) -> str:
        folder, file = self._folder / name, f"{next(self._numbers)}.json"
        drop(folder, file, body)
        await eventually(lambda: not (folder / file).exists())
        return ACCEPTED if (folder / "done" / file).exists() else REFUSED


class TestFilesSource(SourceContract):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> DropFolder:
        return DropFolder(tmp_path)


class Outbox:
    """A folder that another system reads."""

    features: Features = plugin.connectors[0].features
    behaviours = frozenset({REPLIES, UNREACHABLE})

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "outbox"

    async def open(self, behaviour: str, *, concurrent: int = 4) -> Destination:
        if behaviour == REPLIES:
            self._folder.mkdir(exist_ok=True)
        setup = DestinationSetup("erp", FilesConnection(folder="outbox"), concurrent)
        return open_destination(setup, make_host(self._folder.parent))

    def request(self, body: bytes | None, *, key: str = "key-1", timeout: float = 10.0) -> Request:
        return Request("drop-order", {"path": f"{key}.json"}, {}, body, "application/json", key, timeout)

    def seen(self) -> Sequence[Seen]:
        return [Seen(path.read_bytes(), None) for path in sorted(self._folder.iterdir())]

    def most_at_once(self) -> int:
        return 0


class TestFilesDestination(DestinationContract):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> Outbox:
        return Outbox(tmp_path)

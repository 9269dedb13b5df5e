"""The files source: a watcher for each folder and pattern that an event names."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from engine.errors import PluginError
from engine.plugin import EventBinding, Host, Intake, Source
from plugins.files.settings import FilesEvent, ReceiveSettings
from plugins.files.watcher import Watcher

Place = tuple[str, str]
"""A folder and a pattern in it."""


class FilesSource:
    """Takes in files. A file leaves its folder only after `intake.accept` has returned or refused it."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._intake: Intake | None = None
        self._watchers: dict[Place, Watcher] = {}
        self._leaving: list[Watcher] = []

    async def start(self, bindings: Sequence[EventBinding], intake: Intake) -> None:
        self._intake = intake
        await self.rebind(bindings)

    async def rebind(self, bindings: Sequence[EventBinding]) -> None:
        wanted = _places(bindings)
        await asyncio.to_thread(self._prepare, [receive for _, receive in wanted.values()])
        for place in [place for place in self._watchers if place not in wanted]:
            watcher = self._watchers.pop(place)
            watcher.ask_to_stop()
            self._leaving.append(watcher)
        assert self._intake is not None
        for place, (binding, receive) in wanted.items():
            known = self._watchers.get(place)
            if known is not None:
                known.rebind(binding, receive)
                continue
            watcher = self._watchers[place] = Watcher(binding, receive, self._host, self._intake)
            watcher.start()

    async def stop(self) -> None:
        leaving = [*self._leaving, *self._watchers.values()]
        for watcher in leaving:
            watcher.ask_to_stop()
        await asyncio.gather(*(watcher.stopped() for watcher in leaving))
        self._watchers.clear()
        self._leaving.clear()

    def _prepare(self, folders: Sequence[ReceiveSettings]) -> None:
        for receive in folders:
            folder = self._host.folder / receive.folder
            try:
                if receive.create:
                    folder.mkdir(parents=True, exist_ok=True)
                if not folder.is_dir():
                    raise PluginError(f"folder '{folder}' is missing; make it, or say 'create: true'")
                for name in (receive.done, receive.error):
                    (folder / name).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise PluginError(f"folder '{folder}' cannot be used: {error.strerror}") from None


def _places(bindings: Sequence[EventBinding]) -> dict[Place, tuple[EventBinding, ReceiveSettings]]:
    places: dict[Place, tuple[EventBinding, ReceiveSettings]] = {}
    for binding in bindings:
        settings = binding.settings
        if not isinstance(settings, FilesEvent) or settings.receive is None:
            raise PluginError(f"event '{binding.event}': expected 'receive' of connector files")
        place = (settings.receive.folder.rstrip("/"), settings.receive.pattern)
        if place in places:
            raise PluginError(f"event '{binding.event}': {'/'.join(place)} is taken by '{places[place][0].event}'")
        places[place] = (binding, settings.receive)
    return places


def open_source(host: Host) -> Source:
    """The source of all file events."""
    return FilesSource(host)

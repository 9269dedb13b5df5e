"""The files destination: a request becomes a file, whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from engine.errors import OutcomeUnknown, PluginError, StepFailed
from engine.plugin import Destination, DestinationSetup, Host, Reply, Request
from plugins.files import disk
from plugins.files.settings import FilesConnection

_JSON = "application/json"


class FilesDestination:
    """Writes and reads files below one folder."""

    def __init__(self, setup: DestinationSetup, folder: Path) -> None:
        self._system = setup.system
        self._limit = setup.reply_limit
        self._folder = folder
        self._turns = asyncio.Semaphore(setup.concurrent)

    async def send(self, request: Request) -> Reply:
        """Write a file (201, or 200 when the same bytes stand there already), or read one (200 or 404).

        A file with other content is a failure of class `conflict`, a path that leaves the folder one of class `data`.
        """
        async with self._turns:
            work: Callable[[Request], Reply] = self._read if request.settings.get("action") == "read" else self._write
            try:
                async with asyncio.timeout(request.timeout):
                    return await asyncio.to_thread(work, request)
            except TimeoutError:
                raise OutcomeUnknown(
                    f"{self._name(request)}: the disk did not answer in time", reason="timeout"
                ) from None

    async def close(self) -> None:
        return None

    def _write(self, request: Request) -> Reply:
        target, body = self._target(request), request.body or b""
        token = hashlib.sha256(request.key.encode()).hexdigest()[:12]
        try:
            written = disk.write(target, body, token=token, overwrite=bool(request.settings.get("overwrite")))
        except disk.Different:
            raise StepFailed(
                f"{self._name(request)}: a file with other content stands at '{self._shown(target)}'",
                error_class="conflict",
                reason="file-exists",
            ) from None
        except OSError as error:
            raise self._failed(request, error) from None
        return self._told(201 if written else 200, target, body)

    def _read(self, request: Request) -> Reply:
        target = self._target(request)
        try:
            with target.open("rb") as file:
                body = file.read(self._limit + 1)
        except (FileNotFoundError, IsADirectoryError):
            return Reply(404, b"null", content_type=_JSON)
        except OSError as error:
            raise self._failed(request, error) from None
        if len(body) > self._limit:
            raise StepFailed(
                f"{self._name(request)}: expected at most {self._limit} bytes in '{self._shown(target)}', found more",
                error_class="data",
                reason="file-too-large",
            )
        return Reply(200, body)

    def _target(self, request: Request) -> Path:
        """The file meant. Raises StepFailed when the folder is missing, or the path does not stay below it."""
        if not self._folder.is_dir():
            raise StepFailed(
                f"{self._name(request)}: folder '{self._folder}' is missing",
                error_class="transient",
                reason="folder-missing",
            )
        folder = self._folder.resolve()
        try:
            target = (folder / str(request.settings["path"]).lstrip("/")).resolve()
        except (OSError, ValueError):
            target = folder
        if target == folder or not target.is_relative_to(folder) or target.name.startswith("."):
            raise StepFailed(
                f"{self._name(request)}: expected a path below the system's folder, found '{request.settings['path']}'",
                error_class="data",
                reason="bad-path",
            )
        return target

    def _told(self, status: int, target: Path, body: bytes) -> Reply:
        document = {"path": self._shown(target), "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        return Reply(status, json.dumps(document).encode(), content_type=_JSON)

    def _failed(self, request: Request, error: OSError) -> StepFailed:
        detail = f"{self._name(request)}: {error.strerror or type(error).__name__}"
        return StepFailed(detail, error_class="transient", reason="disk-error")

    def _shown(self, target: Path) -> str:
        return str(target.relative_to(self._folder.resolve()))

    def _name(self, request: Request) -> str:
        return f"{self._system}.{request.operation}"


def open_destination(setup: DestinationSetup, host: Host) -> Destination:
    """The destination of one system. Raises PluginError when it names no folder."""
    connection = setup.connection
    if not isinstance(connection, FilesConnection) or connection.folder is None:
        raise PluginError(f"system '{setup.system}': expected 'folder', since it has operations")
    return FilesDestination(setup, host.folder / connection.folder)

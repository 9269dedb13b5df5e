"""One watched folder: sees files come, waits until they are complete, hands them in, and puts them away."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from watchfiles import awatch

from engine.errors import Overloaded, Refused, StoreError, TooLarge
from engine.plugin import Arrival, EventBinding, Host, Intake
from plugins.files import disk
from plugins.files.settings import ReceiveSettings

_SHORTEST_PAUSE = 0.01


class Watcher:
    """Hands in the files of one folder, oldest first and one at a time.

    A file that was accepted and not yet moved when the process died is handed in again, with the same key: a repeat.
    """

    def __init__(self, binding: EventBinding, receive: ReceiveSettings, host: Host, intake: Intake) -> None:
        self._binding = binding
        self._receive = receive
        self._host = host
        self._intake = intake
        self.folder = host.folder / receive.folder
        self._since: dict[Path, tuple[disk.Sighting, float]] = {}
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._unreachable = False

    def start(self) -> None:
        """Begin to watch."""
        self._tasks.append(asyncio.create_task(self._run()))
        if self._receive.notify:
            self._tasks.append(asyncio.create_task(self._listen()))

    def rebind(self, binding: EventBinding, receive: ReceiveSettings) -> None:
        """Take another revision's settings for the same folder; the file in hand is finished under the old ones."""
        self._binding, self._receive = binding, receive
        self._wake.set()

    def ask_to_stop(self) -> None:
        """Take no further file."""
        self._stopping.set()
        self._wake.set()

    async def stopped(self) -> None:
        """Wait until the file in hand is acknowledged."""
        await asyncio.gather(*self._tasks)

    async def _run(self) -> None:
        pause = _SHORTEST_PAUSE
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            pause = await self._look()

    async def _listen(self) -> None:
        """Wake at the system's notices; polling goes on whether or not there are any."""
        try:
            async for _ in awatch(
                self.folder, watch_filter=None, recursive=False, stop_event=self._stopping, step=20, rust_timeout=500
            ):
                self._wake.set()
        except (OSError, RuntimeError) as error:
            self._host.log.info("no change notices for %s, it is polled: %s", self.folder, error)

    async def _look(self) -> float:
        """Hand in what is complete; returns the seconds until the next look."""
        receive, binding = self._receive, self._binding
        try:
            seen = await asyncio.to_thread(disk.scan, self.folder, receive.pattern, receive.trigger)
        except OSError as error:
            if not self._unreachable:
                self._host.log.warning("cannot look into %s: %s", self.folder, error.strerror)
            self._unreachable = True
            return receive.poll.seconds
        self._unreachable = False
        pause = receive.poll.seconds
        for sighting in self._complete(seen, receive):
            if self._stopping.is_set():
                break
            held_up = await self._take(sighting, binding, receive)
            if held_up is not None:
                return held_up  # nothing can be stored, and what comes later must not overtake it
        now = self._host.clock.monotonic()
        waits = [first + receive.stable_for.seconds - now for _, first in self._since.values()]
        return max(min([pause, *waits]), _SHORTEST_PAUSE)

    def _complete(self, seen: list[disk.Sighting], receive: ReceiveSettings) -> list[disk.Sighting]:
        """Those that have not changed for long enough, or have their trigger."""
        if receive.trigger is not None:
            return seen
        now = self._host.clock.monotonic()
        since = {}
        for sighting in seen:
            known, first = self._since.get(sighting.path, (sighting, now))
            since[sighting.path] = (sighting, first if known == sighting else now)
        self._since = since
        stable = receive.stable_for.seconds
        return [sighting for sighting, first in since.values() if now - first >= stable]

    async def _take(self, seen: disk.Sighting, binding: EventBinding, receive: ReceiveSettings) -> float | None:
        """Hand one file in and put it away; the seconds to wait when nothing can be stored just now.

        A file that cannot be taken for reasons of its own is tried again at the next poll; the others go on.
        """
        try:
            arrival = await self._arrival(seen, binding)
            await self._intake.accept(arrival)
            await self._put_away(seen, receive, None)
        except disk.Changed:
            self._since.pop(seen.path, None)
        except Overloaded as error:
            return error.retry_after
        except Refused as error:
            await self._refuse(seen, receive, error)
        except StoreError as error:
            self._host.log.warning("%s stays where it is: %s", seen.path, error)
            return receive.poll.seconds
        except OSError as error:
            self._later(seen, receive)
            self._host.log.warning("cannot take %s: %s", seen.path, error.strerror)
        except Exception:
            self._later(seen, receive)
            self._host.log.exception("an error while taking %s, it stays where it is", seen.path)
        return None

    async def _arrival(self, seen: disk.Sighting, binding: EventBinding) -> Arrival:
        """The file as an arrival. Raises TooLarge, after it was noted in the invalid channel, without reading it."""
        name = os.fsencode(seen.path.name)
        attributes: dict[str, Any] = {"name": name.decode(errors="replace"), "size": seen.size}
        if seen.size > binding.payload_limit:
            error = TooLarge(f"expected at most {binding.payload_limit} bytes, found {seen.size}", code="too-large")
            await self._intake.reject(Arrival(binding.event, b"", attributes=attributes), error)
            raise error
        body = await asyncio.to_thread(disk.read, seen)
        digest = hashlib.sha256(name + b"\0" + body)
        return Arrival(binding.event, body, attributes=attributes, key=digest.hexdigest())

    async def _refuse(self, seen: disk.Sighting, receive: ReceiveSettings, error: Refused) -> None:
        try:
            await self._put_away(seen, receive, error)
        except disk.Changed:
            self._since.pop(seen.path, None)
        except OSError as trouble:
            self._later(seen, receive)
            self._host.log.warning("cannot move %s: %s", seen.path, trouble.strerror)

    def _later(self, seen: disk.Sighting, receive: ReceiveSettings) -> None:
        """Count a file as complete only at the next poll."""
        now = self._host.clock.monotonic()
        self._since[seen.path] = (seen, now + receive.poll.seconds - receive.stable_for.seconds)

    async def _put_away(self, seen: disk.Sighting, receive: ReceiveSettings, error: Refused | None) -> None:
        folder = self.folder / (receive.done if error is None else receive.error)
        target = await asyncio.to_thread(disk.move, seen, folder)
        if receive.trigger is not None:
            (self.folder / (seen.path.name + receive.trigger)).unlink(missing_ok=True)
        self._since.pop(seen.path, None)
        if error is not None:
            self._host.log.warning("%s was refused: %s", seen.path, error)
            beside = target.with_name(target.name + ".problem.json")
            token = hashlib.sha256(str(beside).encode()).hexdigest()[:12]
            await asyncio.to_thread(disk.write, beside, problem(seen.path.name, error), token=token, overwrite=True)


def problem(name: str, error: Refused) -> bytes:
    """The problem document (RFC 9457) that lies beside a refused file."""
    document: dict[str, Any] = {
        "type": f"urn:crossdock:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "file": name,
    }
    if error.violations:
        document["violations"] = [dict(violation) for violation in error.violations]
    return json.dumps(document, indent=2, ensure_ascii=False, default=str).encode(errors="replace")

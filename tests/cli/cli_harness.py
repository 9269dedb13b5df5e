"""A small workspace and what runs it: commands in this process, and `crossdock run` in one of its own."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from engine.app.offices import open_office
from engine.cli import main
from engine.ids import id_text
from engine.message import State
from engine.store.records import Append, NewMessage

DEADLINE = 60.0
COMMAND = (sys.executable, "-m", "engine.cli")


def crossdock(*arguments: str | Path, stdin: str | None = None, env: dict[str, str] | None = None) -> Result:
    """A command, carried out in this process; stdout and stderr are kept apart."""
    return CliRunner(env={"NO_COLOR": None, **(env or {})}).invoke(main, [str(one) for one in arguments], input=stdin)


def document(result: Result) -> Any:
    """The one JSON document on stdout."""
    return json.loads(result.stdout)


def make_workspace(folder: Path) -> Path:
    """The workspace that `crossdock init` makes."""
    assert crossdock("init", folder).exit_code == 0
    return folder


def put_dead(folder: Path, *, payload: bytes = b"{", channel: str = "invalid", **failure: Any) -> str:
    """Put a dead message into a workspace's store; returns its text id."""
    told = {"error_class": "data", "reason": "unreadable", "detail": "expected '}' at byte 1", **failure}
    new = NewMessage(
        channel=channel,
        source="shop.order-created",
        payload=payload,
        received_at=1_760_000_000.0,
        business_keys=(("sales-order", "77"),),
        final=State.DEAD,
        failure=told,
    )

    async def append() -> str:
        async with open_office(folder) as office:
            (appended,) = await office.store.append(Append((new,)))
            return id_text(appended.message_id)

    return asyncio.run(append())


@dataclass
class Running:
    """`crossdock run` in a process of its own; `events` are the lines it printed."""

    folder: Path
    process: subprocess.Popen[str]
    events: list[dict[str, Any]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @classmethod
    def start(cls, folder: Path, *options: str) -> Running:
        """Start it and wait until it says that it runs."""
        command = [*COMMAND, "run", str(folder), "--sandbox", "--port", "0", "--json", *options]
        log = (folder / "run.log").open("w")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment())
        running = cls(folder, process)
        threading.Thread(target=running._read, daemon=True).start()
        running.wait_for(lambda: any(event["event"] == "started" for event in running.events))
        return running

    @property
    def address(self) -> str:
        return str(next(event for event in self.events if event["event"] == "started")["address"])

    def crossdock(self, *arguments: str, stdin: str | None = None) -> Result:
        """A command for this workspace."""
        return crossdock(*arguments, "-w", self.folder, stdin=stdin)

    def send_order(self, number: str) -> str:
        """Send the example order under another number; returns the message's id."""
        text = (self.folder / "examples" / "shop.order-created.json").read_text().replace("1001", number)
        sent = self.crossdock("send", "shop.order-created", "-", "--json", stdin=text)
        assert sent.exit_code == 0, sent.stderr
        return str(document(sent)["messages"][0])

    def wait_for_state(self, message: str, states: Sequence[str]) -> dict[str, Any]:
        """The trace of a message as soon as it is in one of the states."""
        found: dict[str, Any] = {}

        def reached() -> bool:
            found.update(document(self.crossdock("trace", message, "--json")))
            return found["state"] in states

        self.wait_for(reached)
        return found

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds; looks again whenever the process says something, at the latest after 0.1 s."""
        waited = 0.0
        while not condition():
            assert waited < DEADLINE, (self.folder / "run.log").read_text()
            assert self.process.poll() is None, (self.folder / "run.log").read_text()
            with self._changed:
                self._changed.wait(0.1)
            waited += 0.1

    def stop(self) -> int:
        """End it as an operator would, and return its exit code."""
        self.process.terminate()
        return self.process.wait(DEADLINE)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.events.append(json.loads(line))
                self._changed.notify_all()


class Terminal:
    """A command in a process of its own, and the lines that its user sees: those of stdout and stderr alike."""

    def __init__(self, folder: Path, *words: str, stderr: int | None = subprocess.STDOUT) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *words], cwd=folder, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment()
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def until(self, wanted: Callable[[str], bool]) -> list[str]:
        """The lines up to the one that is wanted."""
        lines: list[str] = []
        while not lines or not wanted(lines[-1]):
            lines.append(self._lines.get(timeout=DEADLINE))
        return lines

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(DEADLINE)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))


class Watching(Terminal):
    """A command with `--watch`; only the lines of stdout."""

    def __init__(self, workspace: Path, *words: str) -> None:
        super().__init__(workspace, *words, "--watch", stderr=None)


def environment() -> dict[str, str]:
    """Ours, with the engine found where it was found here."""
    root = str(Path(__file__).resolve().parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))}

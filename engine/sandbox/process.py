"""Starts the stand-ins of a workspace as a process of their own, and stops it."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine import exact_json
from engine.errors import CrossdockError
from engine.sandbox.client import SandboxControl


class SandboxFailed(CrossdockError):
    """The stand-ins did not start; the text holds what they said, such as findings."""


@dataclass(frozen=True, slots=True)
class SandboxProcess:
    """Running stand-ins. `addresses` are their base addresses by system; they end with this process at the latest."""

    addresses: Mapping[str, str]
    control_url: str
    process: subprocess.Popen[bytes]

    @property
    def control(self) -> SandboxControl:
        """Faults, ledgers and states."""
        return SandboxControl(self.control_url)

    def stop(self, timeout: float = 10.0) -> None:
        """End the process and wait for it; after `timeout` seconds it is killed."""
        self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _close(self.process)

    def kill(self) -> None:
        """End the process as a crash would."""
        self.process.kill()
        self.process.wait()
        _close(self.process)


def start_sandbox(
    workspace: Path,
    hub: str,
    state: Path,
    *,
    port_base: int = 0,
    environment: Mapping[str, str] | None = None,
    timeout: float = 30.0,
) -> SandboxProcess:
    """Start the stand-ins of `workspace` and wait until they listen.

    `hub` is where they send their events, `state` the folder that keeps theirs. Blocks up to `timeout` seconds; raises
    SandboxFailed.
    """
    command = [sys.executable, "-m", "engine.sandbox", "--with-parent", "--hub", hub, "--port-base", str(port_base)]
    command += ["--workspace", str(workspace.resolve()), "--state", str(state.resolve())]
    state.mkdir(parents=True, exist_ok=True)
    said = state / "sandbox.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=_environment(environment),
            start_new_session=True,
        )
    line = _first_line(process, timeout)
    if line is None:
        process.kill()
        process.wait()
        _close(process)
        raise SandboxFailed(said.read_text(errors="replace").strip() or "the stand-ins did not start in time")
    ready = exact_json.decode(line)
    return SandboxProcess(ready["addresses"], ready["control"], process)


def _environment(given: Mapping[str, str] | None) -> dict[str, str]:
    """Our own environment or the given one, with the engine found where it was found here."""
    environment = dict(os.environ if given is None else given)
    root = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH", ""))))
    return environment


def _first_line(process: subprocess.Popen[bytes], timeout: float) -> bytes | None:
    """The line that says they listen; None when the process ends or the time is up before."""
    if process.stdout is None:
        return None
    deadline, line = time.monotonic() + timeout, b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return None
            part = os.read(process.stdout.fileno(), 65_536)
            if not part:
                return None
            line += part
    return line


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()

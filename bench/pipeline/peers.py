"""The processes of the benchmark: started on their core, waited for until they answer, ended when done."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.workspaces import HERE

SUBJECT_CORE, PEER_CORE = 0, 1
PAGE_SECONDS = 30.0


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def pinned(command: Sequence[str], core: int) -> list[str]:
    """The command, kept on one core where there is more than one."""
    return ["taskset", "-c", str(core), *command] if cores() > 1 else list(command)


@dataclass(frozen=True, slots=True)
class Peer:
    """A process that listens. `address` is its base URL."""

    process: subprocess.Popen[str]
    address: str

    def page(self, path: str) -> Any:
        """A page of its, as JSON. Raises SystemExit when the process has ended."""
        if self.process.poll() is not None:
            raise SystemExit(f"a process of the benchmark ended with {self.process.returncode}: {self.process.args!r}")
        with urllib.request.urlopen(f"{self.address}{path}", timeout=PAGE_SECONDS) as reply:
            return json.load(reply)

    def memory(self) -> float:
        """Resident memory in MB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def cpu(self) -> float:
        """Seconds of processor time used so far, all threads together."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _process(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, cwd=folder, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise SystemExit(f"a process of the benchmark ended at its start: {process.args!r}")
    return line


@contextmanager
def sink(port: int = 0) -> Iterator[Peer]:
    """The destination, beside the load."""
    command = pinned([sys.executable, str(HERE / "sink.py"), str(port)], PEER_CORE)
    with _process(command, {}, HERE) as process:
        yield Peer(process, f"http://127.0.0.1:{_first_line(process)}")


@contextmanager
def nothing() -> Iterator[Peer]:
    """The aiohttp handler that does nothing."""
    with _process(pinned([sys.executable, str(HERE / "nothing.py")], SUBJECT_CORE), {}, HERE) as process:
        yield Peer(process, f"http://127.0.0.1:{_first_line(process)}")


@contextmanager
def hub(workspace: Path, sink_address: str, environment: Mapping[str, str] | None = None) -> Iterator[Peer]:
    """The engine on a workspace, with whatever store lies in it."""
    command = pinned([sys.executable, str(HERE / "hub.py"), str(workspace), "0"], SUBJECT_CORE)
    with _process(command, {"BENCH_SINK": sink_address, **(environment or {})}, workspace) as process:
        yield Peer(process, json.loads(_first_line(process))["address"])


@contextmanager
def node_red(home: Path, folder: Path, sink_address: str, environment: Mapping[str, str]) -> Iterator[Peer]:
    """Node-RED from `home`, its user directory in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    flows = (HERE / "node_red" / "flows.json").read_text(encoding="utf-8").replace("@SINK@", sink_address)
    (folder / "flows.json").write_text(flows, encoding="utf-8")
    settings = {"BENCH_NODE_RED": str(home), "BENCH_PORT": str(port), "BENCH_FLOWS": str(folder / "flows.json")}
    red = str(home / "node_modules" / "node-red" / "red.js")
    command = ["node", red, "--userDir", str(folder), "--settings", str(HERE / "node_red" / "settings.cjs")]
    with _process(pinned(command, SUBJECT_CORE), {**settings, **environment}, folder) as process:
        peer = Peer(process, f"http://127.0.0.1:{port}")
        _wait_for_flows(peer)
        yield peer


def _wait_for_flows(peer: Peer) -> None:
    """An empty order is refused with 422 as soon as the flow runs."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and peer.process.poll() is None:
        try:
            urllib.request.urlopen(urllib.request.Request(f"{peer.address}/hooks/orders", b"{}", _JSON), timeout=5)
        except urllib.error.HTTPError as error:
            if error.code == 422:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("Node-RED did not come up within a minute")


_JSON = {"Content-Type": "application/json"}


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def post(address: str, body: bytes) -> int:
    """One order; the status it is answered with."""
    request = urllib.request.Request(f"{address}/hooks/orders", body, _JSON)
    with urllib.request.urlopen(request, timeout=PAGE_SECONDS) as reply:
        status: int = reply.status
        return status

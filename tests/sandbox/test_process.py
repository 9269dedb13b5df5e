"""The process: what survives a kill, how it starts and how it ends."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.sandbox.client import SandboxRefused
from engine.sandbox.process import SandboxFailed, SandboxProcess, start_sandbox
from tests.sandbox.small_workspace import ENVIRONMENT, erp_client, write_workspace

ORDER = {"orderNumber": "1"}


async def test_state_ledger_and_first_answers_survive_a_kill(start: Callable[..., SandboxProcess]) -> None:
    """Every effect is committed before its answer leaves."""
    first = start()
    headers = {"Idempotency-Key": "k"}
    async with erp_client(first) as session, session.post("/orders", json=ORDER, headers=headers) as one:
        before = await one.read()
    first.kill()
    second = start()
    assert list(second.control.state("erp")["orders"]) == ["1"]
    async with (
        erp_client(second) as session,
        session.post("/orders", json=ORDER, headers=headers) as two,
    ):
        assert await two.read() == before
    assert [line["applied"] for line in second.control.ledger("erp")] == [True, False]


def test_it_ends_when_its_parent_does(tmp_path: Path) -> None:
    """Its standard input ends with the parent, however that dies."""
    write_workspace(tmp_path)
    script = (
        "import sys, os, signal; from pathlib import Path; from engine.sandbox.process import start_sandbox\n"
        f"p = start_sandbox(Path({str(tmp_path)!r}), 'http://127.0.0.1:9', Path({str(tmp_path / 'state')!r}))\n"
        "print(p.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**ENVIRONMENT, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    pid = int(ended.stdout)
    deadline = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(pid)


def test_a_workspace_with_errors_is_refused_with_every_finding(tmp_path: Path) -> None:
    write_workspace(tmp_path)
    file = tmp_path / "flows/systems/erp.sandbox.yaml"
    text = file.read_text()
    file.write_text(text.replace("expects: order", "expects: ordr").replace("$count($keys(", "$count($keys)("))
    with pytest.raises(SandboxFailed) as failed:
        start_sandbox(tmp_path, "http://127.0.0.1:9", tmp_path / "state", environment=ENVIRONMENT)
    assert "XD201 expected a schema in the system's folder, got 'ordr.schema.yaml'" in str(failed.value)
    assert "did you mean 'order.schema.yaml'" in str(failed.value)
    assert "XD304" in str(failed.value)


def test_ports_follow_the_base(tmp_path: Path) -> None:
    write_workspace(tmp_path)
    base = _free_ports(4)
    running = start_sandbox(tmp_path, "http://127.0.0.1:9", tmp_path / "state", port_base=base, environment=ENVIRONMENT)
    running.stop()
    assert running.control_url == f"http://127.0.0.1:{base}"
    expected = {name: f"http://127.0.0.1:{base + 1 + index}" for index, name in enumerate(("crm", "erp", "wms"))}
    assert running.addresses == expected
    with pytest.raises(SandboxRefused, match="cannot be reached"):
        running.control.overview()


def _free_ports(count: int) -> int:
    """The first of `count` ports in a row that nobody uses."""
    while True:
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            with contextlib.suppress(OSError):
                for port in range(first + 1, first + count):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
                return int(first)


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"

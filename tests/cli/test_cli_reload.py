"""A running process loads its workspace again: on SIGHUP, on an order and on every save."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from cli_harness import Terminal, crossdock

RUN = ("run", "--sandbox", "--port", "0")


def change(workspace: Path, old: str, new: str) -> None:
    flow = workspace / "flows" / "orders.yaml"
    text = flow.read_text()
    assert old in text
    flow.write_text(text.replace(old, new))


def started(terminal: Terminal) -> list[str]:
    return terminal.until(lambda line: line.startswith("Ctrl-C"))


def rest(terminal: Terminal) -> str:
    """What it says until it has ended."""
    assert terminal.stop() == 0
    return "\n".join(terminal.until(lambda line: line.startswith("stopped")))


@pytest.mark.parametrize("how", ["signal", "order", "watch"])
def test_a_reload_is_told_once(workspace: Path, how: str) -> None:
    """On the terminal, stdout and stderr are the same place."""
    terminal = Terminal(workspace, *RUN, *(["--watch"] if how == "watch" else []))
    started(terminal)
    change(workspace, "window: 7 days", "window: 8 days")
    if how == "signal":
        terminal.process.send_signal(signal.SIGHUP)
    elif how == "order":
        assert crossdock("reload", "-w", workspace).exit_code == 0
    told = terminal.until(lambda line: "runs now, in place of" in line)
    assert len(told) == 1
    assert "reload" not in rest(terminal)


def test_a_refused_reload_is_told_once(workspace: Path) -> None:
    terminal = Terminal(workspace, *RUN)
    started(terminal)
    change(workspace, "layer: process", "layer: proces")
    terminal.process.send_signal(signal.SIGHUP)
    (first,) = terminal.until(lambda line: bool(line))
    assert first == "the changed workspace has 1 error; the old revision runs on"
    told = rest(terminal)
    assert told.count("flows/orders.yaml:3:8") == 1, told


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which signals a process ignores")
def test_a_signal_to_reload_does_not_end_a_process_that_is_being_loaded(workspace: Path) -> None:
    terminal = Terminal(workspace, *RUN)
    while not _heeds(terminal.process.pid, signal.SIGHUP) and terminal.process.poll() is None:
        pass
    assert "uvloop" not in Path(f"/proc/{terminal.process.pid}/maps").read_text(), "the engine is still to be loaded"
    terminal.process.send_signal(signal.SIGHUP)
    assert any(line.startswith("demo runs") for line in started(terminal))
    assert terminal.stop() == 0


def test_a_signal_that_comes_before_the_process_listens_is_obeyed_when_it_does(workspace: Path) -> None:
    """The files were read when the lock is taken, so that what changed since is loaded then."""
    lock = workspace / ".crossdock" / "store.db.lock"
    terminal = Terminal(workspace, *RUN)
    while not lock.exists() and terminal.process.poll() is None:
        pass
    change(workspace, "window: 7 days", "window: 8 days")
    terminal.process.send_signal(signal.SIGHUP)
    started(terminal)
    assert len(terminal.until(lambda line: "runs now, in place of" in line)) == 1
    assert terminal.stop() == 0


def _heeds(pid: int, number: signal.Signals) -> bool:
    """Whether the signal would no longer end the process."""
    masks = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    bit = 1 << (number - 1)
    return any(int(masks.get(name, "0"), 16) & bit for name in ("SigIgn", "SigCgt"))

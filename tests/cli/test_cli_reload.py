"""A running process loads its workspace again: on SIGHUP, on an order and on every save."""

from __future__ import annotations

import re
import shutil
import signal
import sys
from pathlib import Path

import pytest
from cli_harness import Running, Terminal, crossdock, document

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


def test_a_new_system_and_its_stand_in_need_no_restart(workspace: Path) -> None:
    """Also the warehouse, which is there before, answers by its changed file; its ledger goes on."""
    process = Running.start(workspace)
    process.wait_for_state(process.send_order("7001"), ["completed"])
    systems = workspace / "flows" / "systems"
    for name in ("warehouse.yaml", "warehouse.sandbox.yaml"):
        text = (systems / name).read_text().replace("system: warehouse", "system: depot")
        text = text.replace("sandbox: warehouse", "sandbox: depot").replace("refused-by-warehouse", "refused-by-depot")
        (systems / name.replace("warehouse", "depot")).write_text(text)
    shutil.copytree(systems / "warehouse", systems / "depot")
    stand_in = systems / "warehouse.sandbox.yaml"
    stand_in.write_text(stand_in.read_text().replace('"D-" & $sequence', '"W-" & $sequence'))
    change(workspace, "- milestone: released", "- {call: depot.create-delivery, save: second}\n  - milestone: released")
    told = process.crossdock("reload")
    assert told.exit_code == 0, told.stderr
    assert re.search(r"^  stand-in  depot on http://127.0.0.1:\d+$", told.stdout, re.MULTILINE)
    story = process.wait_for_state(process.send_order("7002"), ["completed"])
    assert {"call:warehouse.create-delivery", "call:depot.create-delivery"} <= {line["step"] for line in story["steps"]}
    for system, lines in (("warehouse", 2), ("depot", 1)):
        assert document(process.crossdock("sandbox", "ledger", system, "--json"))["effects"] == lines
    assert "it W-2" in process.crossdock("trace", "7002").stdout
    (systems / "depot.yaml").unlink()
    (systems / "depot.sandbox.yaml").unlink()
    shutil.rmtree(systems / "depot")
    change(workspace, "- {call: depot.create-delivery, save: second}\n  ", "")
    assert "  stand-in  depot has stopped\n" in process.crossdock("reload").stdout
    assert process.stop() == 0


def test_a_stand_in_with_errors_keeps_the_old_revision(workspace: Path) -> None:
    process = Running.start(workspace)
    stand_in = workspace / "flows" / "systems" / "warehouse.sandbox.yaml"
    stand_in.write_text(stand_in.read_text().replace("status: 201", "status: $nothing("))
    refused = process.crossdock("reload")
    assert refused.exit_code == 2
    assert "warehouse.sandbox.yaml:12:22 XD304" in refused.stderr
    process.wait_for_state(process.send_order("7003"), ["completed"])
    assert process.stop() == 0


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

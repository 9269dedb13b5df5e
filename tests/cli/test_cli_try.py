"""The commands that `crossdock run` proposes reach the process that proposed them, just as they are printed."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cli_harness import Terminal, crossdock

from engine.app.options import Report
from engine.cli.announcement import with_store

ROOT = Path(__file__).parents[2]
OWN = "crossdock send shop.order-created examples/shop.order-created.json\ncrossdock trace 1001 | grep sales-order\n"


def proposed(terminal: Terminal) -> list[str]:
    """The commands, without their comments."""
    lines = terminal.until(lambda line: line.startswith("Ctrl-C"))
    return [line.partition("  #")[0].strip() for line in lines[lines.index("try, in another terminal:") + 1 : -2]]


def in_another_terminal(commands: list[str], folder: Path) -> str:
    """What they print, one after the other, in a shell that stops at the first that fails."""
    program = f'crossdock() {{ "{sys.executable}" -m engine.cli "$@"; }}'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    script = "\n".join(["set -e -o pipefail", program, *commands])
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("own", [None, OWN], ids=["ours", "the-workspace's"])
def test_they_work_beside_a_store_that_was_given(workspace: Path, tmp_path: Path, own: str | None) -> None:
    if own is not None:
        (workspace / "examples" / "try.txt").write_text(own)
    store = f"sqlite:{tmp_path / 'another place' / 'hub.db'}"
    terminal = Terminal(tmp_path, "run", workspace.name, "--sandbox", "--port", "0", "--store", store)
    commands = [command.replace(" ID", " 1001") for command in proposed(terminal)]
    said = in_another_terminal(commands, tmp_path)
    assert "stored" in said
    assert "sales-order 1001" in said
    assert own is not None or "demo runs revision" in said
    assert terminal.stop() == 0


def test_what_a_command_says_is_next_works_where_it_was_said(workspace: Path, tmp_path: Path) -> None:
    """From another folder, and beside a store that was given."""
    where = ["-w", workspace.name, "--store", f"sqlite:{tmp_path / 'another place' / 'hub.db'}"]
    started = " ".join(["crossdock run", workspace.name, *map(shlex.quote, where[2:])])
    assert started in in_another_terminal([shlex.join(["crossdock", "drain", *where]) + " 2>&1 || true"], tmp_path)
    terminal = Terminal(tmp_path, *shlex.split(started)[1:], "--sandbox", "--port", "0")
    terminal.until(lambda line: line.startswith("Ctrl-C"))
    sent = f"send shop.order-created {workspace.name}/examples/shop.order-created.json"
    assert "sales-order 1001" in next_of(["crossdock", *sent.split(), *where], tmp_path)
    (tmp_path / "broken.json").write_text("{")
    in_another_terminal(
        [shlex.join(["crossdock", "send", "shop.order-created", "broken.json", *where]) + " || true"], tmp_path
    )
    assert "unreadable" in next_of(["crossdock", "status", *where], tmp_path)
    assert "malformed JSON" in next_of(["crossdock", "dead-letters", "list", *where], tmp_path)
    assert terminal.stop() == 0


def next_of(command: list[str], folder: Path) -> str:
    """What the command that it proposes prints."""
    said = in_another_terminal([shlex.join(command)], folder).splitlines()
    return in_another_terminal([line.removeprefix("next: ") for line in said if line.startswith("next: ")], folder)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("crossdock trace 1001 | head", "crossdock trace --store 'sqlite:a b.db' 1001 | head"),
        ("crossdock sandbox ledger erp", "crossdock sandbox ledger --store 'sqlite:a b.db' erp"),
        ("crossdock lint", "crossdock lint"),
        ("crossdock nothing of ours", "crossdock nothing of ours"),
        ("curl {address}/hooks", "curl {address}/hooks"),
    ],
)
def test_the_store_is_added_where_a_command_takes_it(line: str, shown: str) -> None:
    assert with_store(line, "sqlite:a b.db") == shown
    assert with_store(line, None) == line


def test_the_password_of_a_store_is_not_shown_with_them(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-5: what is left of the address is enough to find the process."""

    def run(folder: Path, options: object, report: Report) -> int:
        facts = {"workspace": "demo", "revision": "r-1", "address": None, "flows": 1, "systems": 2, "store": "db"}
        report("started", {**facts, "sandbox": {}})
        return 0

    monkeypatch.setattr("engine.cli.commands.run.run_blocking", run)
    said = crossdock("run", workspace, "--store", "postgresql://hub:swordfish@db/hub").stdout
    assert "crossdock trace --store 'postgresql://hub:***@db/hub' ID" in said
    assert "swordfish" not in said
    assert "--store" not in crossdock("run", workspace).stdout

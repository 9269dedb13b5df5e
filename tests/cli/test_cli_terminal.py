"""A running process whose terminal goes away."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

from cli_harness import COMMAND, DEADLINE, crossdock, environment


def test_a_terminal_that_is_closed_ends_nothing_and_hinders_no_end(workspace: Path) -> None:
    """It sends SIGHUP, which reloads, and takes no more lines: of the log, of a reload and of the end."""
    ours, theirs = pty.openpty()
    command = [*COMMAND, "run", str(workspace), "--sandbox", "--port", "0", "--log-level", "debug"]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment(), start_new_session=True)
    os.close(theirs)
    said = b""
    while b"Ctrl-C" not in said:
        said += os.read(ours, 4096)
    os.close(ours)
    assert crossdock("reload", "-w", workspace).exit_code == 0
    assert crossdock("drain", "-w", workspace).exit_code == 0
    assert process.wait(DEADLINE) == 0
    assert not (workspace / ".crossdock" / "store.db-wal").exists(), "the store was closed in good order"

"""The command line: `crossdock`. One file a command, below `commands`."""

from __future__ import annotations

from engine.cli.root import main

__all__ = ["main"]

"""`python -m engine.cli` is `crossdock`."""

from __future__ import annotations

from engine.cli import main

main(prog_name="crossdock")

"""Commands that are proposed to the user: they work as they are printed, where he stands and for what he meant."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from engine.cli.options import WORKSPACE_VARIABLE
from engine.cli.places import Place
from engine.config.redactor import without_password


def proposed(command: str, place: Place) -> str:
    """A command of ours for the same workspace and store; the store is shown without its password."""
    folder, store = place.folder, _store(place)
    is_default = folder.resolve() == Path.cwd() and WORKSPACE_VARIABLE not in os.environ
    where = "" if is_default else f" -w {shlex.quote(str(folder))}"
    return typed(f"{command}{where}{store}")


def proposed_run(place: Place) -> str:
    """The command that runs the workspace on that store."""
    where = "" if place.folder.resolve() == Path.cwd() else f" {shlex.quote(str(place.folder))}"
    return typed(f"crossdock run{where}{_store(place)}")


def typed(command: str) -> str:
    """The command as it can be typed here: with the path of our own where the shell would not find it."""
    program = Path(sys.argv[0])
    if command.split()[:1] != ["crossdock"] or program.name != "crossdock" or shutil.which("crossdock"):
        return command
    own = program.absolute()
    own = own.relative_to(Path.cwd()) if own.is_relative_to(Path.cwd()) else own
    return f"{shlex.quote(str(own))}{command.removeprefix('crossdock')}"


def _store(place: Place) -> str:
    return f" --store {shlex.quote(without_password(place.store))}" if place.store else ""

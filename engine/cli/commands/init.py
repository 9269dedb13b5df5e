"""`crossdock init`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from engine.catalogue.schemas.wiring import (
    SCHEMAS_FOLDER,
    VSCODE_EXTENSIONS,
    VSCODE_SETTINGS,
    vscode_extensions,
    vscode_settings,
    with_modeline,
)
from engine.cli.commands.schema import made, write
from engine.cli.options import json_option
from engine.cli.output import Output, print_json
from engine.cli.proposals import typed
from engine.cli.stops import Stop, Unusable, counted

_NAME = b"@NAME@"
_RENAMED = {"gitignore": ".gitignore"}
"""Files that would mean something to git or to packaging under their own names."""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@json_option
def init(folder: Path, as_json: bool) -> None:
    """Make a small workspace that runs as it is.

    It holds an example flow, two systems, a stand-in, mappings, tests, a canonical entity and a code table. Nothing
    that is there is written over. Editors with the YAML language server complete and check its files.

    \b
    Example:
      crossdock init demo
      crossdock run demo --sandbox
    """
    template = dict(_files(files("engine.cli") / "templates" / "workspace", Path()))
    template |= {path: with_modeline(path.as_posix(), content) for path, content in template.items()}
    template[Path(VSCODE_SETTINGS)] = vscode_settings().encode()
    template[Path(VSCODE_EXTENSIONS)] = vscode_extensions().encode()
    _refuse_what_is_there(folder, template)
    name = workspace_name(folder)
    try:
        for path, content in template.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.replace(_NAME, name.encode()))
    except OSError as error:
        why = (error.strerror or "an error").lower()
        raise Unusable(f"'{error.filename}' cannot be written: {why}") from error
    write(folder / SCHEMAS_FOLDER, made(folder))
    if as_json:
        print_json({"folder": str(folder), "name": name, "files": sorted(map(str, template))})
        return
    output = Output()
    output.say(f"made {folder}, {counted(len(template), 'file')}; its README.md says what each is for")
    output.say(f"next: {typed(f'crossdock run {shlex.quote(str(folder))} --sandbox')}")


def workspace_name(folder: Path) -> str:
    """A workspace's name, made from its folder's."""
    words = re.findall(r"[a-z0-9]+", folder.resolve().name.lower())
    name = "-".join(words)[:64].strip("-")
    return name if name[:1].isalpha() else f"workspace-{name}".strip("-")


def _refuse_what_is_there(folder: Path, template: dict[Path, bytes]) -> None:
    """Raise Stop when a file would be written over, or one of the workspace's folders belongs to something else."""
    for path in template:
        if (folder / path).exists():
            raise Stop(f"'{folder / path}' is there already, and nothing is written over", advice="name another folder")
    for top in ("flows", "canonical"):
        if (folder / top).is_dir() and any((folder / top).iterdir()):
            raise Stop(f"'{folder / top}' is there already and is not empty", advice="name another folder")


def _files(folder: Traversable, at: Path) -> Iterator[tuple[Path, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        path = at / _RENAMED.get(entry.name, entry.name)
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files(entry, path)
        else:
            yield path, entry.read_bytes()

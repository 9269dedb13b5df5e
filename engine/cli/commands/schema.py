"""`crossdock schema`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from engine.app.checks import registry_for
from engine.catalogue.names import names_of
from engine.catalogue.schemas.files import schema_files
from engine.catalogue.schemas.wiring import (
    SCHEMAS_FOLDER,
    VSCODE_EXTENSIONS,
    VSCODE_SETTINGS,
    SettingsNotPlain,
    vscode_extensions,
    vscode_settings,
)
from engine.cli.options import json_option, workspace_argument
from engine.cli.output import Output, note, print_json
from engine.cli.stops import OK, REFUSED, Unusable, counted
from engine.cli.watching import saves
from engine.config.files import Bundle
from engine.config.findings import Findings


@click.command(epilog="Exit codes: 0 written or current, 1 not current (with --check), 2 it cannot be written.")
@workspace_argument
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Where to write them; by default {SCHEMAS_FOLDER} in the workspace.",
)
@click.option("--check", "checking", is_flag=True, help="Write nothing; say whether the files are current.")
@click.option("--vscode", is_flag=True, help="Wire the schemas into the workspace's .vscode folder, too.")
@click.option("--watch", is_flag=True, help="Write them again on every save of the workspace; ends with Ctrl-C.")
@json_option
@click.pass_context
def schema(
    ctx: click.Context, folder: Path, out: Path | None, checking: bool, vscode: bool, watch: bool, as_json: bool
) -> None:
    """Write JSON Schemas of the workspace's files, for editors.

    There is one for each kind of file. They know the workspace's own names (systems, operations, events, flows, teams,
    policies, entities, code tables), so that an editor completes them and marks those that do not exist. A workspace
    with errors has schemas, too.

    \b
    Example:
      crossdock schema
      crossdock schema --vscode
      crossdock schema --watch
    """
    target = out if out is not None else folder / SCHEMAS_FOLDER
    if checking:
        stale = sorted(name for name, content in made(folder).items() if _content(target / name) != content)
        _say(as_json, {"folder": str(target), "stale": stale}, _verdict(target, stale))
        ctx.exit(REFUSED if stale else OK)
    written = write(target, made(folder))
    if vscode:
        wire(folder)
    _say(as_json, {"folder": str(target), "files": written}, f"wrote {counted(len(written), 'schema')} to {target}")
    if watch:
        for _ in saves(folder, None):
            write(target, made(folder))


def made(folder: Path) -> Mapping[str, bytes]:
    """The schemas of a workspace by file name, whatever is wrong with it."""
    registry = registry_for(folder)
    return schema_files(names_of(Bundle.from_directory(folder, Findings()), registry), registry)


def write(target: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write files into a folder, those only that change: an editor loads a schema again when it is written."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            if _content(target / name) != content:
                (target / name).write_bytes(content)
    except OSError as error:
        raise Unusable(f"'{error.filename}' cannot be written: {(error.strerror or 'an error').lower()}") from error
    return sorted(files)


def wire(folder: Path) -> None:
    """Add the schemas to the settings of VS Code; settings that cannot be added to are left as they are."""
    files: Mapping[str, Callable[[str | None], str]] = {
        VSCODE_SETTINGS: vscode_settings,
        VSCODE_EXTENSIONS: vscode_extensions,
    }
    for name, change in files.items():
        path = folder / name
        existing = _content(path)
        try:
            text = change(existing.decode() if existing is not None else None)
        except (SettingsNotPlain, UnicodeDecodeError):
            note(f"{path} holds comments or is no JSON and stays as it is; add to it:")
            note(change(None).rstrip())
        else:
            write(path.parent, {path.name: text.encode()})


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _verdict(target: Path, stale: list[str]) -> str:
    if not stale:
        return f"the schemas in {target} are current"
    return f"{counted(len(stale), 'schema')} in {target} not current: {', '.join(stale)}; run 'crossdock schema'"


def _say(as_json: bool, document: Mapping[str, object], sentence: str) -> None:
    if as_json:
        print_json(document)
    else:
        Output().say(sentence)

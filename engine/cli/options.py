"""Options that many commands share, spelt the same in each."""

from __future__ import annotations

import functools
import getpass
import os
import re
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from engine.cli.completion import flow_names, system_names
from engine.cli.places import Place
from engine.cli.stops import Unusable

F = TypeVar("F", bound=Callable[..., Any])

WORKSPACE_FILE = Path("flows", "workspace.yaml")
WORKSPACE_VARIABLE = "CROSSDOCK_WORKSPACE"
"""Names the workspace in the environment, for commands with `--workspace`."""
_AGO = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|h|d|days?)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "day": 86400, "days": 86400}


class Folder(click.ParamType[Path]):
    """A folder that is a workspace."""

    name = "directory"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        folder = Path(value)
        if not (folder / WORKSPACE_FILE).is_file():
            what = "is no folder" if not folder.is_dir() else f"is no workspace: it has no {WORKSPACE_FILE}"
            raise Unusable(
                f"'{folder}' {what}",
                advice="name the workspace's folder, or make a new one with 'crossdock init DIR'",
            )
        return folder


class Moment(click.ParamType[float]):
    """A time: RFC 3339, a day, or how long ago (`2 h`, `30 min`, `3 days`). Becomes epoch seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        ago = _AGO.fullmatch(str(value).strip())
        if ago is not None:
            return time.time() - float(ago[1]) * _SECONDS[ago[2]]
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError:
            wanted = "a time such as '2026-03-01T14:00', '2026-03-01' or '2 h' (ago)"
            self.fail(f"expected {wanted}, got '{value}'", param, ctx)
        return moment.timestamp()


class Reason(click.ParamType[str]):
    """A reason that says something."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value).strip():
            self.fail("expected a sentence for the audit log, got nothing", param, ctx)
        return str(value).strip()


def workspace_argument(command: F) -> F:
    """`[DIR]`: the workspace, by default where one stands."""
    return click.argument("folder", metavar="[DIR]", type=Folder(), default=".", required=False)(command)


def workspace_folder_option(command: F) -> F:
    """`--workspace DIR`, handed over as `folder`, for commands that look at files only."""
    return click.option(
        "--workspace",
        "-w",
        "folder",
        metavar="DIR",
        type=Folder(),
        default=".",
        envvar=WORKSPACE_VARIABLE,
        help="The workspace's folder; by default the current one, or $CROSSDOCK_WORKSPACE.",
    )(command)


def workspace_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--workspace DIR` and `--store URL`, handed over as `place`."""

    @workspace_folder_option
    @click.option("--store", metavar="URL", help="The store, where 'run' was given another than the workspace's.")
    @functools.wraps(command)
    def with_place(*args: Any, folder: Path, store: str | None, **options: Any) -> Any:
        return command(*args, place=Place(folder, store), **options)

    return with_place


def json_option(command: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for scripts.")(command)


def header_option(command: F) -> F:
    """`--header 'NAME: VALUE'`; see `header_pairs`."""
    return click.option(
        "--header", "-H", "headers", metavar="TEXT", multiple=True, help="A header, 'NAME: VALUE'. Repeatable."
    )(command)


def header_pairs(headers: Iterable[str]) -> dict[str, str]:
    """The headers of `header_option` by name."""
    pairs = {}
    for text in headers:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise click.BadParameter(f"expected 'NAME: VALUE', got '{text}'", param_hint="--header")
        pairs[name.strip()] = value.strip()
    return pairs


def person_options(*, reason: str = "optional") -> Callable[[F], F]:
    """`--as NAME` and `--reason TEXT`, which the audit log keeps."""
    required = reason == "required"

    def add(command: F) -> F:
        command = click.option(
            "--reason",
            type=Reason(),
            required=required,
            help="Why, for the audit log.",
        )(command)
        return click.option(
            "--as", "who", metavar="NAME", default=user, help="Who gives the order, for the audit log; by default you."
        )(command)

    return add


def again_options(command: F) -> F:
    """`--again STEP` and `--force`."""
    command = click.option("--force", is_flag=True, help="Pass the guard against stale writes, and other safeguards.")(
        command
    )
    return click.option(
        "--again", metavar="STEP", multiple=True, help="Run this completed step once more (audited). Repeatable."
    )(command)


def selection_options(command: F) -> F:
    """What narrows a list or a range of messages."""
    added = (
        click.option("--flow", metavar="NAME", shell_complete=flow_names, help="Messages of this flow."),
        click.option("--system", metavar="NAME", shell_complete=system_names, help="Deliveries to this system."),
        click.option("--key", metavar="KEY", help="Messages of this business key, such as an order number."),
        click.option("--kind", metavar="KIND", help="The kind of --key, such as sales-order."),
        click.option("--since", type=Moment(), help="Received at or after: a time, a day, or '2 h' (ago)."),
        click.option("--until", type=Moment(), help="Received before: a time, a day, or '2 h' (ago)."),
    )
    for option in reversed(added):
        command = option(command)
    return command


def selected(
    flow: str | None,
    system: str | None,
    key: str | None,
    kind: str | None,
    since: float | None,
    until: float | None,
    **more: Any,
) -> dict[str, Any]:
    """The options of `selection_options` as an order takes them."""
    if flow is not None and system is not None:
        raise click.UsageError("--flow and --system exclude each other: a message lies in one channel")
    if kind is not None and key is None:
        raise click.UsageError("--kind needs --key: it says what kind of key that is")
    channel = f"flow:{flow}" if flow else f"system:{system}" if system else None
    given = {"channel": channel, "key": key, "kind": kind, "since": since, "until": until, **more}
    return {name: value for name, value in given.items() if value not in (None, (), "")}


def user() -> str:
    """Who is at the keyboard."""
    try:
        return os.environ.get("USER") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"

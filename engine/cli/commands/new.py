"""`crossdock new`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from engine.catalogue.schemas.wiring import SCHEMAS_FOLDER
from engine.cli.commands.schema import made, write
from engine.cli.completion import event_names, system_names
from engine.cli.options import json_option, workspace_folder_option
from engine.cli.output import Output, note, print_json
from engine.cli.scaffolds import Target, checked_name, filled, title_of
from engine.cli.stops import Stop
from engine.contracts.registry import UnknownContract
from engine.fields.nearest import nearest

_LAYERS = ("process", "system", "experience")


@click.group()
def new() -> None:
    """Make a flow, a system or an entity to begin with.

    What is made has nothing wrong, and its tests pass. Nothing that is there is written over.

    \b
    Example:
      crossdock new system erp
      crossdock new entity return
      crossdock new flow order-to-erp --on shop.order-created
    """


_team = click.option("--owner", metavar="TEAM", help="The team that answers for it; by default the workspace's first.")


@new.command()
@click.argument("name")
@click.option("--on", "source", metavar="NAME", shell_complete=event_names, help="The event or topic it takes.")
@click.option("--layer", type=click.Choice(_LAYERS), default="process", show_default=True, help="What kind of flow.")
@_team
@workspace_folder_option
@json_option
def flow(name: str, source: str | None, layer: str, owner: str | None, folder: Path, as_json: bool) -> None:
    """Make a flow with its test.

    Without --on it runs by a schedule.

    \b
    Example:
      crossdock new flow order-to-erp --on shop.order-created
      crossdock new flow nightly-report --owner finance
    """
    target, named = Target.of(folder), checked_name(name)
    if named in target.names.of("flows"):
        raise Stop(f"there is a flow '{named}' already")
    key, value = _key_of(target, source)
    identity = f"\nidentity:\n  idempotency: {{key: {key}, window: 7 days}}\n  lane: {{key: {key}}}\n" if key else ""
    given = f"{{payload: {{{key}: {value}}}}}" if key else "{payload: {}}" if source else "{}"
    below = f"flows/{layer}" if (folder / "flows" / layer).is_dir() else "flows"
    values = {"name": named, "layer": layer, "title": title_of(named), "team": target.team(owner)}
    files = {
        f"{below}/{named}.yaml": filled("flow.yaml", source=_source(target, source), identity=identity, **values),
        f"{below}/{named}.test.yaml": filled("flow.test.yaml", given=given, **values),
    }
    _done(target, files, as_json)


@new.command()
@click.argument("name")
@_team
@workspace_folder_option
@json_option
def system(name: str, owner: str | None, folder: Path, as_json: bool) -> None:
    """Make a system that is reached over HTTP, with an operation, a stand-in and a test.

    \b
    Example:
      crossdock new system erp --owner finance
    """
    target, named = Target.of(folder), checked_name(name)
    values = {
        "name": named,
        "title": title_of(named),
        "team": target.team(owner),
        "variable": named.upper().replace("-", "_"),
    }
    below = "flows/systems"
    files = {
        f"{below}/{named}.yaml": filled("system/system.yaml", **values),
        f"{below}/{named}.sandbox.yaml": filled("system/sandbox.yaml", **values),
        f"{below}/{named}.test.yaml": filled("system/test.yaml", **values),
        f"{below}/{named}/record.jsonata": filled("system/record.jsonata", **values),
    }
    _done(target, files, as_json)


@new.command()
@click.argument("name")
@click.option(
    "--owned-by",
    "system_",
    metavar="SYSTEM",
    shell_complete=system_names,
    help="The system whose word counts on its fields; by default the workspace's first.",
)
@_team
@workspace_folder_option
@json_option
def entity(name: str, system_: str | None, owner: str | None, folder: Path, as_json: bool) -> None:
    """Make a canonical entity with its owners, or the next version of one that is there.

    \b
    Example:
      crossdock new entity return --owned-by erp
      crossdock new entity sales-order
    """
    target, named = Target.of(folder), checked_name(name)
    versions = target.contracts().versions(named)
    if versions:
        text = target.bundle.read(f"canonical/{named}/{versions[-1]}.yaml").decode("utf-8-sig")
        here, there = f"crossdock:{named}/{versions[-1]}", f"crossdock:{named}/{versions[-1] + 1}"
        _done(target, {f"canonical/{named}/{versions[-1] + 1}.yaml": re.sub(rf"{here}\b", there, text)}, as_json)
        return
    team, systems = target.team(owner), target.names.of("systems")
    if system_ is not None and system_ not in systems:
        near = nearest(system_, systems)
        raise Stop(f"there is no system '{system_}'" + (f"; did you mean '{near}'" if near else ""))
    if not systems:
        raise Stop(
            "the workspace has no system that could own an entity", advice="begin with 'crossdock new system NAME'"
        )
    files = {
        f"canonical/{named}/1.yaml": filled("entity.yaml", name=named, title=title_of(named)),
        f"canonical/{named}/lifecycle.yaml": filled(
            "lifecycle.yaml", name=named, owner=system_ or systems[0], team=team
        ),
    }
    _done(target, files, as_json)


def _source(target: Target, source: str | None) -> str:
    """The `source` of a flow. Raises Stop for a name that is neither an event nor a topic."""
    if source is None:
        return '{schedule: {cron: "0 6 * * mon-fri"}}'
    if source in target.names.of("events"):
        _tell_of_takers(target, source)
        return f"{{events: [{source}]}}"
    if source in target.names.of("topics"):
        return f"{{topics: [{source}]}}"
    near = nearest(source, [*target.names.of("events"), *target.names.of("topics")])
    raise Stop(f"there is no event or topic '{source}'" + (f"; did you mean '{near}'" if near else ""))


def _tell_of_takers(target: Target, event: str) -> None:
    """Say so when another flow takes the event already: lint will call the two duplicates."""
    for file in target.bundle.flows:
        source = target.document(file).get("source")
        if isinstance(source, dict) and event in (source.get("events") or ()):
            note(f"{file} takes '{event}' already; better let it publish to a topic, and take that: --on TOPIC")


def _key_of(target: Target, source: str | None) -> tuple[str, str]:
    """The field that tells one document of an event's entity from another, with an example; nothing when not known."""
    system, _, event = (source or "").partition(".")
    declared: Any = target.document(f"flows/systems/{system}.yaml").get("events") or {}
    mapped = (declared.get(event) or {}).get("map") if isinstance(declared, dict) else None
    entity = str(mapped.get("to", "")) if isinstance(mapped, dict) else ""
    contracts = target.contracts()
    lifecycle = contracts.lifecycle(entity.partition("/")[0])
    try:
        properties = contracts.get(entity).schema.document.get("properties", {})
    except UnknownContract:
        return "", ""
    key = lifecycle.key if lifecycle is not None else next(iter(properties), "")
    kind = _kind(contracts.resolve, properties.get(key))
    example = {"string": '"1001"', "integer": "1001"}.get(kind, "")
    return (key, example) if example else ("", "")


def _kind(resolve: Any, part: Any) -> str:
    """The kind of value of a field that is declared in place or by a reference to a shared definition."""
    if isinstance(part, dict) and "$ref" in part:
        address, _, place = str(part["$ref"]).partition("#")
        target: Any = resolve(address) if address else {}
        for step in filter(None, place.split("/")):
            target = target.get(step, {})
        part = target
    return str(part.get("type", "")) if isinstance(part, dict) else ""


def _done(target: Target, files: dict[str, str], as_json: bool) -> None:
    written = target.write(files)
    if (target.folder / SCHEMAS_FOLDER).is_dir():
        write(target.folder / SCHEMAS_FOLDER, made(target.folder))
    if as_json:
        print_json({"folder": str(target.folder), "files": written})
        return
    output = Output()
    for path in written:
        output.say(f"made {target.folder / path}")
    output.say("next: fill in what is yours, then crossdock lint and crossdock test")

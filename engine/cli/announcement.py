"""What `crossdock run` says on the terminal: that it has started and what to try, and how it ends."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from engine.cli.output import Output
from engine.cli.proposals import typed
from engine.cli.root import main
from engine.cli.stops import counted

EXAMPLES = "examples"
"""A workspace's folder of payloads to try, each called like its event: `shop.order-created.json`."""
TRY = "try.txt"
"""A file in there with commands to propose at the start, one a line, in place of our own."""


def announce(folder: Path, event: str, facts: Mapping[str, Any], store: str | None = None) -> None:
    """One thing that happened to the process. `store` is the store that it was given, as it may be shown."""
    output = Output()
    if event == "started":
        _started(output, folder, facts, store)
    elif event == "draining":
        output.say(f"stopping: {counted(facts['running'], 'message')} in progress")
    elif event == "stopped":
        _stopped(output, facts)
    elif event == "reloaded":
        say_reloaded(output, facts)
    elif event == "reload-failed":
        output.say(f"the workspace could not be loaded again: {facts['error']}", "red")
    elif event == "reload-refused":
        errors = counted(len(facts["findings"]), "error")
        output.say(f"the changed workspace has {errors}; the old revision runs on", "red")
        for finding in facts["findings"]:
            output.say(f"  {finding}")


def say_reloaded(output: Output, facts: Mapping[str, Any]) -> None:
    """What came of a reload."""
    if not facts["changed"]:
        output.say(f"nothing has changed; revision {facts['revision']} runs on")
        return
    output.say(f"revision {facts['revision']} runs now, in place of {facts['before']}")
    stand_ins = facts.get("standIns") or {"started": {}, "stopped": ()}
    for system, address in sorted(stand_ins["started"].items()):
        output.say(f"  {'stand-in':<10}{system} on {address}")
    for system in stand_ins["stopped"]:
        output.say(f"  {'stand-in':<10}{system} has stopped")


def _started(output: Output, folder: Path, facts: Mapping[str, Any], store: str | None) -> None:
    size = f"{counted(facts['flows'], 'flow')}, {counted(facts['systems'], 'system')}"
    output.say(f"{facts['workspace']} runs: {size}, revision {facts['revision']}", style="bold green")
    output.say(f"  {'address':<10}{facts['address'] or 'none: no event arrives over HTTP'}")
    output.say(f"  {'store':<10}{facts['store']}")
    for system, address in sorted(facts["sandbox"].items()):
        output.say(f"  {'stand-in':<10}{system} on {address}")
    output.say()
    output.say("try, in another terminal:")
    for command in own_things_to_try(folder, facts["address"]) or things_to_try(folder):
        output.say(f"  {typed(with_store(command, store))}")
    output.say()
    output.say("Ctrl-C stops it, after finishing what is in progress", style="dim")


def with_store(line: str, store: str | None) -> str:
    """The line with `--store` where it is a command that takes it: else it would look in the workspace's own."""
    words = list(re.finditer(r"\S+", line))
    if store is None or not words or words[0].group() != "crossdock":
        return line
    command: click.Command | None = main
    end = 0
    with click.Context(main) as ctx:
        for word in words[1:]:
            if not isinstance(command, click.Group):
                break
            command, end = command.get_command(ctx, word.group()), word.end()
    if command is None or not any("--store" in option.opts for option in command.params):
        return line
    return f"{line[:end]} --store {shlex.quote(store)}{line[end:]}"


def _stopped(output: Output, facts: Mapping[str, Any]) -> None:
    if facts["finished"]:
        output.say("stopped; everything in progress was finished")
    else:
        output.say("stopped; what was still in progress is safe in the store and goes on at the next start", "yellow")


def own_things_to_try(folder: Path, address: str | None) -> list[str]:
    """The commands that the workspace itself proposes, run from its folder; `{address}` is where it listens."""
    file = folder / EXAMPLES / TRY
    if not file.is_file():
        return []
    lines = [line.strip().replace("{address}", address or "") for line in file.read_text(encoding="utf-8").splitlines()]
    commands = [line for line in lines if line and not line.startswith("#")]
    return commands if folder.resolve() == Path.cwd() else [f"cd {shlex.quote(str(folder))}", *commands]


def things_to_try(folder: Path) -> Iterator[str]:
    """Three commands that work from where the user stands."""
    here = folder.resolve() == Path.cwd()
    where = "" if here else f" -w {shlex.quote(str(folder))}"
    examples = sorted((folder / EXAMPLES).glob("*.*.json"))[:2]
    for example in examples:
        path = example.relative_to(folder) if here else example
        yield f"crossdock send {example.stem} {shlex.quote(str(path))}{where}"
    if not examples:
        yield f"crossdock send SYSTEM.EVENT FILE{where}"
    yield f"crossdock trace ID{where}  # the id that 'send' prints, or a business key"
    if len(examples) < 2:
        yield f"crossdock status{where}"

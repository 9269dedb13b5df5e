"""Every command: where it lives and what it is for.

A command's module is imported when the command is used, so that `crossdock --help` and the commands that only talk to
a running process do not pay for loading the engine. A test keeps each sentence equal to the command's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Entry:
    """A command's module (below `engine.cli.commands`), its object in there, and its one sentence."""

    module: str
    attribute: str
    summary: str


SECTIONS: Mapping[str, Mapping[str, Entry]] = MappingProxyType(
    {
        "Build": {
            "init": Entry("init", "init", "Make a small workspace that runs as it is."),
            "new": Entry("new", "new", "Make a flow, a system or an entity to begin with."),
            "lint": Entry("lint", "lint", "Check a workspace and show everything that is wrong with it."),
            "map": Entry("map", "map_command", "Try a mapping on an input and check what it makes."),
            "explain": Entry("explain", "explain", "Show how each field of a mapping's output came about."),
            "test": Entry("test", "test", "Run the tests that stand beside the flows."),
            "capture": Entry("capture", "capture", "Turn a stored message and the answers it got into a test."),
            "plan": Entry("plan", "plan", "Show what a change of the workspace does, before it is deployed."),
            "docs": Entry("docs", "docs", "Build the catalogue of the workspace as a static site."),
            "graph": Entry("graph", "graph", "Draw who calls whom, or what one flow does."),
            "drift": Entry("drift", "drift", "Compare what a system really sends with its contract."),
            "rules": Entry("rules", "rules", "List the business rules that flows hold."),
            "schema": Entry("schema", "schema", "Write JSON Schemas of the workspace's files, for editors."),
            "completion": Entry(
                "completion", "completion", "Print what makes a shell complete commands, options and names."
            ),
        },
        "Run": {
            "run": Entry("run", "run", "Run a workspace until it is told to stop."),
            "send": Entry("send", "send", "Hand a file to the running process as if a system had sent it."),
            "sandbox": Entry("sandbox", "sandbox", "Look at the stand-ins and make them fail on purpose."),
            "reload": Entry("reload", "reload", "Make the running process load its workspace again."),
            "drain": Entry("drain", "drain", "Let the running process finish its work and stop."),
            "migrate": Entry("migrate", "migrate", "Bring the message store to this program's version."),
        },
        "Look": {
            "status": Entry("status", "status", "Show health, systems, and what lies in which channel."),
            "trace": Entry("trace", "trace", "Show the story of a message, or of a whole business transaction."),
        },
        "Repair": {
            "dead-letters": Entry("dead_letters", "dead_letters", "List, show, try again or end what has failed."),
            "parked": Entry("parked", "parked", "List what is held for a business reason."),
            "release": Entry("release", "release", "Let parked messages go on where they stopped."),
            "replay": Entry("replay", "replay", "Run a range of messages again, after counting it."),
        },
    }
)

COMMANDS: Mapping[str, Entry] = MappingProxyType(
    {name: entry for section in SECTIONS.values() for name, entry in section.items()}
)

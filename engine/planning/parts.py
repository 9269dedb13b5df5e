"""Which parts of a workspace a change adds, changes and removes, and which flows do something else by that, perhaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from engine.config.files import Bundle
from engine.contracts.compatibility import changes
from engine.contracts.registry import ContractRegistry
from engine.flow.compiled import CompiledFlow, CompiledOperation, Revision
from engine.flow.steps.call import Call
from engine.flow.steps.run import Run
from engine.flow.steps.send import Send

How = Literal["added", "changed", "removed"]
_WORD: tuple[How, ...] = ("added", "changed", "removed")


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part that differs: its kind (`flow`, `system`, `contract`, `codes`, `workspace`), its name, and the files.

    `breaks` says, for a contract, each change that breaks somebody, and `for_whom` who uses it.
    """

    kind: str
    name: str
    how: How
    files: tuple[str, ...]
    breaks: tuple[str, ...] = ()
    for_whom: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def part_changes(old: Bundle, new: Bundle, before: Revision, after: Revision) -> list[PartChange]:
    """What differs between two bundles, by part."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(old.files.keys() | new.files.keys()):
        if old.files.get(path) != new.files.get(path):
            for part in _parts(path, old, new, before, after):
                found.setdefault(part, []).append(path)
    listed = []
    for (kind, name), paths in sorted(found.items()):
        how = _how(kind, name, paths, old, new, before, after)
        breaks, whom = _breaks(name, old, new, before, after) if kind == "contract" else ((), ())
        listed.append(PartChange(kind, name, how, tuple(paths), breaks, whom))
    return listed


def _parts(path: str, old: Bundle, new: Bundle, before: Revision, after: Revision) -> Iterator[tuple[str, str]]:
    """The parts that a file belongs to."""
    pure = PurePosixPath(path)
    if path == "flows/workspace.yaml":
        yield "workspace", after.workspace.name
    elif path.startswith("flows/systems/"):
        yield "system", PurePosixPath(path.removeprefix("flows/systems/")).parts[0].split(".")[0]
    elif path.startswith("canonical/codes/"):
        yield "codes", pure.stem
    elif path.startswith("canonical/"):
        yield ("contract", f"{pure.parent.name}/{pure.stem}") if pure.stem.isdecimal() else ("entity", pure.parent.name)
    elif pure.suffix == ".yaml" and (pure.stem in before.flows or pure.stem in after.flows):
        yield "flow", pure.stem
    else:
        yield from (("flow", name) for name in sorted(_readers(pure, old, new)))


def _readers(pure: PurePosixPath, old: Bundle, new: Bundle) -> set[str]:
    """The flows that a file beside them may belong to: those in whose file its name stands."""
    word = pure.name.encode()
    found = set()
    for bundle in (old, new):
        for path in bundle.flows:
            if PurePosixPath(path).parent == pure.parent and word in bundle.read(path):
                found.add(PurePosixPath(path).stem)
    return found


def _how(
    kind: str, name: str, paths: Iterable[str], old: Bundle, new: Bundle, before: Revision, after: Revision
) -> How:
    if kind in ("flow", "system"):
        was, is_now = (name in getattr(revision, f"{kind}s") for revision in (before, after))
    else:
        was, is_now = (any(path in bundle for path in paths) for bundle in (old, new))
    return "changed" if was and is_now else "added" if is_now else "removed"


# -- contracts


def _breaks(
    name: str, old: Bundle, new: Bundle, before: Revision, after: Revision
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a change of a canonical version breaks, and for whom."""
    (was, _), (is_now, _) = ContractRegistry.survey(old.files), ContractRegistry.survey(new.files)
    writers, readers = contract_users(before, after, name)
    if name not in was:
        return (), ()
    if name not in is_now:
        return ("it is gone",), tuple(sorted(writers | readers))
    found = changes(
        was.get(name).schema.document,
        is_now.get(name).schema.document,
        old_resolve=was.resolve,
        new_resolve=is_now.resolve,
    )
    breaking = [change for change in found if change.breaks]
    parties = {party for change in breaking for party in change.breaks}
    whom = (writers if "writers" in parties else set()) | (readers if "readers" in parties else set())
    said = tuple(f"{change} (breaks {' and '.join(sorted(change.breaks))})" for change in breaking)
    return said, tuple(sorted(whom))


def contract_users(before: Revision, after: Revision, name: str) -> tuple[set[str], set[str]]:
    """Who writes documents of an entity's version, and who reads them: events, operations and flows."""
    writers: set[str] = set()
    readers: set[str] = set()
    for revision in (before, after):
        for system in revision.systems.values():
            for event in system.events.values():
                if event.target.entity == name:
                    writers.add(event.name)
                    readers |= {flow.name for flow in revision.listeners.get(event.name, ())}
            for operation in system.operations.values():
                if operation.accepts is not None and operation.accepts.name == name:
                    readers.add(operation.full_name)
                if operation.returns.entity == name:
                    writers.add(operation.full_name)
        readers |= {flow.name for flow in revision.flows.values() if flow.model.source.accepts == name}
    return writers, readers


# -- flows


def changed_flows(parts: Iterable[PartChange], before: Revision, after: Revision) -> list[str]:
    """The flows of both revisions whose messages may fare otherwise: what they are made of has changed."""
    parts = list(parts)
    names = sorted(before.flows.keys() & after.flows.keys())
    if any(part.kind in ("workspace", "codes", "contract") for part in parts):
        return names  # retries, code tables and shared schemas reach everywhere
    systems = {part.name for part in parts if part.kind == "system"}
    flows = {part.name for part in parts if part.kind == "flow"}
    return [
        name
        for name in names
        if any(_made_of(revision.flows[name]) & flows or _uses(revision.flows[name]) & systems
               for revision in (before, after))
    ]  # fmt: skip


def _made_of(flow: CompiledFlow) -> set[str]:
    """The flow and those that it runs."""
    return {flow.name} | {step.flow for step in flow.by_id.values() if isinstance(step, Run)}


def _uses(flow: CompiledFlow) -> set[str]:
    """The systems whose events and operations a flow uses."""
    found = {event.partition(".")[0] for event in flow.model.source.events}
    for step in flow.by_id.values():
        operations: list[CompiledOperation] = []
        if isinstance(step, Call):
            operations = [step.operation, *([step.undo.operation] if step.undo is not None else [])]
        elif isinstance(step, Send):
            operations = list(step.targets.values())
        found |= {operation.system for operation in operations}
    return found


def by_how(parts: Iterable[PartChange]) -> Mapping[How, list[PartChange]]:
    """The parts that were added, changed and removed."""
    listed = list(parts)
    return {word: [part for part in listed if part.how == word] for word in _WORD}

"""Which parts of a workspace a change adds, changes and removes, and which flows do something else by that, perhaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from engine.config.files import SYSTEMS_FOLDER, Bundle
from engine.flow.compiled import CompiledFlow, CompiledOperation, Revision
from engine.flow.steps.call import Call
from engine.flow.steps.run import Run
from engine.flow.steps.send import Send
from engine.planning.contracts import (
    SCHEMA_ENDINGS,
    ContractChange,
    canonical_change,
    vendor_change,
    vendor_name,
    vendor_uses,
)

How = Literal["added", "changed", "removed"]
_WORD: tuple[How, ...] = ("added", "changed", "removed")


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part that differs: its kind (`flow`, `system`, `contract`, `vendor-contract`, `codes`, `entity`, `workspace`),
    its name, and the files. `systems` are those that it is a part of.

    Of a contract, `changes` are the differences in words, `breaks` those that break somebody, and `for_whom` whom.
    """

    kind: str
    name: str
    how: How
    files: tuple[str, ...]
    systems: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    for_whom: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind.replace('-', ' ')} {self.name}"


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
        contract = ContractChange()
        systems: tuple[str, ...] = (name,) if kind == "system" else ()
        if kind == "contract":
            contract = canonical_change(name, old, new, before, after)
        elif kind == "vendor-contract":
            contract = vendor_change(paths[0], old, new, before, after)
            systems = tuple(dict.fromkeys(use.system for use in vendor_uses(paths[0], old, new)))
        told = (contract.changes, contract.breaks, contract.for_whom)
        listed.append(PartChange(kind, name, how, tuple(paths), systems, *told))
    return listed


def _parts(path: str, old: Bundle, new: Bundle, before: Revision, after: Revision) -> Iterator[tuple[str, str]]:
    """The parts that a file belongs to."""
    pure = PurePosixPath(path)
    if path == "flows/workspace.yaml":
        yield "workspace", after.workspace.name
    elif path.startswith(f"{SYSTEMS_FOLDER}/"):
        stays = before.systems.keys() & after.systems.keys()
        if path.endswith(SCHEMA_ENDINGS) and any(use.system in stays for use in vendor_uses(path, old, new)):
            yield "vendor-contract", vendor_name(path)
        else:
            yield "system", PurePosixPath(path.removeprefix(f"{SYSTEMS_FOLDER}/")).parts[0].split(".")[0]
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


# -- flows


def changed_flows(parts: Iterable[PartChange], before: Revision, after: Revision) -> list[str]:
    """The flows of both revisions whose messages may fare otherwise: what they are made of has changed."""
    parts = list(parts)
    names = sorted(before.flows.keys() & after.flows.keys())
    if any(part.kind in ("workspace", "codes", "contract") for part in parts):
        return names  # retries, code tables and shared schemas reach everywhere
    systems = {system for part in parts for system in part.systems}
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

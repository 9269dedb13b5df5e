"""Owners: every canonical entity and status field has one (OWN-1, OWN-7), and nobody else writes it (OWN-2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.config.findings import did_you_mean
from engine.contracts.lifecycle import Lifecycle
from engine.contracts.ownership import EVERYTHING, Owner
from engine.fields.marks import Mark
from engine.lint.context import Context
from engine.lint.written import written_fields

_FATES = {"refuse": "refused", "park": "parked for its steward", "propose": "sent to its owner as a proposal"}


def check_ownership(context: Context) -> None:
    """XD904 for what nobody owns, XD905 for what somebody else writes, XD201 for owners that are not there."""
    for entity in context.contracts.entities:
        lifecycle = context.contracts.lifecycle(entity)
        fields = _fields(context, entity)
        if not fields:
            continue
        if lifecycle is None and f"canonical/{entity}/lifecycle.yaml" in context.loaded.bundle:
            continue  # it has findings of its own
        if lifecycle is None:
            _no_lifecycle(context, entity)
        else:
            _check_fields(context, lifecycle, fields)
            _check_names(context, lifecycle)
    _check_roles(context)
    _check_writers(context)


def _fields(context: Context, entity: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The fields of all versions by their path, each with the file and the place of the newest that has it."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for version in context.contracts.versions(entity):
        contract = context.contracts.get(f"{entity}/{version}")
        document = contract.schema.document
        for path, place in _paths(document, document, "", (), 0):
            found[path] = (contract.file, place)
    return found


def _paths(
    schema: Any, document: Mapping[str, Any], above: str, place: tuple[str, ...], depth: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The fields that a schema declares, through lists and references into its own file."""
    if not isinstance(schema, Mapping) or depth > 12:
        return
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        name = reference.removeprefix("#/$defs/")
        yield from _paths(document.get("$defs", {}).get(name), document, above, ("$defs", name), depth + 1)
    for name, inner in (schema.get("properties") or {}).items():
        path = f"{above}.{name}" if above else name
        at = (*place, "properties", name)
        yield path, at
        yield from _paths(inner, document, path, at, depth + 1)
    if above and "items" in schema:
        yield from _paths(schema["items"], document, f"{above}[]", (*place, "items"), depth + 1)


def _no_lifecycle(context: Context, entity: str) -> None:
    contract = context.contracts.get(f"{entity}/{context.contracts.versions(entity)[-1]}")
    context.govern(
        "XD904",
        Mark(contract.file, 1, 1),
        expected=f"the owners of '{entity}' in canonical/{entity}/lifecycle.yaml",
        found="none",
    )


def _check_fields(context: Context, lifecycle: Lifecycle, fields: Mapping[str, tuple[str, tuple[str, ...]]]) -> None:
    ownership = lifecycle.ownership
    for path, (file, place) in fields.items():
        status = path.rpartition(".")[2].lower().endswith("status")
        if ownership.of(path) is not None and not (status and path not in ownership.by_path):
            continue
        if "." not in path or status:
            what = f"an owner of its own for the status field '{path}'" if status else f"an owner of '{path}'"
            lead = f"under 'owners' of canonical/{lifecycle.entity}/lifecycle.yaml"
            context.govern("XD904", context.place(file, *place, key=True), expected=f"{what} {lead}", found="none")
    for path in ownership.by_path:
        if path != EVERYTHING and path not in fields and not _is_open(path, fields):
            context.findings.add(
                "XD201",
                context.place(_file(lifecycle), "owners", path, key=True),
                expected=f"a field of '{lifecycle.entity}'",
                found=f"'{path}'",
                hint=did_you_mean(path, fields),
            )


def _is_open(path: str, fields: Iterable[str]) -> bool:
    """Whether the field may be below one whose inside is described elsewhere, such as in canonical/common."""
    known = set(fields)
    while "." in path or path.endswith("[]"):
        path = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]
        if path in known:
            return not any(other.startswith((f"{path}.", f"{path}[]")) for other in known)
    return False


def _check_names(context: Context, lifecycle: Lifecycle) -> None:
    """Owners, writers and subscribers are systems or roles, stewards are teams."""
    workspace = context.loaded.workspace
    if workspace is None:
        return
    what = "a system, or a role of flows/workspace.yaml"
    known = {*context.loaded.known_systems, *workspace.model.roles}
    for path, owner in lifecycle.owners.items():
        for word, names in (("owner", [owner.owner]), ("writers", owner.writers), ("subscribers", owner.subscribers)):
            for index, name in enumerate(names):
                at = (word,) if word == "owner" else (word, index)
                _known(
                    context, lifecycle, name, known, "a system, or a role of flows/workspace.yaml", "owners", path, *at
                )
        _known(context, lifecycle, owner.steward, workspace.model.teams, "a team", "owners", path, "steward")
    for index, milestone in enumerate(lifecycle.milestones):
        _known(context, lifecycle, milestone.reported_by, known, what, "milestones", index, "reported_by")
    for word, owners in (
        ("expectations", [item.owner for item in lifecycle.expectations]),
        ("invariants", [item.owner for item in lifecycle.invariants]),
    ):
        for index, name in enumerate(owners):
            _known(context, lifecycle, name, workspace.model.teams, "a team", word, index, "owner")


def _known(
    context: Context, lifecycle: Lifecycle, name: str, names: Iterable[str], what: str, *path: str | int
) -> None:
    listed = sorted(names)
    if name not in listed:
        hint = did_you_mean(name, listed) or (f"there are {', '.join(listed[:12])}" if listed else "there are none")
        mark = context.place(_file(lifecycle), *path)
        context.findings.add("XD201", mark, expected=what, found=f"'{name}'", hint=hint)


def _check_roles(context: Context) -> None:
    """The roles that systems play are those of the workspace."""
    workspace = context.loaded.workspace
    roles = sorted(workspace.model.roles) if workspace is not None else []
    for system in context.systems.values():
        for index, role in enumerate(system.model.roles):
            if role not in roles:
                hint = did_you_mean(role, roles) or (
                    f"there are {', '.join(roles[:12])}" if roles else "there are none"
                )
                mark = system.places.value("roles", index)
                what = "a role of flows/workspace.yaml"
                context.findings.add("XD201", mark, expected=what, found=f"'{role}'", hint=hint)


def _file(lifecycle: Lifecycle) -> str:
    return f"canonical/{lifecycle.entity}/lifecycle.yaml"


def _check_writers(context: Context) -> None:
    """What the mapping of an event writes belongs to the event's system, or the system is one of its writers."""
    for mapped in context.facts.mapped:
        lifecycle = context.contracts.lifecycle(mapped.entity.partition("/")[0])
        if lifecycle is None:
            continue
        ownership, roles = lifecycle.ownership, frozenset(context.systems[mapped.system].model.roles)
        fields = [(mapped.above, 0)] if mapped.above else []
        for path, offset in [*fields, *written_fields(mapped.site.tree, mapped.above)]:
            owner = ownership.own(path)
            identifies = path in (lifecycle.key, lifecycle.revision)
            if owner is not None and not identifies and not ownership.may_write(mapped.system, path, roles):
                _tell(context, mapped.site.at(offset), mapped.system, path, owner)


def _tell(context: Context, mark: Mark, system: str, path: str, owner: Owner) -> None:
    allowed = " or ".join(f"'{name}'" for name in (owner.owner, *owner.writers))
    context.findings.add(
        "XD905",
        mark,
        expected=f"'{path}' to be written by {allowed}",
        found=f"'{system}'",
        hint=f"such a message is {_FATES[owner.foreign]}; name '{system}' under its writers if its word may count",
    )

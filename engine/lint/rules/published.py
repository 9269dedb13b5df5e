"""Contracts against those that others have already (CAN-3), and what a vendor has changed in theirs (CAN-12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.tree import plain
from engine.config.yaml import load_yaml
from engine.contracts.compatibility import Change, changes
from engine.contracts.registry import ContractRegistry
from engine.fields.marks import Mark
from engine.lint.context import Context

_MAY_CHANGE = ("draft", "reviewed")


def check_published(context: Context) -> None:
    """XD913 for a change of a published version that breaks somebody, XD914 for any change of a vendor's contract."""
    published = context.published
    if published is None:
        return
    before, _ = ContractRegistry.survey(published.files)
    for contract in before:
        lifecycle = before.lifecycle(contract.entity)
        staged = lifecycle.versions.get(str(contract.version)) if lifecycle is not None else None
        if staged is not None and staged.stage in _MAY_CHANGE:
            continue
        if contract.name not in context.contracts:
            ended = staged is not None and (staged.stage == "retired" or _has_ended(context, staged.ends))
            if not ended and contract.name not in context.contracts.broken:
                _tell_gone(context, contract.name, contract.file)
            continue
        new = context.contracts.get(contract.name)
        for change in changes(
            contract.schema.document,
            new.schema.document,
            old_resolve=before.resolve,
            new_resolve=context.contracts.resolve,
        ):
            if change.breaks:
                _tell(context, new.name, new.file, change)
    _check_vendors(context, published, before)


def _has_ended(context: Context, ends: Any) -> bool:
    return ends is not None and context.today is not None and ends <= context.today


def _tell(context: Context, name: str, file: str, change: Change) -> None:
    entity, _, version = name.partition("/")
    versions = context.contracts.versions(entity)
    following = f"{entity}/{max(versions) + 1}"
    context.findings.add(
        "XD913",
        context.place(file, *change.place),
        expected=f"'{name}' as it is published",
        found=f"a change that breaks its {' and '.join(sorted(change.breaks))}: {change}",
        hint=f"make it '{following}', beside version {version}",
    )


def _tell_gone(context: Context, name: str, file: str) -> None:
    entity = name.partition("/")[0]
    near = next(iter(context.contracts.versions(entity)), None)
    mark = Mark(context.contracts.get(f"{entity}/{near}").file, 1, 1) if near is not None else Mark(file, 1, 1)
    context.findings.add(
        "XD913",
        mark,
        expected=f"'{name}', which is published",
        found="none",
        hint="bring it back, say 'stage: deprecated' with 'ends' of it, and take it away after that day",
    )


# -- vendors


def _check_vendors(context: Context, published: Bundle, before: ContractRegistry) -> None:
    bundle = context.loaded.bundle
    for path in bundle.schemas:
        if path not in published or published.read(path) == bundle.read(path):
            continue
        old, new = _document(published, path), _document(bundle, path)
        if old is None or new is None:
            continue
        for change in changes(old, new, old_resolve=before.resolve, new_resolve=context.contracts.resolve):
            readers = _readers(context, path)
            context.findings.add(
                "XD914",
                context.place(path, *change.place),
                expected="the vendor's contract as it was",
                found=f"a change: {change}",
                hint=f"look at {', '.join(readers)}" if readers else "",
            )


def _document(bundle: Bundle, path: str) -> Mapping[str, Any] | None:
    node = load_yaml(bundle.read(path), path, Findings())
    return plain(node.value) if node is not None and isinstance(node.value, dict) else None


def _readers(context: Context, path: str) -> list[str]:
    """The events and operations that name the schema."""
    found = []
    for event in context.events():
        folder = f"{event.system.folder()}/{event.system.model.system}"
        if event.model.contract is not None and f"{folder}/{event.model.contract}" == path:
            found.append(f"'{event.name}'")
    for operation in context.operations():
        folder = f"{operation.system.folder()}/{operation.system.model.system}"
        names = (operation.model.request_contract, operation.model.reply_contract)
        if any(name is not None and f"{folder}/{name}" == path for name in names):
            found.append(f"'{operation.name}'")
    return found

"""What a change of a contract does to those who use it: of a canonical version of ours, and of a vendor's schema.

A vendor's contract counts as used by both sides. What the vendor sends (events and replies) breaks the system when it
may be refused now, and the mappings and flows that read it when it may be something else. What the vendor takes (a
request) breaks the operation that makes it, when it may be refused; that the vendor takes more breaks nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.config.files import SYSTEMS_FOLDER, Bundle
from engine.config.findings import Findings
from engine.config.tree import plain
from engine.config.yaml import load_yaml
from engine.contracts.compatibility import Change, Party, Resolve, changes
from engine.contracts.registry import ContractRegistry
from engine.flow.compiled import Revision

Role = Literal["sent", "taken"]
"""What the vendor does with what the contract describes."""

SCHEMA_ENDINGS = (".schema.yaml", ".schema.json")
_KEYS: Mapping[str, tuple[tuple[str, Role], ...]] = {
    "events": (("contract", "sent"),),
    "operations": (("request_contract", "taken"), ("reply_contract", "sent")),
}


@dataclass(frozen=True, slots=True)
class ContractChange:
    """What differs in a contract, each difference in words; `breaks` are those that break somebody, and `for_whom`
    the events, operations, flows and systems that they break."""

    changes: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    for_whom: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VendorUse:
    """An event or operation that names a vendor's schema."""

    system: str
    name: str
    role: Role

    @property
    def users(self) -> Mapping[Party, str]:
        """Who writes what it describes, and who reads it."""
        if self.role == "taken":
            return {"writers": self.name}
        return {"writers": self.system, "readers": self.name}


# -- ours


def canonical_change(name: str, old: Bundle, new: Bundle, before: Revision, after: Revision) -> ContractChange:
    """What a change of a canonical version (`sales-order/2`) breaks, and for whom."""
    (was, _), (is_now, _) = ContractRegistry.survey(old.files), ContractRegistry.survey(new.files)
    users = _canonical_users(before, after, name)
    if name not in was:
        return ContractChange()
    if name not in is_now:
        gone = ("it is gone",)
        return ContractChange(gone, gone, tuple(sorted(users["writers"] | users["readers"])))
    found = changes(
        was.get(name).schema.document,
        is_now.get(name).schema.document,
        old_resolve=was.resolve,
        new_resolve=is_now.resolve,
    )
    return _told(found, users)


def _canonical_users(before: Revision, after: Revision, name: str) -> Mapping[Party, set[str]]:
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
    return {"writers": writers, "readers": readers}


# -- vendors'


def vendor_name(path: str) -> str:
    """A vendor's contract by its file: `shop/order` of `flows/systems/shop/order.schema.yaml`."""
    name = path.removeprefix(f"{SYSTEMS_FOLDER}/")
    return name[: -len(next(ending for ending in SCHEMA_ENDINGS if name.endswith(ending)))]


def vendor_uses(path: str, *bundles: Bundle) -> tuple[VendorUse, ...]:
    """The events and operations that name a schema's file, in any of the bundles."""
    found = (use for bundle in bundles for file in bundle.systems for use in _uses_in(file, path, bundle))
    return tuple(dict.fromkeys(found))


def _uses_in(file: str, path: str, bundle: Bundle) -> Iterator[VendorUse]:
    document = _document(bundle, file)
    system = str(document.get("system"))
    for section, keys in _KEYS.items():
        declared = document.get(section)
        for name, part in declared.items() if isinstance(declared, Mapping) else ():
            for key, role in keys:
                named = part.get(key) if isinstance(part, Mapping) else None
                if isinstance(named, str) and bundle.beside(f"{SYSTEMS_FOLDER}/{system}/x", named) == path:
                    yield VendorUse(system, f"{system}.{name}", role)


def vendor_change(path: str, old: Bundle, new: Bundle, before: Revision, after: Revision) -> ContractChange:
    """What a change of a vendor's schema breaks, and for whom; one that is new or gone breaks nobody by itself."""
    if path not in old or path not in new:
        return ContractChange()
    was, is_now = _resolver(old), _resolver(new)
    found = changes(_document(old, path), _document(new, path), old_resolve=was, new_resolve=is_now)
    users: dict[Party, set[str]] = {}
    for use in vendor_uses(path, old, new):
        for party, user in use.users.items():
            users.setdefault(party, set()).add(user)
        if use.role == "sent":
            listeners = (revision.listeners.get(use.name, ()) for revision in (before, after))
            users["readers"] |= {flow.name for flows in listeners for flow in flows}
    return _told(found, users)


def _resolver(bundle: Bundle) -> Resolve:
    registry, _ = ContractRegistry.survey(bundle.files)
    return registry.resolve


def _document(bundle: Bundle, path: str) -> Mapping[str, Any]:
    """The mapping in a file; an empty one where there is none, which the loader has told already."""
    node = load_yaml(bundle.read(path), path, Findings())
    found = plain(node.value) if node is not None else None
    return found if isinstance(found, Mapping) else {}


# -- in words


def _told(found: tuple[Change, ...], users: Mapping[Party, set[str]]) -> ContractChange:
    """The differences in words. Only parties that `users` names can break."""
    lines: list[str] = []
    breaks: list[str] = []
    whom: set[str] = set()
    for change in found:
        parties = sorted(party for party in change.breaks if party in users)
        lines.append(f"{change} (breaks {' and '.join(parties)})" if parties else str(change))
        if parties:
            breaks.append(lines[-1])
            whom.update(user for party in parties for user in users[party])
    return ContractChange(tuple(lines), tuple(breaks), tuple(sorted(whom)))

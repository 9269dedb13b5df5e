"""Who owns which field of an entity: the one system whose word counts, and the people who answer for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_INDEX = re.compile(r"\[[0-9]+\]")
_LAST_STEP = re.compile(r"(\[\]|\[\"(?:[^\"\\]|\\.)*\"\]|\.?[^.\[\]]+)$")


@dataclass(frozen=True, slots=True)
class Owner:
    """`owner` is a system, or a role of the workspace such as `channel`; `steward` the team behind it.

    `writers` may change the field, the owner always among them; `subscribers` want to hear of changes.
    """

    owner: str
    steward: str
    writers: tuple[str, ...] = ()
    subscribers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ownership:
    """The owners of one entity's fields, by path: `lines[].shipFrom`; an owner of `lines` owns all below it too."""

    by_path: Mapping[str, Owner]

    def of(self, path: str) -> Owner | None:
        """The owner of `lines[0].quantity.value`: of that path, else of the nearest path above it, else None."""
        general = _INDEX.sub("[]", path)
        while general:
            if general in self.by_path:
                return self.by_path[general]
            general = _LAST_STEP.sub("", general)
        return None

    def owner_of(self, path: str) -> str | None:
        """The steward and the system of a field, as a violation names them: `order-desk (shop)`."""
        owner = self.of(path)
        return f"{owner.steward} ({owner.owner})" if owner is not None else None

    def may_write(self, system: str, path: str) -> bool:
        """Whether a change of the field may come from `system`; of an unowned field it may not."""
        owner = self.of(path)
        return owner is not None and (system == owner.owner or system in owner.writers)

"""What tests can reach in a workspace, and what they have reached: steps, the arms of decisions, rules for errors and
mapped fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["steps", "arms", "errors", "fields"]
KINDS: tuple[Kind, ...] = ("steps", "arms", "errors", "fields")


def flow_owner(name: str) -> str:
    """A flow as the owner of points."""
    return f"flow:{name}"


def system_owner(name: str) -> str:
    """A system as the owner of points."""
    return f"system:{name}"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that a test can reach. `owner` is the flow or system, `flow:NAME` or `system:NAME`; `part` the decision
    or the mapping that it is in."""

    kind: Kind
    owner: str
    part: str
    name: str

    def __str__(self) -> str:
        return f"{self.part}: {self.name}" if self.part else self.name


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many points were reached."""

    reached: int
    whole: int

    @property
    def percent(self) -> float:
        """Of a hundred, cut to one decimal, so that only all is 100; nothing to reach is all reached."""
        return 1000 * self.reached // self.whole / 10 if self.whole else 100.0


@dataclass(slots=True)
class Coverage:
    """The points of a workspace's flows and systems, and by how many cases each was reached."""

    points: Sequence[Point]
    cases: Counter[Point] = field(default_factory=Counter)

    def add(self, reached: Iterable[Point]) -> None:
        """Count what one case reached."""
        self.cases.update(reached)

    def of(self, owners: Collection[str]) -> Coverage:
        """The same for some flows and systems only."""
        return Coverage([point for point in self.points if point.owner in owners], self.cases)

    @property
    def owners(self) -> list[str]:
        """The flows and systems that have points, each once and in order."""
        return list(dict.fromkeys(point.owner for point in self.points))

    def share(self, owner: str | None = None, kind: Kind | None = None) -> Share:
        """Of all, of one owner's, or of one kind."""
        found = [p for p in self.points if owner in (None, p.owner) and kind in (None, p.kind)]
        return Share(sum(1 for point in found if self.cases[point]), len(found))

    def missed(self, owner: str) -> list[Point]:
        """What no case reached."""
        return [point for point in self.points if point.owner == owner and not self.cases[point]]

    def as_json(self) -> Mapping[str, object]:
        """The shares and what was missed, for a script."""
        return {
            **_share_json(self.share()),
            "owners": {
                owner: {
                    **_share_json(self.share(owner)),
                    **{kind: _share_json(self.share(owner, kind)) for kind in KINDS},
                    "missed": [{"kind": p.kind, "part": p.part, "name": p.name} for p in self.missed(owner)],
                }
                for owner in self.owners
            },
        }


def _share_json(share: Share) -> dict[str, object]:
    return {"reached": share.reached, "of": share.whole, "percent": share.percent}

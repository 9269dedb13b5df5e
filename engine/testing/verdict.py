"""What became of a case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.fields.marks import Mark
from engine.testing.compare import Difference, differences

_MOST = 20


@dataclass(frozen=True, slots=True)
class Update:
    """A document that may stand in the place of one that was expected: at `path` in the test file (keys and indexes),
    or in `file` of the workspace."""

    path: tuple[str | int, ...]
    file: str | None
    document: Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a case holds. `problems` are sentences: with one the differences tell nothing and are left out."""

    file: str
    case: str
    place: Mark
    differences: tuple[Difference, ...] = ()
    problems: tuple[str, ...] = ()
    updates: tuple[Update, ...] = ()
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """True when nothing is wrong."""
        return not self.differences and not self.problems

    def lines(self) -> Iterator[str]:
        """What is wrong, a line each; after 20 the rest is counted."""
        yield from self.problems
        yield from (str(difference) for difference in self.differences[:_MOST])
        if len(self.differences) > _MOST:
            yield f"and {len(self.differences) - _MOST} further differences"


@dataclass(slots=True)
class Comparison:
    """Gathers what differs between a case's expectations and what came; `at` is the path of the expectations."""

    at: tuple[str | int, ...]
    differences: list[Difference] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)

    def whole(self, expected: Any, got: Any, label: str, *at: str | int, file: str | None = None) -> None:
        """Compare a whole document, which an update may replace."""
        found = list(differences(expected, got, label))
        if found:
            self.updates.append(Update((*self.at, *at), file, got))
        self.differences.extend(found)

    def value(self, expected: object, got: object, label: str) -> None:
        """Compare one value, where one is expected."""
        if expected is not None and expected != got:
            self.differences.append(Difference(label, str(expected), "nothing" if got in (None, "") else str(got)))

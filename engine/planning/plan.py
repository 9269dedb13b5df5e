"""The plan of a change: its parts, what breaks for whom, and how stored messages fare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.config.files import Bundle
from engine.flow.compiled import Revision
from engine.planning.parts import PartChange, changed_flows, part_changes
from engine.planning.rerun import KINDS, MessageDifference, rerun
from engine.testing.recorded import Record

Records = Callable[[str], Sequence[Record]]
"""The records of a flow's newest messages, oldest first."""


@dataclass(frozen=True, slots=True)
class Side:
    """A workspace at one time: its files and what they compile to."""

    bundle: Bundle
    revision: Revision


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change does. `ran` counts the messages of each changed flow that were run; `left_out` says why some were
    not."""

    before: str
    after: str
    parts: Sequence[PartChange]
    flows: Sequence[str]
    ran: Mapping[str, int]
    differences: Sequence[MessageDifference]
    left_out: Sequence[str]

    @property
    def breaking(self) -> list[PartChange]:
        """The contracts whose change breaks somebody."""
        return [part for part in self.parts if part.breaks]

    @property
    def harmless(self) -> bool:
        """Whether nobody breaks and every message fares as before."""
        return not self.breaking and not self.differences

    def counts(self, flow: str) -> Mapping[str, int]:
        """How many messages of a flow differ, by what differs."""
        counted = Counter(kind for one in self.differences if one.flow == flow for kind in one.kinds)
        return {kind: counted[kind] for kind in KINDS}

    def as_json(self) -> dict[str, Any]:
        """The plan for a script."""
        return {
            "before": self.before,
            "after": self.after,
            "harmless": self.harmless,
            "parts": [asdict(part) for part in self.parts],
            "flows": {flow: {"messages": self.ran.get(flow, 0), "differ": self.counts(flow)} for flow in self.flows},
            "differences": [
                {"message": one.message, "flow": one.flow, "kinds": sorted(one.kinds), "lines": list(one.lines)}
                for one in self.differences
            ],
            "leftOut": list(self.left_out),
        }


def plan_change(
    old: Side, new: Side, root: Path, records: Records, last: int, progress: Callable[[int, int], None]
) -> Plan:
    """Compare two sides, and run the `last` messages of the flows that have changed through both."""
    parts = part_changes(old.bundle, new.bundle, old.revision, new.revision)
    flows = changed_flows(parts, old.revision, new.revision)
    gathered = [record for flow in flows for record in records(flow)]
    chosen = sorted(gathered, key=lambda record: str(record["receivedAt"]))[-last:]
    found, left_out = rerun(chosen, old.revision, new.revision, root, progress)
    ran = Counter(str(record["channel"]).partition(":")[2] for record in chosen)
    return Plan(old.revision.id, new.revision.id, parts, flows, ran, found, left_out)

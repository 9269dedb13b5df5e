"""What a flow promised of its messages: which milestone must be passed by when, and whether it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.clock import iso
from engine.message import Message


def expectations_of(
    messages: Sequence[Message],
    passed: Mapping[str, float],
    expected: Callable[[str], Sequence[tuple[str, float]]],
    now: float,
) -> list[dict[str, Any]]:
    """Each expectation of a transaction's flows: `met`, `late` (passed after its time), `open` or `missed`.

    `passed` gives when each milestone was passed first. The time counts from the arrival of the flow's first message.
    """
    found: list[dict[str, Any]] = []
    seen: set[tuple[str, str]] = set()
    for message in messages:
        kind, _, flow = message.channel.partition(":")
        for milestone, within in expected(flow) if kind == "flow" else ():
            if (flow, milestone) not in seen:
                seen.add((flow, milestone))
                due = message.received_at + within
                state = _state(passed.get(milestone), due, now)
                found.append({"milestone": milestone, "flow": flow, "due": iso(due), "state": state})
    return found


def missing(expectation: Mapping[str, Any]) -> str | None:
    """The sentence for an expectation that was missed, None for any other."""
    if expectation["state"] != "missed":
        return None
    what = f"milestone '{expectation['milestone']}' of flow {expectation['flow']}"
    return f"{what} was due {expectation['due']} and has not come"


def _state(at: float | None, due: float, now: float) -> str:
    if at is not None:
        return "met" if at <= due else "late"
    return "open" if now <= due else "missed"

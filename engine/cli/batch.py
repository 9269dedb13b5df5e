"""One order on several messages, one after another: what was done is shown, what was refused does not stop the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.cli.listing import print_done
from engine.cli.office import order
from engine.cli.output import Output, note, print_json, progress_bar
from engine.cli.places import Place
from engine.cli.stops import REFUSED, Stop
from engine.errors import CommandRefused

_MANY = 10


def order_each(place: Place, name: str, ids: Sequence[str], given: Mapping[str, Any], *, as_json: bool) -> int:
    """Give the order for each message and print the results; returns the exit code."""
    done: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    with progress_bar(name) as progress:
        for message_id in ids:
            try:
                done.append(order(place, name, {**given, "id": message_id}))
            except (Stop, CommandRefused) as refusal:
                if isinstance(refusal, Stop) and refusal.exit_code != REFUSED:
                    raise
                refused.append({"messageId": message_id, "why": str(refusal)})
            if len(ids) >= _MANY:
                progress(len(done) + len(refused), len(ids))
    if as_json:
        print_json({"done": done, "refused": refused})
    else:
        output = Output()
        for one in done:
            print_done(output, one)
    for one in refused:
        note(f"crossdock: {one['why']}")
    return REFUSED if refused else 0

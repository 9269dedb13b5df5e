"""What the lists of messages share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from engine.cli.output import Output
from engine.cli.stops import counted

F = TypeVar("F", bound=Callable[..., Any])


def limit_option(command: F) -> F:
    """`--limit N`."""
    return click.option(
        "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Show at most so many."
    )(command)


def print_rest(output: Output, shown: int, count: int, noun: str = "message") -> None:
    """How many there are besides those shown."""
    if count > shown:
        output.say(f"the oldest {shown:,} of {counted(count, noun)}; --limit shows more")


def print_done(output: Output, done: Mapping[str, Any]) -> None:
    """What an order did to one message."""
    detail = f" ({done['detail']})" if done.get("detail") else ""
    past = _PAST.get(done["verb"], done["verb"])
    now = f", now {done['state']}" if done["state"] != past else ""
    output.say(f"{done['messageId']}  {past}{now}{detail}")


_PAST = {"resend": "resent", "reprocess": "reprocessed", "release": "released", "discard": "discarded"}

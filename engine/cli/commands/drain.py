"""`crossdock drain`."""

from __future__ import annotations

import time
from collections.abc import Callable

import click

from engine.cli.control_client import is_running
from engine.cli.office import order_running
from engine.cli.options import json_option, workspace_option
from engine.cli.output import Output, busy, print_json
from engine.cli.places import Place
from engine.cli.stops import Stop, counted

_LOOK_EVERY = 0.1


@click.command()
@click.option("--no-wait", is_flag=True, help="Return at once, without waiting for the process to end.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="Seconds to wait for the end."
)
@workspace_option
@json_option
def drain(no_wait: bool, timeout: float, place: Place, as_json: bool) -> None:
    """Let the running process finish its work and stop.

    It takes in nothing new, ends what it has begun, and leaves the rest in the store for the next start.

    \b
    Example:
      crossdock drain --timeout 120
    """
    socket = place.control()
    told = order_running(place, "drain", {})
    running = int(told.get("running", 0))
    ended = False if no_wait else _wait(lambda: is_running(socket), timeout, running)
    if as_json:
        print_json({**told, "ended": ended})
    elif no_wait:
        Output().say(f"it drains: {counted(running, 'message')} in progress")
    else:
        Output().say("the process has finished its work and stopped")


def _wait(running: Callable[[], bool], timeout: float, messages: int) -> bool:
    """Wait for the process to end. Raises Stop when the time is up."""
    deadline = time.monotonic() + timeout
    with busy(f"draining, {counted(messages, 'message')} in progress"):
        while running():
            if time.monotonic() > deadline:
                raise Stop(
                    f"the process still drains after {timeout:g} s",
                    advice="what it has not ended is safe in the store; --timeout waits longer",
                )
            time.sleep(_LOOK_EVERY)
    return True

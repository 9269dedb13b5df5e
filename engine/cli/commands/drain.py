"""`crossdock drain`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from engine.cli.control_client import is_running, left_behind
from engine.cli.office import order_running
from engine.cli.options import json_option, workspace_option
from engine.cli.output import Output, busy, print_json
from engine.cli.places import Place
from engine.cli.proposals import proposed
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
    Where the process crashes or is killed instead, the exit code is 1.

    \b
    Example:
      crossdock drain --timeout 120
    """
    socket = place.control()
    told = order_running(place, "drain", {})
    running = int(told.get("running", 0))
    ended = False if no_wait else _wait(socket, timeout, running, proposed("crossdock status", place))
    if as_json:
        print_json({**told, "ended": ended})
    elif no_wait:
        Output().say(f"it drains: {counted(running, 'message')} in progress")
    else:
        Output().say("the process has finished its work and stopped")


def _wait(socket: Path, timeout: float, messages: int, status: str) -> bool:
    """Wait for the process to end. Raises Stop when the time is up, or it did not end in good order."""
    deadline = time.monotonic() + timeout
    with busy(f"draining, {counted(messages, 'message')} in progress"):
        while is_running(socket):
            if time.monotonic() > deadline:
                raise Stop(
                    f"the process still drains after {timeout:g} s",
                    advice="what it has not ended is safe in the store; --timeout waits longer",
                )
            time.sleep(_LOOK_EVERY)
    if left_behind(socket):
        raise Stop(
            "the process ended before it had finished its work: it crashed or was killed",
            advice="what it had taken in is safe in the store and goes on at the next start; its log says why it "
            f"ended, and '{status}' what it left",
        )
    return True

"""Asks the running process over its control socket (see `engine.runtime.control` for the lines that are exchanged)."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.cli.stops import Stop, Unusable

Progress = Callable[[int, int], None]
_CONNECT_SECONDS = 5.0


class NobodyThere(Exception):
    """No process answers on the socket."""


def ask(path: Path, order: str, given: Mapping[str, Any], progress: Progress) -> Any:
    """The result of an order. Raises NobodyThere, or Stop with what the process said against it."""
    with closing(_connected(path)) as connection:
        connection.settimeout(None)  # an order such as a replay may take long; progress tells
        try:
            connection.sendall(json.dumps({"order": order, "given": given}).encode() + b"\n")
            for answer in _lines(connection):
                if "progress" in answer:
                    progress(*answer["progress"])
                elif "error" in answer:
                    raise _stopped(answer)
                else:
                    return answer["result"]
        except OSError as error:
            raise Stop(f"the connection to the running process broke: {error}", advice=_AFTER_BREAK) from error
    raise Stop("the running process ended before it answered", advice=_AFTER_BREAK)


_AFTER_BREAK = "look with 'crossdock trace' whether the order was carried out before you give it again"


def _connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_CONNECT_SECONDS)
    try:
        connection.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError) as error:
        connection.close()
        raise NobodyThere(str(path)) from error
    except PermissionError as error:
        connection.close()
        raise Stop(
            f"the control socket {path} belongs to another user",
            advice="run this command as the user who started 'crossdock run'",
        ) from error
    except OSError as error:
        connection.close()
        raise Stop(f"the control socket {path} cannot be reached: {error}") from error
    return connection


def _lines(connection: socket.socket) -> Iterator[dict[str, Any]]:
    with connection.makefile("rb") as reader:
        for line in reader:
            yield json.loads(line)


def _stopped(answer: Mapping[str, Any]) -> Stop:
    findings = "".join(f"\n  {finding}" for finding in answer.get("findings") or ())
    broken = answer.get("violations") or ()
    violations = "".join(f"\n  {one.get('message') or one.get('path')}" for one in broken if len(broken) > 1)
    if findings:
        return Unusable(f"{answer['error']}{findings}", advice="the old revision runs on; mend them and try again")
    return Stop(f"{answer['error']}{violations}")


def left_behind(path: Path) -> bool:
    """Whether a process that is gone left its socket there: one that ends in good order takes it away."""
    return path.exists() and not is_running(path)


def is_running(path: Path) -> bool:
    """Whether a process listens on the socket."""
    try:
        _connected(path).close()
    except NobodyThere:
        return False
    return True

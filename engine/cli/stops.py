"""How a command ends early: one or two plain sentences on stderr, and an exit code that scripts can tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from engine.cli.plain import harmless
from engine.errors import (
    CommandRefused,
    ConfigurationError,
    CrossdockError,
    PluginError,
    RefUnreadable,
    StoreIncompatible,
    StoreLocked,
    StoreUnavailable,
)

OK = 0
REFUSED = 1
"""The command was refused, or found something wrong."""
UNUSABLE = 2
"""Wrong usage, or a workspace that cannot be used."""
NOT_RUNNING = 3
"""The command needs a running process, and there is none."""

MISSING = frozenset({"XD501", "XD502"})
"""Findings of values that the environment lacks."""


class Stop(click.ClickException):
    """The command was refused; `advice` says what to do next."""

    exit_code = REFUSED

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice

    def show(self, file: IO[Any] | None = None) -> None:
        """Both sentences on stderr."""
        click.echo(harmless(f"crossdock: {self.message}"), file=file, err=file is None)
        if self.advice:
            click.echo(harmless(self.advice), file=file, err=file is None)


class Unusable(Stop):
    """Wrong usage, or a workspace that cannot be used."""

    exit_code = UNUSABLE


class NotRunning(Stop):
    """The command needs a running process."""

    exit_code = NOT_RUNNING


@contextmanager
def explained() -> Iterator[None]:
    """Every error that the engine raises on purpose becomes a Stop; anything else is a fault and shows itself."""
    try:
        yield
    except ConfigurationError as error:
        raise _unusable(error) from error
    except CommandRefused as error:
        raise Stop(str(error)) from error
    except StoreLocked as error:
        raise Stop(str(error), advice="'crossdock drain' ends it in good order, 'crossdock status' shows it") from error
    except StoreIncompatible as error:
        raise Unusable(str(error)) from error
    except StoreUnavailable as error:
        raise Stop(f"the message store cannot be used: {error}", advice="nothing was changed; try again") from error
    except (PluginError, RefUnreadable) as error:
        raise Unusable(str(error)) from error
    except CrossdockError as error:
        raise Stop(str(error)) from error


def _unusable(error: ConfigurationError) -> Unusable:
    lines = [str(finding) for finding in error.findings]
    missing = all(getattr(finding, "code", "") in MISSING for finding in error.findings)
    return Unusable(
        f"the workspace has {counted(len(lines), 'error')}\n" + "\n".join(f"  {line}" for line in lines),
        advice="set them, or start with --sandbox, which needs none"
        if missing
        else "mend them; 'crossdock lint' checks without starting anything",
    )


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`; thousands are set apart."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

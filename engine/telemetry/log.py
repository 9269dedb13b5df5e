"""Structured logs: one JSON object a line for programs, one plain line for a terminal. Secrets never get in."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

from engine.clock import Clock, iso
from engine.ids import id_text

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Log:
    """Writes events with facts. `message` facts that are ids are written as people see them."""

    def __init__(
        self,
        clock: Clock,
        *,
        stream: TextIO | None = None,
        as_json: bool = False,
        level: str = "info",
        redact: Callable[[str], str] = lambda text: text,
    ) -> None:
        self._clock = clock
        self._stream = stream if stream is not None else sys.stderr
        self._as_json = as_json
        self._least = _LEVELS[level]
        self._redact = redact

    def adopt_redaction(self, redact: Callable[[str], str]) -> None:
        """Hide another set of secrets from now on."""
        self._redact = redact

    def debug(self, event: str, **facts: Any) -> None:
        self._write("debug", event, facts)

    def info(self, event: str, **facts: Any) -> None:
        self._write("info", event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        self._write("warning", event, facts)

    def error(self, event: str, **facts: Any) -> None:
        self._write("error", event, facts)

    def exception(self, event: str, error: BaseException, **facts: Any) -> None:
        """An error with where it was raised."""
        traceback = error.__traceback__
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        where = f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback is not None else ""
        self._write("error", event, {**facts, "error": f"{type(error).__name__}: {error}", "at": where})

    def _write(self, level: str, event: str, facts: dict[str, Any]) -> None:
        if _LEVELS[level] < self._least:
            return
        if isinstance(facts.get("message"), int):
            facts["message"] = id_text(facts["message"])
        at = iso(self._clock.now())
        if self._as_json:
            line = json.dumps({"at": at, "level": level, "event": event, **facts}, default=str)
        else:
            line = " ".join([at[11:19], level, event, *(f"{name}={value}" for name, value in facts.items())])
        with suppress(OSError):  # a terminal that was closed takes no line; the work goes on
            print(self._redact(line), file=self._stream, flush=True)


class LogHandler(logging.Handler):
    """Brings what libraries and plugins log through `logging` into the engine's log."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= 40 else "warning" if record.levelno >= 30 else "info"
        getattr(self._log, level)(record.name, detail=record.getMessage())

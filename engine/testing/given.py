"""What a case gives and expects, as the engine takes it: bytes, documents and epoch seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine import exact_json
from engine.config.models.tests import STARTS_AT, ArrivalModel, FlowGivenModel
from engine.config.tree import plain
from engine.testing.documents import CaseFiles


def starts_at(given: datetime | None) -> float:
    """The time of a case."""
    return (given or datetime.fromisoformat(STARTS_AT)).timestamp()


def times_of(given: FlowGivenModel) -> tuple[float, ...]:
    """When each message of a flow case comes in: the earlier ones, then the message itself."""
    times = [starts_at(given.at)]
    for earlier in reversed(given.earlier):
        times.append(earlier.at.timestamp() if earlier.at is not None else times[-1])
    return tuple(reversed(times))


def body_of(given: ArrivalModel, files: CaseFiles) -> bytes:
    """A raw payload: a file's bytes, a text as it is, or a document as JSON."""
    if given.file is not None:
        return files.content(given.file)
    value = plain(given.payload)
    return value.encode() if isinstance(value, str) else exact_json.encode(value)


def document_of(given: ArrivalModel, files: CaseFiles) -> Any:
    """A canonical payload."""
    return expected_document(given.payload, given.file, files)


def expected_document(value: Any, file: str | None, files: CaseFiles) -> Any:
    """A document that stands in the case or in a file."""
    return files.document(file) if file is not None else plain(value)

"""How a trial of a mapping is told: documents as JSON that is exact to the digit, and verdicts in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from engine import exact_json
from engine.cli.stops import counted
from engine.contracts.violations import Violation
from engine.flow.subjects import Subject
from engine.flow.trial import Failure, Sample, Trial
from engine.jsonata import MISSING

NOTHING = "nothing"


def exact_text(value: Any, *, indent: int = -1) -> str:
    """A value as JSON with every digit as it is, on one line or indented; MISSING as `nothing`."""
    if value is MISSING:
        return NOTHING
    return msgspec.json.format(exact_json.encode(value), indent=indent).decode()


def verdicts(subject: Subject, sample: Sample, trials: Sequence[Trial]) -> Iterator[str]:
    """What is right or wrong with the input and with what was made of it, a sentence each."""
    if sample.unreadable:
        yield f"the input cannot be read: {sample.unreadable}"
    if sample.violations and subject.given is not None:
        yield from _broken("the input", subject.given.name, sample.violations)
    if sample.failure is not None:
        yield str(sample.failure)
    if subject.items is not None and sample.holds:
        yield f"{counted(len(trials), 'document')} in the input"
    for number, trial in enumerate(trials, 1):
        name = "the output" if len(trials) == 1 else f"output {number}"
        yield from _verdict(subject, trial, name)


def _verdict(subject: Subject, trial: Trial, name: str) -> Iterator[str]:
    if trial.failure is not None:
        yield str(trial.failure)
    elif not trial.taken:
        yield f"{name}: none, for the event's 'when' does not take this document"
    elif trial.output is MISSING:
        yield f"{name}: the mapping yields nothing"
    elif subject.makes is None:
        yield f"{name}: there is no contract to check it against"
    elif trial.violations:
        yield from _broken(name, subject.makes.name, trial.violations)
    else:
        yield f"{name} is a valid {subject.makes.name}"


def _broken(what: str, contract: str, violations: Sequence[Violation]) -> Iterator[str]:
    yield f"{what} breaks {contract} in {counted(len(violations), 'place')}"
    for violation in violations:
        yield f"  {violation.message}"


def trial_json(subject: Subject, sample: Sample, trials: Sequence[Trial]) -> dict[str, Any]:
    """The same for scripts. A result that is not there has no key `output`."""
    return {
        "mapping": subject.name,
        "kind": subject.kind,
        "file": subject.file,
        "valid": sample.holds and all(trial.holds for trial in trials),
        "input": {
            "violations": [asdict(violation) for violation in sample.violations],
            "error": sample.unreadable or failure_json(sample.failure),
        },
        "contract": subject.makes.name if subject.makes is not None else None,
        "documents": [_document_json(trial) for trial in trials],
    }


def _document_json(trial: Trial) -> dict[str, Any]:
    output = {} if trial.output is MISSING else {"output": trial.output}
    return {
        "taken": trial.taken,
        **output,
        "violations": [asdict(violation) for violation in trial.violations],
        "error": failure_json(trial.failure),
    }


def failure_json(failure: Failure | None) -> dict[str, Any] | None:
    """A failure for scripts."""
    return asdict(failure) if failure is not None else None

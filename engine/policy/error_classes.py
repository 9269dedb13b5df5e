"""The closed list of error classes: what each means, whether it is worth another try, and what a person should do.

One table declares them. Retry rules, breakers, dead letters and the reference page read it; nothing else lists classes.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ErrorClass:
    """One class of failure.

    `retryable`: another try without a person may succeed. `outcome_unknown`: the effect may have happened although no
    usable answer came, so `confirm` is asked before any second try. `trips_breaker`: counts as a failure of the target
    itself, not of what was sent to it. `suggested_action` is shown to an operator on a dead letter.
    """

    name: str
    meaning: str
    retryable: bool
    suggested_action: str
    outcome_unknown: bool = False
    trips_breaker: bool = False


_DECLARED = (
    ErrorClass(
        "transient",
        "the system could not be reached or says that it is briefly unable to answer",
        retryable=True,
        trips_breaker=True,
        suggested_action="check that the system is up, then resend; nothing needs to be changed in the message",
    ),
    ErrorClass(
        "timeout",
        "the request left and no answer came in time; whether it took effect is unknown",
        retryable=True,
        outcome_unknown=True,
        trips_breaker=True,
        suggested_action="look in the system whether the request took effect; resend if not (the same key is used), "
        "else discard with that reason",
    ),
    ErrorClass(
        "rate-limited",
        "the system refuses because too much was sent to it",
        retryable=True,
        suggested_action="lower the system's declared rate or ask its owner for a higher quota, then replay slowly",
    ),
    ErrorClass(
        "authentication",
        "the system does not accept our credentials or our rights",
        retryable=True,
        suggested_action="renew the system's credentials or rights, then resend",
    ),
    ErrorClass(
        "data",
        "the message breaks a contract: a field is missing, malformed or not mapped",
        retryable=False,
        suggested_action="correct the data at its source, the code table or the mapping, then reprocess",
    ),
    ErrorClass(
        "business",
        "the system understood the request and refuses it by a business rule",
        retryable=False,
        suggested_action="have the owner decide the case in the system that refused, then reprocess or discard",
    ),
    ErrorClass(
        "not-found",
        "a record that the message refers to is not there, perhaps not yet",
        retryable=True,
        suggested_action="see whether the record it refers to was created or failed earlier; then resend",
    ),
    ErrorClass(
        "conflict",
        "the record was changed by someone else, or the message came out of order",
        retryable=True,
        suggested_action="compare the record with the message; reprocess to build the request from its present state",
    ),
    ErrorClass(
        "permanent",
        "the request can never succeed as it is: a wrong address, method, or an unsupported feature",
        retryable=False,
        suggested_action="correct the configuration of the system or flow, then reprocess with the new revision",
    ),
    ErrorClass(
        "unknown",
        "no declared rule says what this failure is",
        retryable=True,
        outcome_unknown=True,
        trips_breaker=True,
        suggested_action="read the last reply, add a rule for it under the system's errors, then resend",
    ),
)

ERROR_CLASSES: Mapping[str, ErrorClass] = MappingProxyType({declared.name: declared for declared in _DECLARED})


def error_class(name: str) -> ErrorClass:
    """The declared class of that name; `ValueError` with the nearest right name when there is none."""
    found = ERROR_CLASSES.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, ERROR_CLASSES, n=1)
    hint = f"; did you mean {near[0]!r}" if near else ""
    raise ValueError(f"expected an error class ({', '.join(ERROR_CLASSES)}), got {name!r}{hint}")

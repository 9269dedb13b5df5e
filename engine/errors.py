"""The exceptions of the engine, chosen by what one does about them.

CrossdockError
├── ConfigurationError      fix the workspace; carries every finding at once
├── Refused                 the sender is told why, in a problem document (RFC 9457)
│   ├── Unauthentic         401: the signature, token or password does not hold
│   ├── InvalidInput        400 or 422: the payload cannot be read, or breaks its contract
│   ├── KeyConflict         422: the idempotency key was used with another body
│   ├── TooLarge            413: the payload is over its limit
│   └── Overloaded          503: come back after `retry_after` seconds
├── StepFailed              a step or a request failed; its class decides whether it is tried again
│   └── OutcomeUnknown      the request may have been carried out; ask before trying again
├── RefUnreadable           there is no such commit, or no git: name another
├── PluginError             a connector or codec could not be set up
│   └── CodecError          bytes that are not what their codec says
├── StoreError
│   ├── StoreUnavailable    try again: disk full, lock, lost connection
│   ├── StoreLocked         another process runs on this store
│   ├── StoreIncompatible   the store is newer than the program, or belongs to another workspace
│   └── LeaseLost           somebody else settled the message; drop the work
└── CommandRefused          an operator's command does not fit the message's state
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class CrossdockError(Exception):
    """The root of everything the engine raises on purpose."""


class ConfigurationError(CrossdockError):
    """The workspace cannot be used. `findings` holds every finding, in file order."""

    def __init__(self, findings: Sequence[Any]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


class RefUnreadable(CrossdockError):
    """There is no such commit, or the folder is in no git repository, or there is no git."""


class Refused(CrossdockError):
    """Input that is not taken. `status` is the HTTP status, `title` names the kind, `detail` the case.

    `code` is stable for programs; `violations` lists `{path, rule, expected, found}` of a broken contract. `kept_as` is
    the id under which the input lies in the invalid channel, where it was kept.
    """

    status = 400
    title = "the message was refused"

    def __init__(self, detail: str, *, code: str = "refused", violations: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.violations = tuple(violations)
        self.kept_as: str | None = None


class Unauthentic(Refused):
    """The sender could not be verified."""

    status = 401
    title = "the sender could not be verified"


class InvalidInput(Refused):
    """The payload cannot be read or breaks its contract; it is kept in the invalid channel."""

    status = 422
    title = "the payload is not valid"


class KeyConflict(Refused):
    """An idempotency key came again with another body."""

    status = 422
    title = "the idempotency key was used with another body"


class TooLarge(Refused):
    """The payload is over the limit declared for its source."""

    status = 413
    title = "the payload is too large"


class Overloaded(Refused):
    """A limit of memory, disk or backlog is near; nothing was stored."""

    status = 503
    title = "the engine takes no more messages just now"

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail, code="overloaded")
        self.retry_after = retry_after


class StepFailed(CrossdockError):
    """A step or a request failed.

    `error_class` is one of the classes of `engine.policy.error_classes`; `reason` is a short stable name such as
    `credit-hold`; `owner` is the team that repairs it; `retry_after` is the peer's own wish in seconds.
    """

    def __init__(
        self,
        detail: str,
        *,
        error_class: str,
        reason: str,
        owner: str | None = None,
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.error_class = error_class
        self.reason = reason
        self.owner = owner
        self.retry_after = retry_after
        self.details: Mapping[str, Any] = details or {}


class OutcomeUnknown(StepFailed):
    """The request left, and no answer came: it may have been carried out."""

    def __init__(self, detail: str, *, reason: str = "no-answer") -> None:
        super().__init__(detail, error_class="unknown", reason=reason)


class PluginError(CrossdockError):
    """A connector or codec could not be set up or used."""


class CodecError(PluginError):
    """Bytes that are not what their codec says; `position` is a byte offset or a `line 3, column 9`."""

    def __init__(self, detail: str, *, position: str = "") -> None:
        super().__init__(f"{detail} at {position}" if position else detail)
        self.detail = detail
        self.position = position


class StoreError(CrossdockError):
    """The message store could not do what it was asked."""


class StoreUnavailable(StoreError):
    """Nothing was written; the same call may work later."""


class StoreLocked(StoreError):
    """Another process holds the store."""


class StoreIncompatible(StoreError):
    """The store is newer than this program, or belongs to another workspace."""


class LeaseLost(StoreError):
    """The message is no longer ours: its lease ended or an operator settled it."""


class CommandRefused(CrossdockError):
    """An operator's command does not fit the state of the message; the sentence says which commands do."""

"""The control endpoint of the stand-ins from the outside: for the CLI and for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from engine import exact_json
from engine.errors import CrossdockError


class SandboxRefused(CrossdockError):
    """The stand-ins could not be reached, or do not do what they were asked."""


class SandboxControl:
    """Asks and steers the stand-ins that listen for control at `url`. Faults are written as in a sandbox file."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self._url = url.rstrip("/") + "/_sandbox"
        self._timeout = timeout

    def overview(self) -> dict[str, Any]:
        """The hub's address, and address and answers of every stand-in."""
        return self._ask("GET", "")

    def set_hub(self, url: str) -> None:
        """Send events to another address from now on."""
        self._ask("PUT", "/hub", {"url": url})

    def set_workspace(self, bundle: bytes) -> dict[str, str]:
        """Serve the stand-ins of these files from now on (a zip of them); returns all base addresses by system."""
        return dict(self._ask("PUT", "/workspace", bundle)["addresses"])

    def faults(self, system: str) -> list[dict[str, Any]]:
        """The faults that have not ended, and how often each has happened."""
        return list(self._ask("GET", f"/{system}/faults")["faults"])

    def set_faults(self, system: str, *faults: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Set these faults in place of all others; none ends them all."""
        return list(self._ask("PUT", f"/{system}/faults", {"faults": list(faults)})["faults"])

    def add_fault(self, system: str, fault: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Set one more fault."""
        return list(self._ask("POST", f"/{system}/faults", fault)["faults"])

    def ledger(self, system: str, **selection: str | int) -> list[dict[str, Any]]:
        """Lines of the ledger, oldest first; select by `operation`, `key`, `after` (a line's number) and `limit`."""
        return list(self.counted_ledger(system, **selection)["entries"])

    def counted_ledger(self, system: str, **selection: str | int) -> dict[str, Any]:
        """The same as `entries`; `count` says how many there are without the limit, `effects` how many had one."""
        return self._ask("GET", f"/{system}/ledger{_query(selection)}")

    def effects(self, system: str, **selection: str | int) -> list[dict[str, Any]]:
        """The lines of requests that had their effect."""
        return [entry for entry in self.ledger(system, **selection) if entry["applied"]]

    def requests(self, system: str, **selection: str | int) -> list[dict[str, Any]]:
        """The requests with headers and body; select as in `ledger`."""
        return list(self._ask("GET", f"/{system}/requests{_query(selection)}")["requests"])

    def state(self, system: str) -> dict[str, Any]:
        """The state as it is now."""
        return self._ask("GET", f"/{system}/state")

    def patch_state(self, system: str, patch: Mapping[str, Any]) -> dict[str, Any]:
        """Change the state by a merge patch; returns what it is then."""
        return self._ask("PATCH", f"/{system}/state", patch)

    def events(self, system: str) -> list[dict[str, Any]]:
        """The events that followed from answers, and what became of them."""
        return list(self._ask("GET", f"/{system}/events")["events"])

    def emit(self, system: str, event: str, body: Any, **more: Any) -> dict[str, Any]:
        """Send an event now, signed; returns `outcome`, `status` and `body` of the hub's answer, and the event's `id`.

        `headers` and `path` may be given as in `emits`.
        """
        return self._ask("POST", f"/{system}/emit", {"event": event, "body": body, **more})

    def reset(self, system: str) -> None:
        """Back to the declared state and faults, with an empty ledger."""
        self._ask("POST", f"/{system}/reset")

    def _ask(self, method: str, path: str, document: Any = None) -> dict[str, Any]:
        data = document if document is None or isinstance(document, bytes) else exact_json.encode(document)
        request = Request(self._url + path, data=data, method=method)
        try:
            with urlopen(request, timeout=self._timeout) as response:
                answer = exact_json.decode(response.read())
        except HTTPError as error:
            raise SandboxRefused(_detail(error.read()) or f"the stand-ins answered {error.code}") from None
        except (URLError, OSError) as error:
            raise SandboxRefused(f"the stand-ins cannot be reached at {self._url}: {error}") from None
        return dict(answer)


def _query(selection: Mapping[str, str | int]) -> str:
    return f"?{urlencode(selection)}" if selection else ""


def _detail(body: bytes) -> str:
    try:
        return str(exact_json.decode(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return ""

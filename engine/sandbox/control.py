"""The control endpoint of the stand-ins: faults, ledger, state and events of each, for tests and for the CLI."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, Field

from engine import exact_json
from engine.clock import Clock
from engine.config.files import Bundle, BundleUnreadable
from engine.config.findings import Findings, did_you_mean
from engine.config.models.base import ConfigModel
from engine.config.models.sandbox import FaultModel
from engine.config.parse import parse_model
from engine.config.tree import plain
from engine.config.yaml import load_yaml
from engine.errors import ConfigurationError
from engine.sandbox.emitter import Emitter, Hub
from engine.sandbox.entries import Emission, problem
from engine.sandbox.peer import Peer
from engine.sandbox.stand_in import body_bytes

PREFIX = "/_sandbox"
LARGEST_WORKSPACE = 256 * 1024 * 1024

M = TypeVar("M", bound=BaseModel)


class FaultList(ConfigModel):
    """The body of `PUT …/faults`."""

    faults: tuple[FaultModel, ...]


class HubAddress(ConfigModel):
    """The body of `PUT …/hub`."""

    url: str


class EventToTell(ConfigModel):
    """The body of `POST …/emit`: an event to be signed and sent as if it had happened at the system."""

    event: str
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    path: str | None = None


class Control:
    """Answers for all stand-ins of the process. `take` serves those of another workspace; see `SandboxServer.take`."""

    def __init__(
        self,
        peers: Mapping[str, Peer],
        emitters: Mapping[str, Emitter],
        hub: Hub,
        clock: Clock,
        take: Callable[[Bundle], Awaitable[None]],
    ) -> None:
        self._peers = peers
        self._emitters = emitters
        self._hub = hub
        self._clock = clock
        self._take = take

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(middlewares=[_as_problem], client_max_size=LARGEST_WORKSPACE)
        system = PREFIX + "/{system}"
        app.add_routes(
            [
                web.get(PREFIX, self._overview),
                web.put(f"{PREFIX}/hub", self._set_hub),
                web.put(f"{PREFIX}/workspace", self._set_workspace),
                web.get(f"{system}/faults", self._faults),
                web.put(f"{system}/faults", self._set_faults),
                web.post(f"{system}/faults", self._add_fault),
                web.delete(f"{system}/faults", self._clear_faults),
                web.get(f"{system}/ledger", self._ledger),
                web.get(f"{system}/requests", self._requests),
                web.get(f"{system}/state", self._state),
                web.patch(f"{system}/state", self._patch_state),
                web.get(f"{system}/events", self._events),
                web.post(f"{system}/emit", self._emit),
                web.post(f"{system}/reset", self._reset),
            ]
        )
        return app

    async def _overview(self, request: web.Request) -> web.Response:
        systems = {
            name: {"url": peer.url, "answers": [f"{one.route} ({one.name})" for one in peer.stand_in.compiled.answers]}
            for name, peer in sorted(self._peers.items())
        }
        return _json({"hub": self._hub.url, "systems": systems})

    async def _set_hub(self, request: web.Request) -> web.Response:
        self._hub.url = (await _parsed(request, HubAddress)).url
        for emitter in self._emitters.values():
            emitter.wake()
        return _json({"hub": self._hub.url})

    async def _set_workspace(self, request: web.Request) -> web.Response:
        """The files are those of a bundle, as a zip."""
        try:
            await self._take(Bundle.from_bytes(await request.read()))
        except BundleUnreadable as error:
            raise _refused(str(error), 400) from None
        except ConfigurationError as error:
            raise _refused(str(error), findings=[str(finding) for finding in error.findings]) from None
        return _json({"addresses": {name: peer.url for name, peer in sorted(self._peers.items())}})

    async def _faults(self, request: web.Request) -> web.Response:
        return _json({"faults": self._peer(request).stand_in.faults.as_json()})

    async def _set_faults(self, request: web.Request) -> web.Response:
        peer = self._peer(request)
        faults = (await _parsed(request, FaultList)).faults
        _check_matches(peer, faults)
        peer.stand_in.faults.replace(faults)
        await peer.follow_faults()
        return await self._faults(request)

    async def _add_fault(self, request: web.Request) -> web.Response:
        peer = self._peer(request)
        fault = await _parsed(request, FaultModel)
        _check_matches(peer, (fault,))
        peer.stand_in.faults.add(fault)
        await peer.follow_faults()
        return await self._faults(request)

    async def _clear_faults(self, request: web.Request) -> web.Response:
        peer = self._peer(request)
        peer.stand_in.faults.replace(())
        await peer.follow_faults()
        return await self._faults(request)

    async def _ledger(self, request: web.Request) -> web.Response:
        store, selection = self._peer(request).stand_in.store, _selection(request)
        entries = store.ledger(**selection)
        count, effects = store.count(**{name: value for name, value in selection.items() if name != "limit"})
        return _json({"entries": entries, "count": count, "effects": effects})

    async def _requests(self, request: web.Request) -> web.Response:
        return _json({"requests": self._peer(request).stand_in.store.requests(**_selection(request))})

    async def _state(self, request: web.Request) -> web.Response:
        return _json(self._peer(request).stand_in.store.state)

    async def _patch_state(self, request: web.Request) -> web.Response:
        store = self._peer(request).stand_in.store
        patch = await _document(request)
        if not isinstance(patch, dict):
            raise _refused("expected a mapping of changes to the state")
        store.patch(patch)
        return _json(store.state)

    async def _events(self, request: web.Request) -> web.Response:
        return _json({"events": self._peer(request).stand_in.store.emissions()})

    async def _emit(self, request: web.Request) -> web.Response:
        """Send an event now and say what the hub answered."""
        peer = self._peer(request)
        asked = await _parsed(request, EventToTell)
        event = peer.stand_in.compiled.events.get(asked.event)
        if event is None:
            events = peer.stand_in.compiled.events
            known, near = ", ".join(events) or "none", _nearest(asked.event, events)
            raise _refused(f"expected an event that the system sends over HTTP ({known}), got '{asked.event}'{near}")
        headers = {"Content-Type": event.content_type, **asked.headers}
        body = body_bytes(plain(asked.body), event.content_type)
        emission = Emission(event.name, str(uuid.uuid4()), self._clock.now(), asked.path or event.path, headers, body)
        told = await self._emitters[peer.stand_in.name].tell(emission)
        return _json({"outcome": told.outcome, "status": told.status, "body": told.body, "id": emission.event_id})

    async def _reset(self, request: web.Request) -> web.Response:
        peer = self._peer(request)
        peer.stand_in.reset()
        await peer.follow_faults()
        return _json({"reset": peer.stand_in.name})

    def _peer(self, request: web.Request) -> Peer:
        name = request.match_info["system"]
        if name not in self._peers:
            raise _refused(
                f"expected one of {', '.join(sorted(self._peers))}, got '{name}'{_nearest(name, self._peers)}", 404
            )
        return self._peers[name]


class _Refused(Exception):
    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.document = problem(status, "the request cannot be carried out", detail, **more)
        self.status = status


def _refused(detail: str, status: int = 422, **more: Any) -> _Refused:
    return _Refused(status, detail, **more)


@web.middleware
async def _as_problem(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except _Refused as error:
        return _json(error.document, error.status, "application/problem+json")
    return response


def _check_matches(peer: Peer, faults: tuple[FaultModel, ...]) -> None:
    names = {answer.name for answer in peer.stand_in.compiled.answers} | {"token"}
    for fault in faults:
        if fault.match is not None and fault.match not in names:
            near = _nearest(fault.match, names)
            raise _refused(f"'match': expected one of {', '.join(sorted(names))}, got '{fault.match}'{near}")


def _nearest(name: str, names: Iterable[str]) -> str:
    hint = did_you_mean(name, names)
    return f"; {hint}" if hint else ""


async def _document(request: web.Request) -> Any:
    try:
        return exact_json.decode(await request.read())
    except ValueError as error:
        raise _refused(f"expected JSON, found a body that is none ({error})", 400) from None


async def _parsed(request: web.Request, model: type[M]) -> M:
    """The model in a request's body, which is JSON or YAML; findings are the answer when it does not fit."""
    findings = Findings()
    node = load_yaml(await request.read(), "body", findings)
    parsed = parse_model(model, node, findings) if node is not None else None
    if parsed is None or findings.has_errors:
        raise _refused(str(next(iter(findings))), findings=[finding.as_json() for finding in findings])
    return parsed


def _selection(request: web.Request) -> dict[str, Any]:
    query = request.query
    selection: dict[str, Any] = {name: query[name] for name in ("operation", "key") if name in query}
    for name in ("after", "limit"):
        if name in query:
            if not query[name].isdigit():
                raise _refused(f"'{name}': expected a number, got '{query[name]}'")
            selection[name] = int(query[name])
    return selection


def _json(document: Any, status: int = 200, content_type: str = "application/json") -> web.Response:
    return web.Response(status=status, body=exact_json.encode(document), content_type=content_type)

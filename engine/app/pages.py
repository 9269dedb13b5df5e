"""The pages that a running process serves beside the events of its workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engine import exact_json
from engine.errors import CommandRefused
from engine.plugin import HEALTH_PAGE, MESSAGE_PAGE, Answer, Page
from engine.recovery.orders import Office
from engine.runtime.engine import Engine


class Served(Protocol):
    """The process that the pages are about; they are asked only when it has started."""

    @property
    def engine(self) -> Engine: ...
    @property
    def office(self) -> Office: ...


class Pages:
    """The page of health and the page of a message."""

    def __init__(self, process: Served) -> None:
        self._process = process

    def by_name(self) -> dict[str, Page]:
        return {HEALTH_PAGE: self._health, MESSAGE_PAGE: self._message}

    async def _health(self, given: Mapping[str, str]) -> Answer:
        engine = self._process.engine
        refusal = engine.health.refusal()
        body = {"status": "ok" if refusal is None else "refusing", "revision": engine.revisions.active.id}
        if refusal is not None:
            body["reason"] = str(refusal)
        return Answer(200 if refusal is None else 503, exact_json.encode(body))

    async def _message(self, given: Mapping[str, str]) -> Answer:
        """The status of a message for the caller that sent it: no payloads, no inner workings."""
        office = self._process.office
        try:
            message = await office.commands.message(given["id"])
        except CommandRefused as refused:
            problem = {"type": "about:blank", "title": "no such message", "status": 404, "detail": str(refused)}
            return Answer(404, exact_json.encode(problem), "application/problem+json")
        body: dict[str, Any] = {
            "id": given["id"],
            "state": message.state.value,
            "correlation_id": message.correlation_id,
        }
        answer = await office.store.answer(message.id)
        if answer is not None:
            body["answer"] = exact_json.decode(answer)["body"]
        return Answer(200, exact_json.encode(body))

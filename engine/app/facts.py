"""What a running process says of itself: when it has started, and whenever it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.app.stand_ins import StandIns
from engine.clock import iso
from engine.flow.compiled import Revision
from engine.recovery.orders import ORDERS, Office
from engine.runtime.engine import Engine


def started(revision: Revision, engine: Engine, stand_ins: StandIns) -> dict[str, Any]:
    """The facts of a start, without the places where things lie."""
    addresses = addresses_of(engine)
    return {
        "workspace": revision.workspace.name,
        "revision": revision.id,
        "address": addresses[0] if addresses else None,
        "flows": len(revision.flows),
        "systems": len(revision.systems),
        "sandbox": dict(stand_ins.addresses),
        "sandboxControl": stand_ins.control_url,
    }


async def status(engine: Engine, office: Office, now: float, stand_ins: StandIns) -> dict[str, Any]:
    """What runs, what waits, what is broken."""
    revision = engine.revisions.active
    refusal = engine.health.refusal()
    counts = await ORDERS["counts"](office, {}, lambda done, whole: None)
    return {
        "workspace": revision.workspace.name,
        "revision": revision.id,
        "accepting": refusal is None,
        "refusal": str(refusal) if refusal is not None else None,
        "running": engine.dispatcher.running,
        "inMemory": engine.dispatcher.in_memory,
        "addresses": addresses_of(engine),
        "systems": _systems(engine, now),
        "sandboxControl": stand_ins.control_url,
        **counts,
    }


def addresses_of(engine: Engine) -> Sequence[str]:
    """Where the process answers HTTP."""
    return [f"http://{host}:{port}" for host, port in engine.addresses]


def _systems(engine: Engine, now: float) -> list[dict[str, Any]]:
    systems: list[dict[str, Any]] = []
    for name, gateway in engine.gateways.items():
        paused = gateway.paused_until(now)
        systems.append(
            {
                "system": name,
                "breaker": gateway.state,
                "pausedUntil": iso(paused[0]) if paused is not None else None,
                "why": paused[1] if paused is not None else None,
            }
        )
    return systems

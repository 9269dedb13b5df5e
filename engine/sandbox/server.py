"""All stand-ins of a workspace in one process, each on a port of its own, and the control endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from engine.clock import Clock
from engine.sandbox.compiled import CompiledStandIn
from engine.sandbox.control import Control
from engine.sandbox.emitter import Emitter, Hub
from engine.sandbox.peer import Peer
from engine.sandbox.peer_store import PeerStore
from engine.sandbox.stand_in import StandIn


class SandboxServer:
    """Serves stand-ins. `port_base` is the control port, the systems follow in order of name; 0 takes free ports."""

    def __init__(
        self, stand_ins: Sequence[CompiledStandIn], folder: Path, hub: str, clock: Clock, *, port_base: int = 0
    ) -> None:
        self._host = "127.0.0.1"
        self._port = port_base
        self._stores: list[PeerStore] = []
        self.peers: dict[str, Peer] = {}
        self._emitters: dict[str, Emitter] = {}
        address = Hub(hub)
        for index, compiled in enumerate(sorted(stand_ins, key=lambda one: one.system)):
            store = PeerStore(folder / f"{compiled.system}.db", compiled.state)
            emitter = Emitter(store, compiled.events, address, clock)
            port = port_base + 1 + index if port_base else 0
            self._stores.append(store)
            self._emitters[compiled.system] = emitter
            self.peers[compiled.system] = Peer(StandIn(compiled, store, clock), clock, self._host, port, emitter.wake)
        control = Control(self.peers, self._emitters, address, clock)
        self._runner = web.AppRunner(control.application(), access_log=None, shutdown_timeout=0.5)
        self.control_url = ""

    async def start(self) -> None:
        """Listen on all ports; the addresses are known when this returns."""
        for peer in self.peers.values():
            await peer.start()
        for emitter in self._emitters.values():
            emitter.start()
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self.control_url = f"http://{self._host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close everything; what is committed stays."""
        await self._runner.cleanup()
        for emitter in self._emitters.values():
            await emitter.stop()
        for peer in self.peers.values():
            await peer.stop()
        for store in self._stores:
            store.close()

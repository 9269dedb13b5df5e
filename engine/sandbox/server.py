"""All stand-ins of a workspace in one process, each on a port of its own, and the control endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from aiohttp import web

from engine.clock import Clock
from engine.config.files import Bundle
from engine.sandbox.compiled import CompiledStandIn
from engine.sandbox.control import Control
from engine.sandbox.emitter import Emitter, Hub
from engine.sandbox.peer import Peer
from engine.sandbox.peer_store import PeerStore
from engine.sandbox.stand_in import StandIn

Load = Callable[[Bundle], Sequence[CompiledStandIn]]
"""Compiles the stand-ins of a workspace. Raises ConfigurationError with every finding."""


class SandboxServer:
    """Serves stand-ins. `port_base` is the control port, the systems follow in order of name; 0 takes free ports."""

    def __init__(self, load: Load, folder: Path, hub: str, clock: Clock, *, port_base: int = 0) -> None:
        self._load = load
        self._folder = folder
        self._host = "127.0.0.1"
        self._port = port_base
        self._next_port = port_base + 1 if port_base else 0
        self._clock = clock
        self._hub = Hub(hub)
        self.peers: dict[str, Peer] = {}
        self._emitters: dict[str, Emitter] = {}
        control = Control(self.peers, self._emitters, self._hub, clock, self.take)
        self._runner = web.AppRunner(control.application(), access_log=None, shutdown_timeout=0.5)
        self.control_url = ""

    async def start(self, bundle: Bundle) -> None:
        """Listen on all ports; the addresses are known when this returns. Raises ConfigurationError."""
        await self.take(bundle)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self.control_url = f"http://{self._host}:{self._runner.addresses[0][1]}"

    async def take(self, bundle: Bundle) -> None:
        """Serve the stand-ins of these files: new ones begin, gone ones end, the others keep port, ledger and state.

        Raises ConfigurationError; then everything stays as it was.
        """
        loaded = await asyncio.to_thread(self._load, bundle)
        wanted = {compiled.system: compiled for compiled in loaded}
        for name in sorted(wanted.keys() - self.peers.keys()):
            await self._begin(wanted[name])
        for name in sorted(self.peers.keys() - wanted.keys()):
            await self._end(name)
        for name, peer in self.peers.items():
            await peer.adopt(wanted[name])
            self._emitters[name].adopt(wanted[name].events)

    async def stop(self) -> None:
        """Close everything; what is committed stays."""
        await self._runner.cleanup()
        for name in list(self.peers):
            await self._end(name)

    async def _begin(self, compiled: CompiledStandIn) -> None:
        store = PeerStore(self._folder / f"{compiled.system}.db", compiled.state)
        emitter = Emitter(store, compiled.events, self._hub, self._clock)
        peer = Peer(StandIn(compiled, store, self._clock), self._clock, self._host, self._next_port, emitter.wake)
        if self._next_port:
            self._next_port += 1
        await peer.start()
        emitter.start()
        self.peers[compiled.system] = peer
        self._emitters[compiled.system] = emitter

    async def _end(self, name: str) -> None:
        peer, emitter = self.peers.pop(name), self._emitters.pop(name)
        await emitter.stop()
        await peer.stop()
        peer.stand_in.store.close()

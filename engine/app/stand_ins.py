"""The stand-ins of a run in sandbox mode; a run without it has none."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.config.files import Bundle
from engine.sandbox.client import SandboxControl
from engine.sandbox.process import SandboxProcess, start_sandbox

_LOAD_SECONDS = 30.0


class StandIns:
    """A process beside this one, from `start` to `stop`. `addresses` shows their base addresses as they are now."""

    def __init__(self) -> None:
        self._process: SandboxProcess | None = None
        self._addresses: dict[str, str] = {}
        self.addresses: Mapping[str, str] = MappingProxyType(self._addresses)

    @property
    def control_url(self) -> str | None:
        """Where they are steered; None when there are none."""
        return self._process.control_url if self._process is not None else None

    async def start(self, folder: Path, hub: str, state: Path, variables: Mapping[str, str]) -> None:
        """Start those of the workspace in `folder`. Raises SandboxFailed."""
        self._process = await asyncio.to_thread(start_sandbox, folder, hub, state, environment=variables)
        self._addresses.update(self._process.addresses)

    async def tell(self, hub: str) -> None:
        """Where the process listens is known now, also when any free port was taken."""
        if self._process is not None:
            await asyncio.to_thread(self._process.control.set_hub, hub)

    async def take(self, bundle: Bundle) -> Mapping[str, Any]:
        """Serve those of these files; returns which `started`, with address, and `stopped`. Raises SandboxRefused."""
        if self._process is None:
            return {}
        control = SandboxControl(self._process.control_url, timeout=_LOAD_SECONDS)
        before, now = dict(self._addresses), await asyncio.to_thread(control.set_workspace, bundle.to_bytes())
        self._addresses.clear()
        self._addresses.update(now)
        started = {name: address for name, address in now.items() if name not in before}
        return {"standIns": {"started": started, "stopped": sorted(before.keys() - now.keys())}}

    def stop(self) -> None:
        """End them; blocks until they have."""
        if self._process is not None:
            self._process.stop()

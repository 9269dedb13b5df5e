"""The stand-ins of the small workspace, served by the real process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from engine.sandbox.client import SandboxControl
from engine.sandbox.process import SandboxProcess, start_sandbox
from tests.sandbox.small_workspace import ENVIRONMENT, HearingHub, erp_client, write_workspace


@pytest.fixture
async def hub() -> AsyncIterator[HearingHub]:
    heard = HearingHub()
    runner = web.ServerRunner(web.Server(heard.handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    heard.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield heard
    await runner.cleanup()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One process for the tests that leave it alive; each begins with a reset."""
    folder = tmp_path_factory.mktemp("sandbox")
    running = start_sandbox(write_workspace(folder), "http://127.0.0.1:9", folder / "state", environment=ENVIRONMENT)
    yield running
    running.stop()


@pytest.fixture
def sandbox(shared: SandboxProcess) -> SandboxProcess:
    for system in shared.addresses:
        shared.control.reset(system)
    return shared


@pytest.fixture
def control(sandbox: SandboxProcess) -> SandboxControl:
    return sandbox.control


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., SandboxProcess]]:
    """Starts a process of its own; always on the same workspace, state and ports."""
    write_workspace(tmp_path)
    running: list[SandboxProcess] = []

    def begin(hub: str = "http://127.0.0.1:9") -> SandboxProcess:
        running.append(start_sandbox(tmp_path, hub, tmp_path / "state", environment=ENVIRONMENT))
        return running[-1]

    yield begin
    for process in running:
        process.stop()


@pytest.fixture
async def erp(sandbox: SandboxProcess) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the ERP's stand-in, signed in."""
    async with erp_client(sandbox) as session:
        yield session

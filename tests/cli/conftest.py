from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_harness import Running, make_workspace


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for what commands keep between runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace as `crossdock init` makes it."""
    return make_workspace(tmp_path / "demo")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One running process, for the tests of a module."""
    process = Running.start(make_workspace(tmp_path_factory.mktemp("run") / "demo"))
    yield process
    if process.process.poll() is None:
        process.stop()

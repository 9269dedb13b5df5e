from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_harness import Running, make_workspace


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

from __future__ import annotations

import pytest

from tests.testing.small import Workspace, make_small


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small workspace, compiled once; its test file is written anew by each test."""
    return make_small(tmp_path_factory.mktemp("small"))

"""One nursery for all failure tests of a test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.failure.nursery import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    opened = Nursery.open()
    yield opened
    opened.close()

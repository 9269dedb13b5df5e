"""The reference distributor, started once for all tests that only use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flows.running import ROOT, Running, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs them all, so that the workspace starts once."""
    for item in items:
        if "tests/flows/" in item.nodeid:
            item.add_marker(pytest.mark.xdist_group("reference-workspace"))


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The workspace of this repository with its stand-ins."""
    with running(ROOT, tmp_path_factory.mktemp("reference")) as workspace:
        yield workspace


@pytest.fixture
def distributor(reference: Running) -> Iterator[Running]:
    """The same, without faults before and after."""
    yield reference
    for system in reference.stand_ins:
        reference.sandbox.set_faults(system)

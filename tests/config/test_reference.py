"""The reference pages are made from the models: current, and with nothing left unsaid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from engine.config.models.flow import FlowModel
from engine.config.models.sandbox import SandboxModel
from engine.config.models.system import composed_system
from engine.config.models.tests import CasesModel
from engine.config.models.workspace import WorkspaceModel
from engine.config.reference import reference_pages, undocumented
from engine.plugin import Registry, installed_plugins

PAGES = Path(__file__).parents[2] / "docs" / "reference"
REGISTRY = Registry(installed_plugins())
MADE = reference_pages(REGISTRY)
SETTINGS: dict[str, type[BaseModel]] = {
    "workspace": WorkspaceModel,
    "flow": FlowModel,
    "sandbox": SandboxModel,
    "test": CasesModel,
    **{f"connector {name}": composed_system(connector) for name, connector in REGISTRY.connectors.items()},
    **{f"codec {name}": codec.settings for name, codec in REGISTRY.codecs.items()},
}


@pytest.mark.parametrize("name", MADE)
def test_the_page_is_current(name: str) -> None:
    assert (PAGES / name).read_text(encoding="utf-8") == MADE[name], "run `make docs`"


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_says_what_it_is(name: str) -> None:
    assert undocumented(SETTINGS[name]) == []


@pytest.mark.parametrize("name", MADE)
def test_every_link_leads_somewhere(name: str) -> None:
    for page, anchor in re.findall(r"\]\(([a-z]*\.md)?(?:#([a-z0-9-]+))?\)", MADE[name]):
        headings = re.findall(r"(?m)^#+ (.+)$", MADE[page or name])
        anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in anchors, f"{page or name}#{anchor}"


@pytest.mark.parametrize("name", MADE)
def test_every_row_has_as_many_cells_as_its_head(name: str) -> None:
    rows = [line for line in MADE[name].splitlines() if line.startswith("|")]
    cells = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert len(cells) <= 1

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from engine.plugin import Connector
from plugins.files import plugin as files
from plugins.http import plugin as http

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "connectors"


def settings_of(annotation: Any) -> list[type[BaseModel]]:
    """The models inside a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in settings_of(part)]


def names_of(model: type[BaseModel]) -> set[str]:
    """Every setting below a model, as it is spelled in a file."""
    names: set[str] = set()
    for name, field in model.model_fields.items():
        names.add(field.alias or name)
        for inner in settings_of(field.annotation):
            names |= names_of(inner)
    return names


@pytest.mark.parametrize("connector", [http.connectors[0], files.connectors[0]], ids=lambda connector: connector.name)
def test_every_setting_stands_in_the_reference(connector: Connector) -> None:
    page = (PAGES / f"{connector.name}.md").read_text()
    models = [connector.connection, connector.event, connector.request, connector.operation]
    names = {name for model in models if model is not None for name in names_of(model)}
    missing = sorted(name for name in names if name not in page)
    assert missing == []

"""Making new files of a workspace from templates: names filled in, nothing written over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from engine.app.checks import registry_for
from engine.catalogue.names import Names, names_of
from engine.catalogue.schemas.wiring import with_modeline
from engine.cli.stops import Stop, Unusable
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.yaml import load_yaml
from engine.contracts.registry import ContractRegistry
from engine.fields.nearest import nearest
from engine.fields.scalar import BadScalar
from engine.fields.scalars import parse_name

_HOLE = re.compile(r"@([A-Z]+)@")


@dataclass(frozen=True, slots=True)
class Target:
    """The workspace that gets new files, with the names it has."""

    folder: Path
    bundle: Bundle
    names: Names

    @classmethod
    def of(cls, folder: Path) -> Target:
        """A workspace, whatever is wrong with it."""
        bundle = Bundle.from_directory(folder, Findings())
        return cls(folder, bundle, names_of(bundle, registry_for(folder)))

    def document(self, file: str) -> Mapping[str, Any]:
        """A YAML file's mapping; empty when it is none."""
        node = load_yaml(self.bundle.read(file), file, Findings()) if file in self.bundle else None
        return node.value if node is not None and isinstance(node.value, dict) else {}

    def contracts(self) -> ContractRegistry:
        """The entities that can be loaded."""
        return ContractRegistry.survey(self.bundle.files)[0]

    def team(self, given: str | None) -> str:
        """The team that answers: the given one, else the first that the workspace declares."""
        teams = list(self.document("flows/workspace.yaml").get("teams") or ())
        if given is None and teams:
            return str(teams[0])
        if given in teams:
            return str(given)
        near = nearest(given, teams) if given is not None else None
        advice = f"did you mean '{near}'" if near else "declare one under 'teams' of flows/workspace.yaml"
        raise Stop(f"the workspace has no team '{given}'" if given else "the workspace has no team", advice=advice)

    def write(self, made: Mapping[str, str]) -> list[str]:
        """Write files by their paths; raises Stop when one is there already."""
        for path in made:
            if (self.folder / path).exists():
                raise Stop(f"'{self.folder / path}' is there already, and nothing is written over")
        try:
            for path, text in made.items():
                target = self.folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(with_modeline(path, text.encode()))
        except OSError as error:
            why = (error.strerror or "an error").lower()
            raise Unusable(f"'{error.filename}' cannot be written: {why}") from error
        return list(made)


def checked_name(name: str) -> str:
    """A name as the grammar takes it; raises Stop with the nearest right spelling."""
    try:
        return parse_name(name)
    except BadScalar as error:
        context = error.context or {}
        raise Stop(f"expected {context['expected']}, got '{name}'", advice=str(context.get("hint", ""))) from error


def filled(template: str, **values: str) -> str:
    """A template of `templates/new` with its `@HOLES@` filled."""
    text = files("engine.cli").joinpath("templates", "new", *template.split("/")).read_text(encoding="utf-8")
    return _HOLE.sub(lambda hole: values[hole[1].lower()], text)


def title_of(name: str) -> str:
    """`return-authorization` as `Return authorization`."""
    return name.replace("-", " ").capitalize()

"""Editors are told which schema is for which file, and what is there already stays."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest

from engine.catalogue.schemas.files import KINDS, kind_of
from engine.catalogue.schemas.wiring import SettingsNotPlain, vscode_extensions, vscode_settings, with_modeline

ROOT = Path(__file__).parents[2]


def test_each_file_of_the_reference_workspace_meets_the_globs_of_its_kind_and_no_others() -> None:
    paths = [path for top in ("flows", "canonical") for path in (ROOT / top).rglob("*") if path.is_file()]
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        kind = kind_of(name)
        assert [each.name for each in KINDS if _meets(each.globs, name)] == ([kind.name] if kind else []), name


def _meets(globs: tuple[str, ...], name: str) -> bool:
    """As an editor does it: one of the globs, and none of those with `!`."""
    wanted = [glob for glob in globs if not glob.startswith("!")]
    unwanted = [glob[1:] for glob in globs if glob.startswith("!")]
    return any(_matches(glob, name) for glob in wanted) and not any(_matches(glob, name) for glob in unwanted)


def _matches(glob: str, name: str) -> bool:
    if "**/" in glob:
        top, _, last = glob.partition("**/")
        return name.startswith(top) and PurePosixPath(name).match(last)
    if glob.endswith("/**"):
        return name.startswith(glob.removesuffix("**"))
    return PurePosixPath(name).match(glob) and (glob.count("/") in (0, name.count("/")))


def test_the_first_line_names_the_schema_by_its_path_from_the_file() -> None:
    assert with_modeline("flows/systems/shop/order.schema.yaml", b"type: object\n") == (
        b"# yaml-language-server: $schema=../../../.crossdock/schemas/contract.schema.json\ntype: object\n"
    )


def test_a_file_that_has_such_a_line_or_no_schema_stays_as_it_is() -> None:
    content = b"# yaml-language-server: $schema=mine.json\nflow: a\n"
    assert with_modeline("flows/a.yaml", content) == content
    assert with_modeline("flows/a.jsonata", b"$") == b"$"
    assert with_modeline("canonical/codes/units.csv", b"unit\n") == b"unit\n"


def test_settings_of_others_stay() -> None:
    mine = {"editor.tabSize": 2, "yaml.schemas": {"./schemas/mine.json": "mine/*.yaml"}}
    once = vscode_settings(json.dumps(mine))
    told = json.loads(once)
    assert told["editor.tabSize"] == 2
    assert told["yaml.schemas"]["./schemas/mine.json"] == "mine/*.yaml"
    assert told["yaml.schemas"]["./.crossdock/schemas/flow.schema.json"][0] == "flows/**/*.yaml"
    assert vscode_settings(once) == once


def test_settings_with_comments_are_refused_so_that_none_is_lost() -> None:
    with pytest.raises(SettingsNotPlain):
        vscode_settings('{\n  // mine\n  "editor.tabSize": 2\n}')
    with pytest.raises(SettingsNotPlain):
        vscode_settings("[]")


def test_the_yaml_extension_is_recommended_once() -> None:
    once = vscode_extensions('{"recommendations": ["ms-python.python"]}')
    assert json.loads(once) == {"recommendations": ["ms-python.python", "redhat.vscode-yaml"]}
    assert vscode_extensions(once) == once

"""Editors refuse what the loader refuses for its shape, and take what it takes; jsonschema is the judge (GOV-4)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest

from engine.catalogue.names import names_of
from engine.catalogue.schemas.files import KINDS, kind_of, schema_files
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.tree import plain
from engine.config.yaml import load_yaml
from engine.lint.examples import Example, all_examples, right_files
from engine.plugin import Registry, installed_plugins
from tests.lint.cases import lint

ROOT = Path(__file__).parents[2]
REGISTRY = Registry(installed_plugins())
SHAPE = ("XD103", "XD104", "XD105", "XD106", "XD107", "XD115", "XD118", "XD119", "XD301", "XD303", "XD403", "XD406",
         "XD702", "XD803", "XD804")  # fmt: skip
"""The findings that are about what may stand where, and how it is spelled."""

BEYOND = {
    "an interval that is too short": "the value of a duration, not its spelling",
    "a successor that does not exist": "which versions an entity has, told in the file of another",
}
"""Examples of those findings that need more than a look at the file, each with the reason."""


def schemas_of(files: Mapping[str, bytes]) -> dict[str, jsonschema.Draft7Validator]:
    """A validator for each kind of file of a workspace, made as `crossdock schema` makes them."""
    made = schema_files(names_of(Bundle(files), REGISTRY), REGISTRY)
    return {kind.name: jsonschema.Draft7Validator(json.loads(made[kind.file])) for kind in KINDS}


def broken(validators: Mapping[str, jsonschema.Draft7Validator], file: str, content: bytes) -> list[str]:
    """What the schema of a file says is wrong with it; nothing of a file that is no YAML."""
    kind = kind_of(file)
    if kind is None:
        return []
    if kind.name == "code-table":
        document = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    else:
        findings = Findings()
        node = load_yaml(content, file, findings)
        if node is None and not any(finding.code == "XD115" for finding in findings):
            return []
        document = plain(node.value) if node is not None else None
    return [error.message for error in validators[kind.name].iter_errors(document)]


def files_below(folder: Path) -> dict[str, bytes]:
    paths = (path for top in ("flows", "canonical") for path in (folder / top).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


def test_every_schema_is_itself_right() -> None:
    for validator in schemas_of(right_files()).values():
        jsonschema.Draft7Validator.check_schema(validator.schema)


def test_every_file_of_the_reference_workspace_is_accepted() -> None:
    files = files_below(ROOT)
    validators = schemas_of(files)
    assert {file: found for file, content in files.items() if (found := broken(validators, file, content))} == {}
    assert {kind.name for file in files if (kind := kind_of(file)) is not None} == {kind.name for kind in KINDS}


@pytest.mark.parametrize("example", all_examples(), ids=lambda example: f"{example.code}: {example.title}")
def test_what_lint_refuses_for_its_shape_editors_refuse_too(example: Example, tmp_path: Path) -> None:
    files = example.files()
    validators = schemas_of(files)
    findings = list(lint(tmp_path, files, example.variables()))
    shaped = {finding.file for finding in findings if finding.code in SHAPE and example.title not in BEYOND}
    refused = {file for file, content in files.items() if broken(validators, file, content)}
    assert sorted(shaped - refused) == []
    assert sorted(refused - {finding.file for finding in findings}) == []


def offered(validators: Mapping[str, jsonschema.Draft7Validator], kind: str, names: str) -> list[str]:
    """The names that the schema of a kind of file offers."""
    definition = validators[kind].schema["definitions"][f"one-of-the-{names}"]
    return list((definition.get("anyOf") or [definition])[0]["enum"])


def test_the_names_of_this_workspace_are_offered() -> None:
    validators = schemas_of(files_below(ROOT))
    assert "erp.create-order" in offered(validators, "flow", "operations")
    assert "shop.order-created" in offered(validators, "flow", "events")
    assert "order-desk" in offered(validators, "flow", "teams")
    assert offered(validators, "flow", "retry-policies") == ["courtesy", "interactive", "none", "standard"]
    assert "sales-order/2" in offered(validators, "system", "entities")
    assert offered(validators, "system", "connectors") == ["files", "http"]
    assert "order.booked" in offered(validators, "flow", "topics")
    assert "warehouses" in offered(validators, "flow", "code-tables")
    assert "order-to-erp" in offered(validators, "test", "flows")
    assert "booked" in offered(validators, "flow", "milestones")


WRONG_NAMES = {
    "a team": ("owner: order-desk", "owner: order-deks"),
    "an event": ("shop.order-created", "shop.order-craeted"),
    "an operation": ("call: erp.create-order", "call: erp.create-odrer"),
    "an entity": ("to: sales-order/2", "to: sales-order/3"),
    "a retry policy": ("retry: standard", "retry: standrad"),
}


@pytest.mark.parametrize("what", WRONG_NAMES)
def test_a_name_that_the_workspace_does_not_have_is_refused(what: str) -> None:
    files = files_below(ROOT)
    right, wrong = WRONG_NAMES[what]
    file = "flows/process/order-to-erp.yaml"
    changed = files[file].replace(right.encode(), wrong.encode())
    assert changed != files[file]
    assert broken(schemas_of(files), file, changed) != []


def test_a_new_topic_is_taken_since_using_it_makes_it() -> None:
    files = files_below(ROOT)
    file = "flows/process/order-to-erp.yaml"
    changed = files[file].replace(b"publish: order.booked", b"publish: order.entered")
    assert broken(schemas_of(files), file, changed) == []


def test_what_refers_to_a_system_that_cannot_be_read_is_taken() -> None:
    files = {**files_below(ROOT), "flows/systems/erp.yaml": b"system: [erp"}
    file = "flows/process/order-to-erp.yaml"
    assert broken(schemas_of(files), file, files[file]) == []


@pytest.mark.parametrize(
    ("file", "right", "filled"),
    [
        ("flows/workspace.yaml", "port: 8080", 'port: "${env:PORT:-8080}"'),
        ("flows/systems/shop.yaml", "payload: 1 MB", 'payload: "${env:LARGEST:-1 MB}"'),
        ("flows/process/order-to-erp.yaml", "priority: high", 'priority: "${env:PRIORITY}"'),
    ],
)
def test_what_the_environment_fills_in_is_taken(file: str, right: str, filled: str) -> None:
    files = files_below(ROOT)
    changed = files[file].replace(right.encode(), filled.encode())
    assert changed != files[file]
    assert broken(schemas_of(files), file, changed) == []


def test_every_field_says_what_it_is() -> None:
    """A person sees a description on each key, whichever kind of file it is."""
    for name, validator in schemas_of(right_files()).items():
        silent = [
            f"{definition}.{field}"
            for definition, schema in {"": validator.schema, **validator.schema["definitions"]}.items()
            for field, part in (schema.get("properties") or {}).items()
            if isinstance(part, dict) and "description" not in part and name not in ("contract", "entity")
        ]
        assert silent == [], name


def test_schemas_of_a_thousand_flows_stay_small() -> None:
    files = dict(right_files())
    flow = files["flows/status.yaml"]
    files |= {
        f"flows/status-{n}.yaml": flow.replace(b"flow: status", f"flow: status-{n}".encode()) for n in range(1000)
    }
    made = schema_files(names_of(Bundle(files), REGISTRY), REGISTRY)
    assert max(map(len, made.values())) < 200_000

"""The registry of canonical entities, loaded from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contracts.registry import ContractRegistry, UnknownContract
from engine.errors import ConfigurationError

COMMON = """
$id: crossdock:common/1
$defs:
  code: {type: string, maxLength: 5}
"""
THING = """
$id: crossdock:thing/{version}
type: object
additionalProperties: false
properties:
  code: {{$ref: "crossdock:common/1#/$defs/code"}}
  price: {{type: number, multipleOf: 0.01}}
"""
LIFECYCLE = """
entity: thing
summary: A thing and what becomes of it.
key: code
milestones: [{milestone: made, reported_by: erp, summary: The thing exists now.}]
owners: {code: {owner: erp, steward: master-data}}
"""


@pytest.fixture
def canonical(tmp_path: Path) -> Path:
    write(tmp_path, "common/1.yaml", COMMON)
    for version in (1, 2, 10):
        write(tmp_path, f"thing/{version}.yaml", THING.format(version=version))
    write(tmp_path, "thing/lifecycle.yaml", LIFECYCLE)
    write(tmp_path, "codes/units.csv", "code,name\n")
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")


def findings(canonical: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        ContractRegistry.load(canonical)
    return [str(finding).removeprefix(f"{canonical}/") for finding in caught.value.findings]


def test_entities_are_found_by_name_and_version(canonical: Path) -> None:
    registry = ContractRegistry.load(canonical)
    assert registry.entities == ("common", "thing")
    assert registry.versions("thing") == (1, 2, 10)
    assert registry.get("thing/10").version == 10
    assert "thing/3" not in registry
    assert registry.get("thing/2").name == "thing/2"


def test_an_unknown_version_is_answered_with_the_newest(canonical: Path) -> None:
    registry = ContractRegistry.load(canonical)
    with pytest.raises(UnknownContract, match="no contract 'thing/3', did you mean 'thing/10'"):
        registry.get("thing/3")
    assert registry.nearest("thign/2") == "thing/2"
    assert registry.nearest("thing") == "thing/10"
    assert registry.nearest("xyz") is None


def test_numbers_in_a_schema_are_read_exactly(canonical: Path) -> None:
    from_yaml = ContractRegistry.load(canonical).get("thing/1").schema
    assert str(from_yaml.document["properties"]["price"]["multipleOf"]) == "0.01"


def test_a_violation_names_the_owner_from_the_life_cycle(canonical: Path) -> None:
    registry = ContractRegistry.load(canonical)
    (violation,) = registry.get("thing/1").schema.validate({"code": "too long"})
    assert violation.owner == "master-data (erp)"


def test_vendor_contracts_may_use_canonical_definitions(canonical: Path) -> None:
    registry = ContractRegistry.load(canonical)
    vendor = registry.compile({"items": {"$ref": "crossdock:common/1#/$defs/code"}}, name="shop order")
    assert vendor.is_valid(["ABC"])
    assert [violation.path for violation in vendor.validate(["ABC", "too long"])] == ["[1]"]


def test_all_that_is_wrong_in_the_folder_is_told_at_once(canonical: Path) -> None:
    write(canonical, "thing/3.yaml", THING.format(version=2).replace("maxLength", "x").replace("common/1#", "comon/1#"))
    write(canonical, "thing/4.yaml", "a: [1\nb: 2\n")
    write(canonical, "thing/final.yaml", "a: 1\n")
    write(canonical, "thing/lifecycle.yaml", LIFECYCLE.replace("summary: A thing and what becomes of it.\n", ""))
    write(canonical, "Other/1.yaml", "a: 1\n")
    assert findings(canonical) == [
        "Other:0:0 contract-file expected an entity such as 'sales-order', got 'Other'",
        "thing/3.yaml:0:0 contract-file /$id: expected 'crossdock:thing/3', got 'crossdock:thing/2'",
        "thing/4.yaml:2:2 contract-file expected YAML, got did not find expected ',' or ']'",
        "thing/final.yaml:0:0 contract-file expected 'N.yaml' or 'lifecycle.yaml', got 'final.yaml'",
        "thing/lifecycle.yaml:0:0 contract-lifecycle summary: field required",
        "thing/3.yaml:0:0 schema-reference /properties/code/$ref: expected a schema of this workspace, "
        "got 'crossdock:comon/1#/$defs/code' (no contract 'comon/1', did you mean 'common/1')",
    ]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    assert findings(tmp_path / "canonical")[0].endswith("contract-file expected a folder of entities, got nothing")


def test_another_reader_of_yaml_may_be_given(canonical: Path) -> None:
    """The configuration's own loader, which keeps lines and columns, takes the place of the plain one."""
    read: list[Path] = []

    def reader(file: Path) -> dict[str, object]:
        read.append(file)
        return {"$id": f"crossdock:{file.parent.name}/{file.stem}", "type": "object"}

    (canonical / "thing" / "lifecycle.yaml").unlink()
    assert len(ContractRegistry.load(canonical, read=reader)) == len(read) == 4

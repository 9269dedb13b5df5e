"""The registry of canonical entities, loaded from the files of a workspace."""

from __future__ import annotations

from collections.abc import Mapping

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
def files() -> dict[str, bytes]:
    given = {f"canonical/thing/{version}.yaml": THING.format(version=version).encode() for version in (1, 2, 10)}
    return {
        **given,
        "canonical/common/1.yaml": COMMON.encode(),
        "canonical/thing/lifecycle.yaml": LIFECYCLE.encode(),
        "canonical/codes/units.csv": b"code,name\n",
        "flows/workspace.yaml": b"crossdock: 1\n",
    }


def findings(files: Mapping[str, bytes]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        ContractRegistry.load(files)
    return [str(finding).removeprefix("canonical/") for finding in caught.value.findings]


def test_entities_are_found_by_name_and_version(files: dict[str, bytes]) -> None:
    registry = ContractRegistry.load(files)
    assert registry.entities == ("common", "thing")
    assert registry.versions("thing") == (1, 2, 10)
    assert registry.get("thing/10").version == 10
    assert "thing/3" not in registry
    assert registry.get("thing/2").name == "thing/2"


def test_an_unknown_version_is_answered_with_the_newest(files: dict[str, bytes]) -> None:
    registry = ContractRegistry.load(files)
    with pytest.raises(UnknownContract, match="no contract 'thing/3'; did you mean 'thing/10'"):
        registry.get("thing/3")
    assert registry.nearest("thign/2") == "thing/2"
    assert registry.nearest("thing") == "thing/10"
    assert registry.nearest("xyz") is None


def test_numbers_in_a_schema_are_read_exactly(files: dict[str, bytes]) -> None:
    from_yaml = ContractRegistry.load(files).get("thing/1").schema
    assert str(from_yaml.document["properties"]["price"]["multipleOf"]) == "0.01"


def test_a_violation_names_the_owner_from_the_life_cycle(files: dict[str, bytes]) -> None:
    registry = ContractRegistry.load(files)
    (violation,) = registry.get("thing/1").schema.validate({"code": "too long"})
    assert violation.owner == "master-data (erp)"


def test_vendor_contracts_may_use_canonical_definitions(files: dict[str, bytes]) -> None:
    registry = ContractRegistry.load(files)
    vendor = registry.compile({"items": {"$ref": "crossdock:common/1#/$defs/code"}}, name="shop order")
    assert vendor.is_valid(["ABC"])
    assert [violation.path for violation in vendor.validate(["ABC", "too long"])] == ["[1]"]


def test_all_that_is_wrong_in_the_folder_is_told_at_once(files: dict[str, bytes]) -> None:
    odd = THING.format(version=2).replace("maxLength", "x").replace("common/1#", "comon/1#")
    files["canonical/thing/3.yaml"] = odd.encode()
    files["canonical/thing/4.yaml"] = b"a: [1\nb: 2\n"
    files["canonical/thing/final.yaml"] = b"a: 1\n"
    without_summary = LIFECYCLE.replace("summary: A thing and what becomes of it.\n", "")
    files["canonical/thing/lifecycle.yaml"] = without_summary.encode()
    files["canonical/Other/1.yaml"] = b"a: 1\n"
    assert findings(files) == [
        "Other/1.yaml:0:0 contract-file expected an entity such as 'sales-order', got 'Other'",
        "thing/3.yaml:0:0 contract-file /$id: expected 'crossdock:thing/3', got 'crossdock:thing/2'",
        "thing/4.yaml:2:2 contract-file expected YAML, got did not find expected ',' or ']'",
        "thing/final.yaml:0:0 contract-file expected 'N.yaml' or 'lifecycle.yaml', got 'final.yaml'",
        "thing/lifecycle.yaml:0:0 contract-lifecycle summary: field required",
        "thing/3.yaml:0:0 schema-reference /properties/code/$ref: expected a schema of this workspace, "
        "got 'crossdock:comon/1#/$defs/code' (no contract 'comon/1'; did you mean 'common/1')",
    ]


def test_a_workspace_without_entities_has_none() -> None:
    assert len(ContractRegistry.load({"flows/workspace.yaml": b"crossdock: 1\n"})) == 0


def test_a_file_at_another_depth_is_told(files: dict[str, bytes]) -> None:
    files["canonical/thing/old/1.yaml"] = files["canonical/thing.yaml"] = b"a: 1\n"
    assert findings(files) == [
        "thing.yaml:0:0 contract-file expected 'canonical/ENTITY/N.yaml', got 'canonical/thing.yaml'",
        "thing/old/1.yaml:0:0 contract-file expected 'canonical/ENTITY/N.yaml', got 'canonical/thing/old/1.yaml'",
    ]


def test_another_reader_of_yaml_may_be_given(files: dict[str, bytes]) -> None:
    """The configuration's own loader, which keeps lines and columns, takes the place of the plain one."""
    read: list[str] = []

    def reader(file: str, data: bytes) -> dict[str, object]:
        read.append(file)
        name = file.removeprefix("canonical/").removesuffix(".yaml")
        return {"$id": f"crossdock:{name}", "type": "object"}

    del files["canonical/thing/lifecycle.yaml"]
    assert len(ContractRegistry.load(files, read=reader)) == len(read) == 4


def test_a_survey_keeps_what_is_good_and_names_what_is_broken(files: dict[str, bytes]) -> None:
    files["canonical/thing/2.yaml"] = files["canonical/thing/2.yaml"].replace(b"number", b"numbr")
    files["canonical/thing/3.yaml"] = b"a: ["
    registry, errors = ContractRegistry.survey(files)
    assert [finding.file for finding in errors] == ["canonical/thing/3.yaml", "canonical/thing/2.yaml"]
    assert registry.broken == {"thing/2", "thing/3"}
    assert registry.versions("thing") == (1, 10)

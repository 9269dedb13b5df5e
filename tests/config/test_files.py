"""A workspace's files are one frozen bundle; its hash is the revision."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import files as module
from engine.config.files import Bundle, BundleUnreadable
from engine.config.findings import Findings

FILES = {
    "flows/workspace.yaml": "crossdock: 1",
    "flows/systems/shop.yaml": "system: shop",
    "flows/systems/shop.sandbox.yaml": "{}",
    "flows/systems/shop/order.schema.yaml": "{}",
    "flows/systems/shop/order-to-canonical.jsonata": "{}",
    "flows/order-to-erp.yaml": "flow: order-to-erp",
    "flows/order-to-erp.test.yaml": "tests",
    "flows/returns/return-to-erp.yaml": "flow: return-to-erp",
    "canonical/sales-order/2.yaml": "{}",
    "canonical/codes/units.csv": "a,b",
    "canonical/README.md": "words",
    "flows/.hidden.yaml": "x",
    "plugins/x/flow.yaml": "x",
}


def workspace(root: Path) -> Path:
    for path, content in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return root


def read(root: Path) -> tuple[Bundle, list[str]]:
    findings = Findings()
    bundle = Bundle.from_directory(root, findings)
    return bundle, [f"{finding.file} {finding.code}" for finding in findings]


def test_a_bundle_holds_what_the_revision_needs(tmp_path: Path) -> None:
    bundle, findings = read(workspace(tmp_path))
    assert findings == []
    assert bundle.systems == ["flows/systems/shop.yaml"]
    assert bundle.sandboxes == ["flows/systems/shop.sandbox.yaml"]
    assert bundle.flows == ["flows/order-to-erp.yaml", "flows/returns/return-to-erp.yaml"]
    assert bundle.mappings == ["flows/systems/shop/order-to-canonical.jsonata"]
    assert bundle.schemas == ["flows/systems/shop/order.schema.yaml"]
    assert bundle.canonical == ["canonical/sales-order/2.yaml"]
    assert bundle.codes == ["canonical/codes/units.csv"]
    assert "flows/order-to-erp.test.yaml" not in bundle
    assert bundle.read("flows/workspace.yaml") == b"crossdock: 1"
    assert len(bundle.files) == 9


def test_the_revision_is_a_hash_of_paths_and_bytes(tmp_path: Path) -> None:
    first, _ = read(workspace(tmp_path))
    again, _ = read(tmp_path)
    assert first.revision == again.revision
    assert first.revision.startswith("r-")
    assert len(first.revision) == 14
    (tmp_path / "flows/order-to-erp.yaml").write_text("flow: other")
    assert read(tmp_path)[0].revision != first.revision
    assert Bundle({"ab": b"c"}).revision != Bundle({"a": b"bc"}).revision


def test_files_that_the_engine_does_not_read_do_not_change_the_revision(tmp_path: Path) -> None:
    first, _ = read(workspace(tmp_path))
    (tmp_path / "flows/order-to-erp.test.yaml").write_text("other tests")
    (tmp_path / "canonical/README.md").write_text("other words")
    assert read(tmp_path)[0].revision == first.revision


@given(st.dictionaries(st.sampled_from(sorted(FILES)), st.binary(max_size=50)))
def test_a_stored_bundle_comes_back_the_same(files: dict[str, bytes]) -> None:
    bundle = Bundle(files)
    stored = bundle.to_bytes()
    assert Bundle.from_bytes(stored) == bundle
    assert Bundle(dict(reversed(files.items()))).to_bytes() == stored


@given(st.binary(max_size=200))
def test_other_bytes_are_not_a_bundle(data: bytes) -> None:
    with pytest.raises(BundleUnreadable):
        Bundle.from_bytes(data)


def test_a_damaged_bundle_is_refused() -> None:
    stored = bytearray(Bundle({"flows/a.yaml": b"x" * 1000}).to_bytes())
    stored[50] ^= 0xFF
    with pytest.raises(BundleUnreadable):
        Bundle.from_bytes(bytes(stored))


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x"])
def test_a_bundle_cannot_name_files_outside(name: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(BundleUnreadable):
        Bundle.from_bytes(buffer.getvalue())


def test_a_bundle_that_unpacks_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = Bundle({"flows/a.yaml": b"0" * 10_000}).to_bytes()
    monkeypatch.setattr(module, "MOST_BUNDLE_BYTES", 1000)
    with pytest.raises(BundleUnreadable):
        Bundle.from_bytes(stored)


def test_what_cannot_be_taken_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace(tmp_path / "w")
    (tmp_path / "outside.yaml").write_text("x")
    (tmp_path / "w/flows/link.yaml").symlink_to(tmp_path / "outside.yaml")
    (tmp_path / "w/flows/gone.yaml").symlink_to(tmp_path / "nowhere.yaml")
    (tmp_path / "w/flows/old.yml").write_text("x")
    (tmp_path / "w/flows/large.yaml").write_text("x" * 2000)
    os.mkfifo(tmp_path / "w/flows/pipe.yaml")
    monkeypatch.setattr(module, "MOST_FILE_BYTES", 1000)
    bundle, findings = read(tmp_path / "w")
    assert findings == [
        "flows/gone.yaml XD122",
        "flows/large.yaml XD121",
        "flows/link.yaml XD122",
        "flows/old.yml XD123",
        "flows/pipe.yaml XD122",
    ]
    assert len(bundle.files) == 9


def test_a_folder_without_a_workspace_file_is_no_workspace(tmp_path: Path) -> None:
    assert read(tmp_path)[1] == ["flows/workspace.yaml XD122"]


def test_too_many_files_are_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 3)
    assert "XD121" in " ".join(read(workspace(tmp_path))[1])


def test_globs_know_folders() -> None:
    bundle = Bundle(dict.fromkeys(FILES, b""))
    assert bundle.glob("flows/*.yaml") == [
        "flows/.hidden.yaml",
        "flows/order-to-erp.test.yaml",
        "flows/order-to-erp.yaml",
        "flows/workspace.yaml",
    ]
    assert bundle.glob("**/*.csv") == ["canonical/codes/units.csv"]
    assert bundle.glob("canonical/sales-order/?.yaml") == ["canonical/sales-order/2.yaml"]


def test_a_file_beside_another_stays_in_the_workspace() -> None:
    bundle = Bundle(dict.fromkeys(FILES, b""))
    assert bundle.beside("flows/systems/shop.yaml", "shop/order.schema.yaml") in bundle
    assert bundle.beside("flows/systems/shop.yaml", "../order-to-erp.yaml") in bundle
    for outside in ("../../../etc/passwd", "/etc/passwd"):
        with pytest.raises(ValueError, match="leads out"):
            bundle.beside("flows/systems/shop.yaml", outside)
    assert bundle.nearest("flows/systems/shop/ordr.schema.yaml") == "flows/systems/shop/order.schema.yaml"


def test_the_nearest_file_has_the_ending_that_was_meant_and_a_like_name() -> None:
    files = ["flows/systems/carrier.yaml", "flows/systems/carrier/pickup.jsonata", "flows/systems/shop/units.jsonata"]
    bundle = Bundle(dict.fromkeys(files, b""))
    assert bundle.nearest("flows/systems/carrier/pikup.jsonata") == files[1]
    assert bundle.nearest("flows/systems/carrier/units.jsonata") == files[2], "it lies in another folder"
    assert bundle.nearest("flows/systems/carrier/pickup.jsonat") == files[1], "the ending is misspelt"
    assert bundle.nearest("flows/systems/carrier/label.jsonata") is None

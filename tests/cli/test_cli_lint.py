"""`crossdock lint`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_harness import crossdock, document

FORMATS = ("text", "json", "sarif", "github", "junit")


def misspelt(workspace: Path) -> Path:
    """The workspace with one error."""
    flow = workspace / "flows" / "orders.yaml"
    flow.write_text(flow.read_text().replace("layer: process", "layer: proces"))
    return workspace


def warned(workspace: Path) -> Path:
    """The workspace with one warning."""
    (workspace / "flows" / "other.yml").write_text("flow: other\n")
    return workspace


def test_every_error_has_its_place_on_a_line_of_its_own(workspace: Path) -> None:
    flow = workspace / "flows" / "orders.yaml"
    flow.write_text(flow.read_text().replace("warehouse.create-delivery", "warehouse.create-delivry"))
    line = flow.read_text().partition("create-delivry")[0].count("\n") + 1
    linted = crossdock("lint", workspace, "--offline")
    assert linted.exit_code == 1
    assert f"flows/orders.yaml:{line}:11 XD" in linted.stdout
    assert "did you mean 'create-delivery'" in linted.stdout
    assert f"  {line} |   - call: warehouse.create-delivry\n" in linted.stdout
    assert f"  {' ' * len(str(line))} |           {'^' * len('warehouse.create-delivry')}\n" in linted.stdout


def test_json_holds_every_finding(workspace: Path) -> None:
    flow = workspace / "flows" / "orders.yaml"
    flow.write_text(flow.read_text().replace("layer: process", "layer: proces\nlayr: 2"))
    found = document(crossdock("lint", workspace, "--offline", "--json"))
    assert found["revision"] is None
    assert found["errors"] == len([one for one in found["findings"] if one["severity"] == "error"]) == 2
    assert {one["file"] for one in found["findings"]} == {"flows/orders.yaml"}


def test_missing_secrets_are_errors_unless_offline(workspace: Path) -> None:
    linted = crossdock("lint", workspace)
    assert linted.exit_code == 1
    assert "SHOP_TOKEN" in linted.stdout
    assert "--offline checks without them" in linted.stdout
    assert crossdock("lint", workspace, "--no-secrets").exit_code == 0


def test_a_folder_that_is_no_workspace_is_unusable(tmp_path: Path) -> None:
    linted = crossdock("lint", tmp_path, "--json")
    assert linted.exit_code == 2
    assert linted.stdout == ""
    assert "it has no flows/workspace.yaml" in linted.stderr
    assert "crossdock init" in linted.stderr


def test_a_workspace_file_that_cannot_be_read_is_unusable(workspace: Path) -> None:
    (workspace / "flows" / "workspace.yaml").write_text("crossdock: [1\n")
    assert crossdock("lint", workspace).exit_code == 2


def test_an_unknown_key_hides_nothing_else_of_its_file(workspace: Path) -> None:
    """All findings come at once."""
    flow = workspace / "flows" / "orders.yaml"
    text = flow.read_text().replace("layer: process", "layer: process\nlayr: 2")
    text = text.replace("warehouse.create-delivery", "warehouse.create-delivry").replace("owner: ", "owner: no-")
    flow.write_text(text)
    found = document(crossdock("lint", workspace, "--offline", "--json"))
    codes = [one["code"] for one in found["findings"] if one["severity"] == "error"]
    assert sorted(codes) == ["XD104", "XD201", "XD201"]


def test_a_system_whose_address_is_missing_may_have_what_is_asked_of_it(workspace: Path) -> None:
    system = workspace / "flows" / "systems" / "warehouse.yaml"
    system.write_text(re.sub(r"base_url: .*", 'base_url: "${env:NOWHERE}"', system.read_text()))
    flow = workspace / "flows" / "orders.yaml"
    send = "  - send: {system: \"'warehouse'\", operation: create-delivery}\n    id: again\n  - milestone: released\n"
    flow.write_text(flow.read_text().replace("  - milestone: released\n", send))
    found = document(crossdock("lint", workspace, "--json"))
    assert {one["code"] for one in found["findings"] if one["severity"] == "error"} == {"XD501", "XD502"}


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_says_where_and_what_and_ends_alike(workspace: Path, form: str) -> None:
    clean = crossdock("lint", workspace, "--offline", "--format", form)
    linted = crossdock("lint", misspelt(workspace), "--offline", "--format", form)
    assert (clean.exit_code, linted.exit_code) == (0, 1)
    assert "XD106" in linted.stdout
    assert "flows/orders.yaml" in linted.stdout
    assert "XD106" not in clean.stdout
    if form in ("json", "sarif"):
        assert {type(json.loads(one.stdout)) for one in (clean, linted)} == {dict}
    if form == "junit":
        assert ElementTree.fromstring(linted.stdout.encode()).get("failures") == "1"


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_is_written_to_a_file_and_summed_up_here(workspace: Path, tmp_path: Path, form: str) -> None:
    report = tmp_path / "report"
    linted = crossdock("lint", misspelt(workspace), "--offline", "--format", form, "--output", report)
    assert linted.exit_code == 1
    assert linted.stdout == "1 error, 0 warnings\n"
    assert b"XD106" in report.read_bytes()


def test_a_report_that_cannot_be_written_is_wrong_usage(workspace: Path, tmp_path: Path) -> None:
    linted = crossdock("lint", workspace, "--offline", "--output", tmp_path / "no" / "report")
    assert linted.exit_code == 2
    assert "cannot be written" in linted.stderr


def test_codes_are_selected_and_ignored_by_code_and_by_group(workspace: Path) -> None:
    warned(misspelt(workspace))

    def codes(*options: str) -> list[str]:
        linted = document(crossdock("lint", workspace, "--offline", "--json", *options))
        return [one["code"] for one in linted["findings"]]

    assert codes() == ["XD106", "XD123"]
    assert codes("--select", "xd123") == ["XD123"]
    assert codes("--ignore", "XD123") == ["XD106"]
    assert codes("--select", "XD1", "--ignore", "XD106, XD105") == ["XD123"]
    assert codes("--select", "XD2,XD3") == []


def test_what_is_left_out_does_not_make_it_run(workspace: Path) -> None:
    linted = crossdock("lint", misspelt(workspace), "--offline", "--ignore", "XD106")
    assert linted.exit_code == 0
    assert "left out by --select and --ignore: 1 error" in linted.stdout
    assert "it cannot run" in linted.stdout
    assert "nothing is wrong" not in linted.stdout


def test_a_code_that_does_not_exist_is_wrong_usage(workspace: Path) -> None:
    for option in ("--select", "--ignore"):
        linted = crossdock("lint", workspace, option, "XD1O4")
        assert linted.exit_code == 2
        assert f"{option}: there is no code 'XD1O4'" in linted.stderr
        assert "docs/reference/findings.md" in linted.stderr


def test_warnings_fail_where_they_are_asked_to(workspace: Path) -> None:
    assert crossdock("lint", warned(workspace), "--offline").exit_code == 0
    assert crossdock("lint", workspace, "--offline", "--strict").exit_code == 1
    assert crossdock("lint", workspace, "--offline", "--strict", "--ignore", "XD123").exit_code == 0
    strict = crossdock("lint", workspace, "--offline", "--strict", "--format", "junit").stdout
    lenient = crossdock("lint", workspace, "--offline", "--format", "junit").stdout
    assert [ElementTree.fromstring(one.encode()).get("failures") for one in (strict, lenient)] == ["1", "0"]


def test_a_comment_ignores_and_is_counted(workspace: Path) -> None:
    flow = workspace / "flows" / "orders.yaml"
    step = "  - publish: nobody.listens  # crossdock: ignore[XD605] the archive reads it\n"
    flow.write_text(flow.read_text().replace("  - milestone: released\n", f"{step}  - milestone: released\n"))
    told = document(crossdock("lint", workspace, "--offline", "--json"))
    assert [(one["code"], one["reason"]) for one in told["ignored"]] == [("XD605", "the archive reads it")]
    assert "XD605" not in [one["code"] for one in told["findings"]]
    assert "ignored by comments in the files: 1" in crossdock("lint", workspace, "--offline").stdout


def test_a_code_is_explained_with_a_wrong_and_a_right_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = crossdock("lint", "--explain", "xd104")
    assert told.exit_code == 0
    assert told.stdout.startswith("XD104: unknown key (error)\n")
    assert "raeson: credit-hold" in told.stdout.partition("Right:")[0]
    assert "reason: credit-hold" in told.stdout.partition("Right:")[2]
    assert document(crossdock("lint", "--explain", "XD104", "--json"))["mayBeIgnored"] is False


def test_a_code_that_does_not_exist_is_not_explained() -> None:
    told = crossdock("lint", "--explain", "XD1O4")
    assert told.exit_code == 2
    assert "there is no code 'XD1O4'" in told.stderr


def test_a_secret_in_clear_text_is_shown_by_no_format(workspace: Path) -> None:
    system = workspace / "flows" / "systems" / "shop.yaml"
    text = system.read_text()
    assert "${secret:" in text
    system.write_text(text.replace('"${secret:SHOP_TOKEN}"', "moby-dick-in-the-open"))
    for form in FORMATS:
        linted = crossdock("lint", workspace, "--offline", "--format", form)
        assert "XD503" in linted.stdout
        assert "moby-dick" not in linted.stdout
    ignored = text.replace('"${secret:SHOP_TOKEN}"', "moby-dick-in-the-open  # crossdock: ignore[XD503] a demo")
    system.write_text(ignored)
    for form in FORMATS:
        assert "moby-dick" not in crossdock("lint", workspace, "--offline", "--format", form).stdout


def test_paths_lead_from_where_lint_was_started(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    misspelt(workspace)
    monkeypatch.chdir(workspace.parent)
    github = crossdock("lint", "demo", "--offline", "--format", "github").stdout
    assert github.startswith("::error file=demo/flows/orders.yaml,line=")
    sarif = json.loads(crossdock("lint", "demo", "--offline", "--format", "sarif").stdout)
    place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "demo/flows/orders.yaml", "uriBaseId": "SRCROOT"}


def test_an_equal_run_is_told_from_what_was_kept(workspace: Path, cache: Path) -> None:
    first = crossdock("lint", workspace, "--offline")
    (kept,) = (cache / "crossdock" / "lint").glob("*.json")
    kept.write_text(kept.read_text().replace('"revision":"r-', '"revision":"kept-'))
    assert "kept-" in crossdock("lint", workspace, "--offline").stdout
    assert crossdock("lint", workspace, "--offline", "--no-cache").stdout == first.stdout
    assert crossdock("lint", workspace, "--offline").stdout == first.stdout
    assert "XD106" in crossdock("lint", misspelt(workspace), "--offline").stdout

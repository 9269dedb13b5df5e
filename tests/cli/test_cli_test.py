"""`crossdock test`."""

from __future__ import annotations

import time
from pathlib import Path

from cli_harness import Watching, crossdock, document, make_workspace


def change(workspace: Path, old: str, new: str) -> None:
    file = workspace / "flows" / "orders.test.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_the_cases_of_a_new_workspace_hold(workspace: Path) -> None:
    assert crossdock("test", workspace).stdout == "flows/orders.test.yaml  2 passed\n2 cases passed\n"
    told = document(crossdock("test", workspace, "--json"))
    assert (told["cases"], told["failed"]) == (2, 0)


def test_every_field_that_differs_is_named(workspace: Path) -> None:
    change(workspace, "unit: H87}, ", "unit: H88, extra: 1}, ")
    failed = crossdock("test", workspace)
    assert failed.exit_code == 1
    assert "  a web order becomes a canonical sales order (flows/orders.test.yaml:5:5)\n" in failed.stdout
    assert '    canonical.lines[0].quantity.unit: expected "H88", got "H87"\n' in failed.stdout
    assert "    canonical.lines[0].quantity.extra: expected 1, got nothing\n" in failed.stdout
    assert "1 of 2 cases failed" in failed.stdout


def test_another_refusal_than_expected_fails(workspace: Path) -> None:
    change(workspace, "broken-contract", "unreadable")
    assert "expected a refusal as unreadable, got broken-contract: " in crossdock("test", workspace).stdout
    change(workspace, "items: []", "items: [{sku: A, quantity: 1, unit: each}]")
    assert "expected a refusal as unreadable, got a canonical document" in crossdock("test", workspace).stdout


def test_numbers_are_compared_exactly(workspace: Path) -> None:
    """DESIGN 7: 19.90 in the payload is "19.90" in canonical, and nothing else."""
    change(workspace, '"19.90"', '"19.9"')
    assert 'expected "19.9", got "19.90"' in crossdock("test", workspace).stdout


def test_a_broken_test_file_is_refused_at_its_place(workspace: Path) -> None:
    change(workspace, "    expect:\n", "    expct:\n")
    refused = crossdock("test", workspace)
    assert refused.exit_code == 2
    assert "flows/orders.test.yaml:8:5 XD104" in refused.stderr


def test_a_payload_out_of_the_workspace_is_not_read(workspace: Path) -> None:
    change(workspace, "examples/shop.order-created.json", "../../etc/passwd")
    assert "leads out of the workspace" in crossdock("test", workspace).stderr


def test_cases_are_chosen_by_text(workspace: Path) -> None:
    assert crossdock("test", workspace, "-k", "without lines").stdout.endswith("\n1 case passed\n")
    assert crossdock("test", workspace, "-k", "no such").exit_code == 2


def test_paths_choose_files_of_one_workspace(workspace: Path, tmp_path: Path) -> None:
    """A path that tests nothing is not taken for a pass."""
    assert crossdock("test", workspace / "flows" / "orders.test.yaml").exit_code == 0
    assert crossdock("test", workspace / "flows" / "systems").exit_code == 2
    assert "is not there" in crossdock("test", workspace / "flows" / "nothing.test.yaml").stderr
    assert "is no test file" in crossdock("test", workspace / "flows" / "orders.yaml").stderr
    other = make_workspace(tmp_path / "other")
    assert "several workspaces" in crossdock("test", workspace, other).stderr


def test_expectations_are_written_on_demand(workspace: Path) -> None:
    change(workspace, "unit: H87}, ", "unit: H88}, ")
    updated = crossdock("test", workspace, "--update")
    assert updated.exit_code == 0
    assert updated.stderr == "updated flows/orders.test.yaml: 1 document\n"
    assert crossdock("test", workspace).exit_code == 0


def test_report_is_written_for_build_servers(workspace: Path, tmp_path: Path) -> None:
    change(workspace, "broken-contract", "unreadable")
    assert crossdock("test", workspace, "--junit", tmp_path / "report.xml").exit_code == 1
    report = (tmp_path / "report.xml").read_text()
    assert '<testsuites tests="2" failures="1"' in report
    assert crossdock("test", workspace, "--junit", tmp_path / "no" / "report.xml").exit_code == 2


def test_json_has_each_difference(workspace: Path) -> None:
    change(workspace, '"19.90"', '"19.91"')
    result = document(crossdock("test", workspace, "--json"))["results"][0]
    assert (result["file"], result["line"], result["holds"]) == ("flows/orders.test.yaml", 5, False)
    assert result["differences"] == [{"path": "canonical.lines[1].unitPrice", "expected": '"19.91"', "got": '"19.90"'}]


def test_output_is_plain_where_it_is_no_terminal(workspace: Path) -> None:
    change(workspace, "a web order", '"\\e[31m order"  # ')
    assert "\x1b" not in crossdock("test", workspace).output


def test_thousand_mapping_cases_are_quick(workspace: Path) -> None:
    """1,000 cases in under 20 s; a tenth of them in a tenth, with the start of the program on top."""
    file = workspace / "flows" / "orders.test.yaml"
    head, case = file.read_text().split("cases:\n")
    file.write_text(head + "cases:\n" + case.split("\n  - case: an order without")[0] * 100)
    began = time.perf_counter()
    assert document(crossdock("test", workspace, "--json"))["cases"] == 100
    assert time.perf_counter() - began < 5.0


def test_what_the_cases_reach_is_told(workspace: Path, tmp_path: Path) -> None:
    told = crossdock("test", workspace, "--coverage", "--coverage-html", tmp_path / "page").stdout
    assert "reached" in told
    assert "no case reaches:" in told
    page = (tmp_path / "page" / "index.html").read_text()
    assert "What the tests of" in page
    assert document(crossdock("test", workspace, "--json", "--coverage"))["coverage"]["of"] > 0


def test_tests_that_reach_too_little_fail(workspace: Path) -> None:
    assert crossdock("test", workspace, "--coverage-min", "1").exit_code == 0
    failed = crossdock("test", workspace, "--coverage-min", "100")
    assert failed.exit_code == 1
    assert "at least 100 % is asked" in failed.stderr


def test_chosen_cases_are_measured_against_what_they_are_about(workspace: Path) -> None:
    owners = document(crossdock("test", workspace, "--json", "--coverage", "-k", "without lines"))["coverage"]["owners"]
    assert list(owners) == ["system:shop"]


def test_processes_change_nothing_but_the_time(workspace: Path) -> None:
    assert crossdock("test", workspace, "--jobs", "2").stdout == crossdock("test", workspace).stdout


def test_cases_run_again_on_every_save(workspace: Path) -> None:
    watching = Watching(workspace, "test")

    def waiting(line: str) -> bool:
        return line.startswith("waiting for a save")

    assert "2 cases passed" in watching.until(waiting)
    change(workspace, "broken-contract", "unreadable")
    assert "1 of 2 cases failed" in watching.until(waiting)
    change(workspace, "    expect:\n", "    expct:\n")
    assert any("XD104" in line for line in watching.until(waiting))
    change(workspace, "    expct:\n", "    expect:\n")
    change(workspace, "unreadable", "broken-contract")
    while "2 cases passed" not in watching.until(waiting):
        pass  # between the two saves it may have run once
    assert watching.stop() == 0

"""Commands where no process runs: they take the store themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_harness import crossdock, document, put_dead

from engine.store.lock_file import LockFile


def test_dead_letters_are_listed_and_counted(workspace: Path) -> None:
    ids = [put_dead(workspace) for _ in range(3)]
    listed = crossdock("dead-letters", "list", "-w", workspace, "--limit", "2")
    assert listed.exit_code == 0
    assert ids[0] in listed.stdout
    assert ids[2] not in listed.stdout
    assert "the oldest 2 of 3 messages" in listed.stdout
    assert f"next: crossdock dead-letters show {ids[0]} -w {workspace}\n" in listed.stdout
    whole = document(crossdock("dead-letters", "list", "-w", workspace, "--json"))
    assert [message["id"] for message in whole["messages"]] == ids


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--invalid"], 1),
        (["--flow", "orders"], 1),
        (["--system", "warehouse"], 0),
        (["--reason", "unreadable"], 2),
        (["--class", "data"], 2),
        (["--class", "business"], 0),
        (["--key", "77"], 2),
        (["--key", "77", "--kind", "invoice"], 0),
        (["--since", "2025-10-01"], 2),
        (["--until", "2025-10-01"], 0),
        (["--since", "1 h"], 0),
    ],
)
def test_lists_are_narrowed(workspace: Path, options: list[str], count: int) -> None:
    put_dead(workspace)
    put_dead(workspace, channel="flow:orders")
    assert document(crossdock("dead-letters", "list", "-w", workspace, "--json", *options))["count"] == count


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--flow", "a", "--system", "b"], "exclude each other"),
        (["--kind", "invoice"], "--kind needs --key"),
        (["--since", "yesterday"], "expected a time such as"),
        (["--invalid", "--flow", "a"], "--invalid goes without"),
        (["--class", "nonsense"], "is not one of 'transient'"),
    ],
)
def test_options_that_make_no_sense_are_refused(workspace: Path, options: list[str], said: str) -> None:
    refused = crossdock("dead-letters", "list", "-w", workspace, *options)
    assert refused.exit_code == 2
    assert said in refused.stderr


@pytest.mark.parametrize("command", [["dead-letters", "list"], ["parked", "list"], ["replay", "--dry-run"]])
def test_a_misspelt_flow_or_system_is_not_taken_for_an_empty_range(workspace: Path, command: list[str]) -> None:
    put_dead(workspace)
    for option, name, hint in (("--flow", "ordres", "orders"), ("--system", "warehose", "warehouse")):
        refused = crossdock(*command, "-w", workspace, option, name)
        assert refused.exit_code == 1
        assert f"has no {option[2:]} '{name}'; did you mean '{hint}'" in refused.stderr


def test_a_discard_is_audited_with_who_and_why(workspace: Path) -> None:
    message = put_dead(workspace)
    done = crossdock("dead-letters", "discard", message, "-w", workspace, "--reason", "a test", "--as", "ann")
    assert (done.exit_code, done.stdout) == (0, f"{message}  discarded\n")
    (audit,) = document(crossdock("trace", message, "-w", workspace, "--json"))["audit"]
    assert (audit["who"], audit["verb"], audit["reason"]) == ("ann", "discard", "a test")


def test_one_refusal_does_not_keep_others_from_being_done(workspace: Path) -> None:
    message = put_dead(workspace)
    both = ("dead-letters", "discard", "0000000000000", message, "-w", workspace, "--reason", "a test", "--json")
    done = crossdock(*both)
    assert done.exit_code == 1
    assert [one["messageId"] for one in document(done)["done"]] == [message]
    assert document(done)["refused"][0]["messageId"] == "0000000000000"
    assert "there is no message '0000000000000'" in done.stderr


def test_a_reason_is_required_to_end_a_message(workspace: Path) -> None:
    message = put_dead(workspace)
    for reason in ([], ["--reason", "  "]):
        refused = crossdock("dead-letters", "discard", message, "-w", workspace, *reason)
        assert refused.exit_code == 2
        assert "reason" in refused.stderr


def test_invalid_input_needs_a_process_to_be_read_again(workspace: Path) -> None:
    refused = crossdock("dead-letters", "reprocess", put_dead(workspace), "-w", workspace)
    assert refused.exit_code == 1
    assert "while 'crossdock run' is up" in refused.stderr


def test_a_payload_cannot_steer_the_terminal(workspace: Path) -> None:
    """SEC: what came from outside is written out."""
    message = put_dead(workspace, payload=b"\x1b[2J\x1b]0;owned\x07", detail="broken \x1b[31mred\r")
    for command in (["dead-letters", "list"], ["trace", message, "--full"], ["trace", "77"]):
        shown = crossdock(*command, "-w", workspace)
        assert shown.exit_code == 0
        assert "\x1b" not in shown.stdout
        assert "\r" not in shown.stdout
        assert "\x07" not in shown.stdout


def test_a_transaction_is_found_by_its_key(workspace: Path) -> None:
    message = put_dead(workspace, channel="flow:orders")
    found = crossdock("trace", "77", "-w", workspace)
    assert "sales-order 77" in found.stdout
    assert message in found.stdout
    assert "next: message" in found.stdout
    assert document(crossdock("trace", "77", "-w", workspace, "--json"))["kind"] == "transaction"


def test_what_nobody_knows_is_refused(workspace: Path) -> None:
    put_dead(workspace)
    found = crossdock("trace", "nothing", "-w", workspace)
    assert found.exit_code == 1
    assert "nothing is known of 'nothing'" in found.stderr


def test_a_workspace_in_which_nothing_has_run_is_said(workspace: Path) -> None:
    for command in (["status"], ["trace", "1001"], ["dead-letters", "list"]):
        told = crossdock(*command, "-w", workspace)
        assert told.exit_code == 3
        assert "nothing has run" in told.stderr
    assert [made.name for made in (workspace / ".crossdock").iterdir()] == ["schemas"]


@pytest.mark.parametrize("command", [["drain"], ["reload"], ["send", "shop.order-created", "-"], ["sandbox", "list"]])
def test_commands_for_a_running_process_say_that_there_is_none(workspace: Path, command: list[str]) -> None:
    told = crossdock(*command, "-w", workspace, stdin="{}")
    assert (told.exit_code, told.stdout) == (3, "")
    assert "no process runs" in told.stderr
    assert "crossdock run" in told.stderr


def test_status_shows_the_store_without_a_process(workspace: Path) -> None:
    put_dead(workspace)
    told = crossdock("status", "-w", workspace)
    assert told.exit_code == 3
    assert "no process runs" in told.stdout
    assert f"next: crossdock dead-letters list -w {workspace}  # 1 dead letter\n" in told.stdout
    assert document(crossdock("status", "-w", workspace, "--json"))["channels"][0]["state"] == "dead"


def test_a_store_that_another_process_holds_is_left_alone(workspace: Path) -> None:
    put_dead(workspace)
    lock = LockFile(workspace / ".crossdock" / "store.db")
    try:
        refused = crossdock("dead-letters", "list", "-w", workspace)
    finally:
        lock.release()
    assert refused.exit_code == 1
    assert "runs on this store" in refused.stderr


def test_a_replay_is_counted_before_anything_runs(workspace: Path) -> None:
    put_dead(workspace, channel="flow:orders")
    put_dead(workspace, channel="flow:orders")
    assert crossdock("replay", "-w", workspace).exit_code == 2
    dry = document(crossdock("replay", "-w", workspace, "--flow", "orders", "--dry-run", "--json"))
    assert (dry["counted"], dry["byState"], dry["dryRun"]) == (2, {"dead": 2}, True)
    unconfirmed = crossdock("replay", "-w", workspace, "--flow", "orders")
    assert unconfirmed.exit_code == 2
    assert "2 messages (2 dead)" in unconfirmed.stderr
    assert "--yes" in unconfirmed.stderr
    done = document(crossdock("replay", "-w", workspace, "--flow", "orders", "--yes", "--reason", "mended", "--json"))
    assert (done["ordered"], done["leftAlone"]) == (2, 0)


def test_a_replay_of_one_state_leaves_the_others(workspace: Path) -> None:
    put_dead(workspace, channel="flow:orders")
    none = crossdock("replay", "-w", workspace, "--flow", "orders", "--state", "completed", "--yes")
    assert (none.exit_code, none.stdout) == (0, "the range holds no message\n")


def test_a_store_of_this_version_needs_no_migration(workspace: Path) -> None:
    put_dead(workspace)
    assert crossdock("migrate", "-w", workspace).stdout == "nothing to do; the store is at this program's version\n"
    assert document(crossdock("migrate", "-w", workspace, "--json")) == {"added": []}


def test_nothing_parked_is_said(workspace: Path) -> None:
    put_dead(workspace)
    assert crossdock("parked", "list", "-w", workspace).stdout == "nothing is parked\n"
    chosen = crossdock("parked", "list", "--reason", "credit-hold", "-w", workspace)
    assert chosen.stdout == "nothing is parked of that kind\n"


def test_password_of_a_store_is_not_repeated(workspace: Path) -> None:
    """SEC-5: secrets are never printed."""
    refused = crossdock("run", workspace, "--sandbox", "--store", "mysql://hub:swordfish@db/hub")
    assert refused.exit_code == 2
    assert "got 'mysql://hub:***@db/hub'" in refused.stderr

"""Commands beside a real running process."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from cli_harness import DEADLINE, Running, Terminal, crossdock, document, make_workspace

from engine.cli.announcement import announce, own_things_to_try


def test_an_order_is_sent_and_its_story_is_told(running: Running) -> None:
    """OBS-1: what came in, each request and reply, each attempt, and what happens next."""
    message = running.send_order("5001")
    running.wait_for_state(message, ["completed"])
    story = running.crossdock("trace", message)
    assert "sales-order 5001" in story.stdout
    assert "call:warehouse.create-delivery" in story.stdout
    assert 'received: {"number":"D-' in story.stdout
    assert "milestone  released: the warehouse calls it D-" in story.stdout
    assert "next: nothing, it has ended" in story.stdout
    whole = running.crossdock("trace", "5001")
    assert message in whole.stdout
    assert "next: nothing" in whole.stdout


def test_a_repeat_names_the_first_message(running: Running) -> None:
    first = running.send_order("5002")
    text = (running.folder / "examples" / "shop.order-created.json").read_text().replace("1001", "5002")
    again = running.crossdock("send", "shop.order-created", "-", stdin=text)
    asked = f"crossdock trace {first} -w {running.folder}"
    assert again.stdout == f"{first}  came before; the first message stands\nnext: {asked}\n"


def test_what_cannot_be_taken_is_refused_with_every_violation(running: Running) -> None:
    refused = running.crossdock("send", "shop.order-created", "-", stdin='{"number": "9"}')
    assert (refused.exit_code, refused.stdout) == (1, "")
    for field in ("customer", "items", "placed_at"):
        assert field in refused.stderr
    unknown = running.crossdock("send", "shop.order-creatd", "-", stdin="{}")
    assert unknown.exit_code == 1
    assert "no event 'shop.order-creatd'; did you mean 'shop.order-created'" in unknown.stderr
    bare = running.crossdock("send", "shop", "-", stdin="{}")
    assert "no event 'shop'; those of 'shop' are shop.order-created" in bare.stderr
    assert "shop.order-creatd" not in running.crossdock("dead-letters", "list").stdout


def test_bytes_that_are_no_text_are_not_sent(running: Running, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_bytes(b'{"number": "\xff"}')
    refused = running.crossdock("send", "shop.order-created", str(tmp_path / "order.json"))
    assert refused.exit_code == 2
    assert "not UTF-8 at byte 12" in refused.stderr


def test_headers_are_checked(running: Running) -> None:
    refused = running.crossdock("send", "shop.order-created", "-", "--header", "nothing", stdin="{}")
    assert refused.exit_code == 2
    assert "expected 'NAME: VALUE', got 'nothing'" in refused.stderr


def test_status_shows_systems_and_address(running: Running) -> None:
    told = running.crossdock("status")
    assert told.exit_code == 0
    assert "demo runs revision r-" in told.stdout
    assert running.address in told.stdout
    assert "warehouse  closed" in told.stdout
    assert document(running.crossdock("status", "--json"))["accepting"] is True


def test_a_refused_delivery_becomes_a_dead_letter_and_is_reprocessed(running: Running) -> None:
    """REL-8: a person finds it, mends the cause and reprocesses; who and why are kept."""
    failing = running.crossdock("sandbox", "fail", "warehouse", "status", "--status", "422", "--times", "1", "--json")
    assert document(failing)["faults"][0]["status"] == 422
    message = running.send_order("5003")
    running.wait_for_state(message, ["dead"])
    listed = running.crossdock("dead-letters", "list", "--reason", "refused-by-warehouse", "--class", "data")
    assert message in listed.stdout
    shown = running.crossdock("dead-letters", "show", message)
    assert "order-desk:" in shown.stdout
    done = running.crossdock("dead-letters", "reprocess", message, "--reason", "mended", "--as", "ann")
    assert done.stdout == f"{message}  reprocessed, now ready\n"
    trace = running.wait_for_state(message, ["completed"])
    (audit,) = trace["audit"]
    assert (audit["who"], audit["verb"], audit["reason"]) == ("ann", "reprocess", "mended")
    ledger = running.crossdock("sandbox", "ledger", "warehouse", "--operation", "create-delivery")
    assert "had an effect" in ledger.stdout
    other = running.crossdock("sandbox", "ledger", "warehouse", "--operation", "create-delivry")
    assert other.stdout == "the stand-in of warehouse was asked nothing of that kind\n"
    other = running.crossdock("trace", "5003", "--kind", "shipment")
    assert "nothing is known of '5003': no business key of the kind 'shipment'" in other.stderr


def test_a_ledger_that_is_cut_says_how_many_there_are(running: Running) -> None:
    for number in ("5101", "5102", "5103"):
        running.wait_for_state(running.send_order(number), ["completed"])
    told = document(running.crossdock("sandbox", "ledger", "warehouse", "--limit", "2", "--json"))
    count = told["count"]
    assert len(told["entries"]) == 2 < count
    cut = running.crossdock("sandbox", "ledger", "warehouse", "--limit", "2").stdout
    assert f"the oldest 2 of {count} requests; --limit shows more\n{told['effects']} of {count} had an effect\n" in cut
    whole = running.crossdock("sandbox", "ledger", "warehouse", "--limit", str(count)).stdout
    assert "--limit" not in whole


def test_an_order_that_does_not_fit_says_which_does(running: Running) -> None:
    message = running.send_order("5004")
    running.wait_for_state(message, ["completed"])
    refused = running.crossdock("release", message, "--reason", "why not")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"{message} is completed, not parked; 'reprocess' runs it again" in refused.stderr


def test_faults_are_listed_and_ended(running: Running) -> None:
    set_ = running.crossdock("sandbox", "fail", "warehouse", "latency", "--delay", "1 ms")
    assert set_.stdout.startswith("warehouse: latency, delay 1 ms; happened")
    assert "create-delivery" in running.crossdock("sandbox", "list").stdout
    assert running.crossdock("sandbox", "heal", "warehouse").stdout == "warehouse has no faults\n"
    assert running.crossdock("sandbox", "faults", "warehouse", "--json").stdout == '{\n  "faults": []\n}\n'
    unknown = running.crossdock("sandbox", "heal", "warehous")
    assert unknown.exit_code == 1
    assert "expected one of warehouse" in unknown.stderr


def test_the_control_socket_is_its_owners(running: Running) -> None:
    """SEC-5: nobody else gives orders."""
    mode = (running.folder / ".crossdock" / "control.sock").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_second_run_on_the_same_store_is_refused(running: Running) -> None:
    refused = crossdock("run", running.folder, "--sandbox", "--port", "0")
    assert refused.exit_code == 1
    assert "runs on this store" in refused.stderr
    assert "crossdock drain" in refused.stderr


def test_the_shop_posts_with_its_token(running: Running) -> None:
    """The curl line of the new workspace's README."""
    body = (running.folder / "examples" / "shop.order-created.json").read_bytes()
    headers = {"Content-Type": "application/json", "X-Shop-Token": "sandbox-SHOP_TOKEN"}
    with urlopen(Request(f"{running.address}/hooks/shop/orders", body, headers), timeout=30) as answer:
        assert answer.status == 202
    with pytest.raises(HTTPError, match="401"):
        urlopen(Request(f"{running.address}/hooks/shop/orders", body, {"X-Shop-Token": "wrong"}), timeout=30)


def test_a_workspace_with_errors_is_not_reloaded(running: Running) -> None:
    flow = running.folder / "flows" / "orders.yaml"
    text = flow.read_text()
    try:
        flow.write_text(text.replace("layer: process", "layer: proces"))
        refused = running.crossdock("reload")
        assert refused.exit_code == 2
        assert "flows/orders.yaml:3:8 XD" in refused.stderr
        assert "the old revision runs on" in refused.stderr
        assert running.crossdock("status").exit_code == 0, "a broken file does not cut off the operator"
        flow.write_text(text.replace("window: 7 days", "window: 8 days"))
        changed = document(running.crossdock("reload", "--json"))
        assert changed["changed"] is True
    finally:
        flow.write_text(text)
    assert running.crossdock("reload").stdout.startswith("revision r-")
    assert running.crossdock("reload").stdout.startswith("nothing has changed")


def test_a_drained_process_has_ended_in_good_order(workspace: Path) -> None:
    process = Running.start(workspace)
    message = process.send_order("6001")
    drained = process.crossdock("drain")
    assert (drained.exit_code, drained.stdout) == (0, "the process has finished its work and stopped\n")
    assert process.process.wait(60) == 0
    assert [event["event"] for event in process.events][-2:] == ["draining", "stopped"]
    assert document(crossdock("trace", message, "-w", workspace, "--json"))["id"] == message


def test_a_process_that_dies_while_it_drains_has_not_ended_in_good_order(workspace: Path) -> None:
    process = Running.start(workspace)
    assert process.crossdock("sandbox", "fail", "warehouse", "hang").exit_code == 0
    process.wait_for_state(process.send_order("6002"), ["running"])
    drain = Terminal(workspace, "drain")
    process.wait_for(lambda: process.events[-1]["event"] == "draining")
    process.process.kill()
    said = drain.until(lambda line: line.endswith("what it left"))
    assert said[0] == "crossdock: the process ended before it had finished its work: it crashed or was killed"
    assert "'crossdock status'" in said[1]
    assert drain.process.wait(DEADLINE) == 1


def test_a_workspace_with_errors_is_not_started(workspace: Path) -> None:
    (workspace / "flows" / "orders.yaml").write_text("flow: orders\nlayr: process\n")
    refused = crossdock("run", workspace, "--sandbox")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "the workspace has" in refused.stderr
    assert "flows/orders.yaml:2:1 XD104" in refused.stderr
    assert "crossdock lint" in refused.stderr


def test_the_start_says_where_it_is_and_what_to_try(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = {
        "workspace": "demo",
        "revision": "r-1",
        "address": "http://127.0.0.1:8080",
        "flows": 1,
        "systems": 2,
        "store": "store.db",
        "sandbox": {"warehouse": "http://127.0.0.1:9090"},
    }
    announce(workspace, "started", facts)
    said = capsys.readouterr().out
    assert "demo runs: 1 flow, 2 systems, revision r-1" in said
    assert "warehouse on http://127.0.0.1:9090" in said
    commands = re.findall(r"^  (crossdock .*)", said, re.MULTILINE)
    assert len(commands) == 3
    example = workspace / "examples" / "shop.order-created.json"
    assert commands[0] == f"crossdock send shop.order-created {example} -w {workspace}"


def test_a_workspace_may_say_itself_what_to_try(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workspace / "examples" / "try.txt").write_text("# orders\ncurl {address}/hooks -d 1\n\ncrossdock trace 1001\n")
    commands = ["curl http://x:1/hooks -d 1", "crossdock trace 1001"]
    assert own_things_to_try(workspace, "http://x:1") == [f"cd {workspace}", *commands]
    monkeypatch.chdir(workspace)
    assert own_things_to_try(Path(), "http://x:1") == commands


def test_commands_to_try_name_a_program_that_the_shell_finds(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace / "examples" / "notes.json").write_text("{}")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(workspace)
    monkeypatch.setattr("sys.argv", [".venv/bin/crossdock", "run"])
    facts = {"workspace": "demo", "revision": "r-1", "address": None, "flows": 1, "systems": 2, "store": "store.db"}
    announce(Path(), "started", {**facts, "sandbox": {}})
    said = capsys.readouterr().out
    assert "  .venv/bin/crossdock send shop.order-created examples/shop.order-created.json\n" in said
    assert "notes" not in said


def test_a_reload_without_a_change_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    announce(Path(), "reloaded", {"revision": "r-1", "changed": False})
    assert capsys.readouterr().out == "nothing has changed; revision r-1 runs on\n"


def test_missing_secrets_are_said_at_the_start_with_a_way_out(workspace: Path) -> None:
    refused = crossdock("run", workspace, "--port", "0")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "CROSSDOCK_SECRET_SHOP_TOKEN" in refused.stderr
    assert "start with --sandbox" in refused.stderr


def test_a_workspace_at_the_end_of_a_long_path_can_be_asked(tmp_path: Path) -> None:
    """A Unix socket's path has 103 bytes at most."""
    process = Running.start(make_workspace(tmp_path / ("a" * 60) / ("b" * 60) / "demo"))
    assert process.crossdock("status").exit_code == 0
    assert process.crossdock("drain").exit_code == 0
    assert process.process.wait(60) == 0

"""`crossdock capture`: a message that really ran becomes a test that holds."""

from __future__ import annotations

from cli_harness import Running, crossdock, document


def test_a_message_of_a_running_process_becomes_a_test(running: Running) -> None:
    message = running.send_order("5077")
    running.wait_for_state(message, ["completed"])
    tests = running.folder / "flows" / "orders.test.yaml"
    before = tests.read_text()
    printed = running.crossdock("capture", message, "--print")
    assert printed.stdout.startswith(f"  - case: message {message} is completed\n")
    assert tests.read_text() == before
    told = running.crossdock("capture", message, "--case", "an order goes through")
    assert "flows/orders.test.yaml: added 'an order goes through', which holds" in told.stdout
    assert tests.read_text().startswith(before.rstrip("\n"))
    result = crossdock("test", running.folder, "--json")
    tests.write_text(before)
    assert [one["case"] for one in document(result)["results"] if one["holds"]][-1] == "an order goes through"


def test_a_message_that_is_not_there_is_told(running: Running) -> None:
    refused = running.crossdock("capture", "0000000000000")
    assert refused.exit_code == 1
    assert "0000000000000" in refused.stderr

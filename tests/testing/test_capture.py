"""What a flow did is captured as a case that holds, in whatever way it ended; the names in it are nobody's."""

from __future__ import annotations

import pytest

from engine.errors import CommandRefused
from engine.testing.capture import Capture, Captured, DoesOtherwise
from tests.testing.recording import Record, record_with
from tests.testing.small import Workspace

GIVEN = "given: {event: shop.order, payload: {id: 7, total: 19.90, who: ann@shop.example}, at: 2026-03-02T10:00:00Z}\n"
OK = "- {operation: erp.check, reply: {body: {state: ok, contact: {name: Annabel Smith}}}}\n"
HOLD = "- {operation: erp.check, reply: {body: {state: hold}}}\n"
BOOKED = "- {operation: erp.book, reply: {status: 201, body: {ref: B-1}}}\n"
SHIPPED = "- {operation: erp.ship, reply: {status: 200}}\n"


def captured(small: Workspace, record: Record) -> Captured:
    """The case, written into an empty file and run once more."""
    (small.folder / "flows/orders.test.yaml").unlink(missing_ok=True)
    made = Capture(small.revision, small.folder).capture(record)
    (verdict,) = small.run(made.text)
    assert list(verdict.lines()) == []
    return made


def test_a_completed_message_becomes_a_case_without_personal_data(small: Workspace) -> None:
    made = captured(small, record_with(small, GIVEN, OK, BOOKED, SHIPPED))
    assert "ann@shop.example" not in made.text
    assert "Annabel" not in made.text
    assert made.masked == 2
    assert 'customer: "person1@example.com"' in made.case
    assert made.sentence.endswith("is completed")
    for expected in (
        "outcome: completed",
        "operation: erp.book",
        "outcome: completed",
        "milestones: [received, booked]",
    ):
        assert expected in made.case


def test_tries_that_failed_are_in_it(small: Workspace) -> None:
    tries = "- {operation: erp.check, replies: [{status: 503}, {fault: unreachable}, {body: {state: ok}}]}\n"
    made = captured(small, record_with(small, GIVEN, tries, BOOKED, SHIPPED))
    assert "replies: [{status: 503}, {fault: unreachable}, {body: {state: ok}}]" in made.case


def test_an_answer_that_was_lost_is_asked_for_again(small: Workspace) -> None:
    lost = "- {operation: erp.book, replies: [{fault: timeout}]}\n"
    found = "- {operation: erp.book, confirm: true, reply: {body: {ref: B-1}}}\n"
    made = captured(small, record_with(small, GIVEN, OK, lost, found, SHIPPED))
    assert "{operation: erp.book, confirm: true, reply: {body: {ref: B-1}}}" in made.case


def test_a_parked_message_is_parked(small: Workspace) -> None:
    made = captured(small, record_with(small, GIVEN, HOLD))
    assert "outcome: parked" in made.case
    assert "reason: credit" in made.case
    assert made.sentence.endswith("is parked for credit")


def test_the_event_that_released_it_comes_again(small: Workspace) -> None:
    event = 'then: [{publish: {topic: credit.decided, payload: {number: "7"}}}]\n'
    made = captured(small, record_with(small, GIVEN, HOLD, BOOKED, SHIPPED, then=event))
    assert "publish:" in made.case
    assert "topic: credit.decided" in made.case


def test_a_person_releases_it_again(small: Workspace) -> None:
    made = captured(small, record_with(small, GIVEN, HOLD, BOOKED, SHIPPED, then="then: [{release: true}]\n"))
    assert "then:\n      - {release: true}" in made.case.replace(
        "then: [{release: true}]", "then:\n      - {release: true}"
    )


def test_a_refusal_by_a_rule_is_in_it(small: Workspace) -> None:
    refused = "- {operation: erp.book, reply: {status: 422, body: {code: NO}}}\n"
    made = captured(small, record_with(small, GIVEN, OK, refused))
    assert "outcome: dead" in made.case
    assert "class: data" in made.case
    assert "reason: bad-order" in made.case


def test_what_was_taken_back_is_taken_back(small: Workspace) -> None:
    given = GIVEN.replace("19.90", "-1")
    made = captured(small, record_with(small, given, OK, BOOKED, "- {operation: erp.cancel, reply: {}}\n"))
    assert "undone: [erp.cancel]" in made.case


def test_cases_are_added_to_those_that_are_there(small: Workspace) -> None:
    record = record_with(small, GIVEN, OK, BOOKED, SHIPPED)
    first = captured(small, record_with(small, GIVEN, HOLD))
    second = Capture(small.revision, small.folder).capture(record, sentence="all is well")
    assert second.text.startswith(first.text)
    assert [verdict.holds for verdict in small.run(second.text)] == [True, True]


def test_a_flow_that_does_otherwise_today_is_told(small: Workspace) -> None:
    record = dict(record_with(small, GIVEN, OK, BOOKED, SHIPPED))
    record["milestones"] = ["received", "shipped"]
    with pytest.raises(DoesOtherwise, match=r'milestones\[1\]: expected "shipped", got "booked"'):
        captured(small, record)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"channel": "system:erp"}, "only messages of flows"),
        ({"channel": "flow:gone"}, "no flow 'gone' any more"),
        ({"state": "waiting"}, "come to rest"),
        ({"payload": None}, "was erased, or is no text"),
    ],
)
def test_what_cannot_be_a_case_is_refused(small: Workspace, change: Record, told: str) -> None:
    record = {**record_with(small, GIVEN, HOLD), **change}
    with pytest.raises(CommandRefused, match=told):
        captured(small, record)

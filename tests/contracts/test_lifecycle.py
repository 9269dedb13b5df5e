"""Life cycles: milestones that fit together, and owners of fields."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contracts.lifecycle import BadLifecycle, Lifecycle
from engine.contracts.ownership import Owner, Ownership


def lifecycle(**changes: Any) -> dict[str, Any]:
    milestones = [
        {"milestone": "received", "reported_by": "channel", "summary": "The thing is stored."},
        {"milestone": "booked", "after": ["received"], "reported_by": "erp", "summary": "It is in the books."},
        {
            "milestone": "closed",
            "after": ["booked"],
            "reported_by": "erp",
            "summary": "It is done with.",
            "final": True,
        },
    ]
    document = {
        "entity": "thing",
        "summary": "A thing and what becomes of it.",
        "key": "thingNumber",
        "milestones": milestones,
        "owners": {"thingNumber": {"owner": "erp", "steward": "order-desk"}},
        "expectations": [
            {"expect": "booked", "after": "received", "within": "5 min", "owner": "order-desk", "severity": "warning"}
        ],
    }
    return {**document, **changes}


def problems(**changes: Any) -> list[str]:
    with pytest.raises(BadLifecycle) as caught:
        Lifecycle.read(lifecycle(**changes))
    return [f"{path}: {sentence}" for path, sentence in caught.value.problems]


def milestone(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"milestone": name, "after": list(after), "reported_by": "erp", "summary": f"It is {name} now.", **more}


def test_a_life_cycle_that_fits_is_read() -> None:
    read = Lifecycle.read(lifecycle())
    assert [each.milestone for each in read.milestones] == ["received", "booked", "closed"]
    assert read.ownership.owner_of("thingNumber") == "order-desk (erp)"


def test_unknown_keys_and_missing_ones_are_told_together() -> None:
    found = problems(ownrs={}, summary="short", entity=None)
    assert [sentence.partition(":")[0] for sentence in found] == ["entity", "summary", "ownrs"]


@pytest.mark.parametrize("within", ["5m", "5 minutes", "0 min", "", "min"])
def test_a_time_has_one_spelling(within: str) -> None:
    expectation = {"expect": "booked", "after": "received", "within": within, "owner": "x", "severity": "warning"}
    assert problems(expectations=[expectation])[0].startswith("expectations[0].within: ")


def test_an_unknown_milestone_is_told_with_the_nearest() -> None:
    expectation = {"expect": "boked", "after": "received", "within": "1 h", "owner": "x", "severity": "notice"}
    (problem,) = problems(expectations=[expectation])
    assert "expected a milestone of this life cycle, got 'boked'; did you mean 'booked'" in problem


def test_a_milestone_stands_once() -> None:
    (problem,) = problems(milestones=[milestone("received"), milestone("booked"), milestone("received")])
    assert "expected each milestone once, got 'received' 2 times" in problem


@pytest.mark.parametrize(
    "milestones",
    [
        [milestone("received"), milestone("booked", "closed"), milestone("closed", "booked")],
        [milestone("received", final=True), milestone("booked", "received")],
    ],
)
def test_a_milestone_that_cannot_be_reached_is_told(milestones: list[dict[str, Any]]) -> None:
    assert "expected 'booked' to be reachable" in problems(milestones=milestones)[0]


@pytest.mark.parametrize("path", ["lines[0].quantity", "a..b", ".a", "a.", "a b", ""])
def test_an_owner_is_of_a_field_not_of_a_place(path: str) -> None:
    assert problems(owners={path: {"owner": "erp", "steward": "x"}})


OWNERSHIP = Ownership(
    {
        "lines": Owner("shop", "order-desk", ("crm",)),
        "lines[].shipFrom": Owner("erp", "planning"),
        "totals.tax": Owner("erp", "finance"),
    }
)


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("lines", "order-desk (shop)"),
        ("lines[12]", "order-desk (shop)"),
        ("lines[0].quantity.value", "order-desk (shop)"),
        ("lines[3].shipFrom", "planning (erp)"),
        ("lines[3].shipFromCode", "order-desk (shop)"),
        ('lines[3].extensions["shop:a.b[0]"]', "order-desk (shop)"),
        ("totals.tax.value", "finance (erp)"),
        ("totals", None),
        ("linesAbove", None),
        ("", None),
    ],
)
def test_the_nearest_owner_above_a_field_owns_it(path: str, owner: str | None) -> None:
    """OWN-1."""
    assert OWNERSHIP.owner_of(path) == owner


def test_a_field_is_written_by_its_owner_and_the_named_writers() -> None:
    assert OWNERSHIP.may_write("shop", "lines[0].quantity")
    assert OWNERSHIP.may_write("crm", "lines[0].quantity")
    assert not OWNERSHIP.may_write("erp", "lines[0].quantity")
    assert not OWNERSHIP.may_write("shop", "lines[0].shipFrom")
    assert not OWNERSHIP.may_write("erp", "unowned")


def test_a_role_may_write_what_it_owns() -> None:
    ownership = Ownership({"number": Owner("channel", "order-desk")})
    assert ownership.may_write("shop", "number", frozenset({"channel"}))
    assert not ownership.may_write("shop", "number", frozenset({"wms"}))


MATRIX = Ownership(
    {
        "*": Owner("erp", "finance", ("shop",)),
        "status": Owner("erp", "finance", foreign="park"),
        "lines[].shipFrom": Owner("erp", "planning", foreign="propose"),
    }
)


@pytest.mark.parametrize(
    ("system", "document", "foreign"),
    [
        ("shop", {"number": "1", "lines": [{"sku": "a"}]}, []),
        ("shop", {"number": "1", "status": "new"}, ["status"]),
        ("shop", {"lines": [{"shipFrom": "EAST"}, {"sku": "b", "shipFrom": "WEST"}]}, ["lines[].shipFrom"]),
        ("crm", {"number": "1", "status": "new"}, ["number", "status"]),
        ("erp", {"number": "1", "status": "new", "lines": [{"shipFrom": "EAST"}]}, []),
        ("crm", ["no", "document"], []),
    ],
)
def test_the_fields_of_others_are_found_in_a_document(system: str, document: Any, foreign: list[str]) -> None:
    """OWN-2."""
    assert [field.path for field in MATRIX.foreign_fields(document, system, frozenset())] == foreign


def test_an_owner_of_everything_else_has_no_field_below() -> None:
    assert MATRIX.of("lines[0].shipFrom") == MATRIX.by_path["lines[].shipFrom"]
    assert MATRIX.of("lines[0].sku") == MATRIX.by_path["*"]
    assert MATRIX.own("lines[].sku") is None


def test_what_becomes_of_a_strangers_change_is_said_once_and_again_for_a_field() -> None:
    """OWN-2."""
    owners = {"a": {"owner": "erp", "steward": "x"}, "b": {"owner": "erp", "steward": "x", "foreign": "refuse"}}
    read = Lifecycle.read(lifecycle(foreign="park", owners=owners)).ownership
    assert (read.by_path["a"].foreign, read.by_path["b"].foreign) == ("park", "refuse")


def test_an_entity_without_a_life_has_owners_only() -> None:
    read = Lifecycle.read(lifecycle(milestones=[], expectations=[]))
    assert read.milestones == []


def test_versions_have_stages_and_days() -> None:
    """GOV-1."""
    versions = {"1": {"stage": "deprecated", "ends": "2027-01-31", "successor": "2"}, "2": {"stage": "active"}}
    read = Lifecycle.read(lifecycle(versions=versions))
    assert str(read.versions["1"].ends) == "2027-01-31"
    assert problems(versions={"one": {"stage": "active"}})[0].startswith("versions")
    assert problems(versions={"1": {"stage": "old"}})[0].startswith("versions")

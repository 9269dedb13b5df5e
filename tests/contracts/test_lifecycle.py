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

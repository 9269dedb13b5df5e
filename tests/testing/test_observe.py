"""What cases reach: steps, arms, error rules and mapped fields, seen by onlookers on the revision that runs anyway."""

from __future__ import annotations

from tests.testing.small import Workspace

CHECKED = "- {operation: erp.check, reply: {body: {state: ok}}}"
HELD = "- {operation: erp.check, reply: {body: {state: hold}}}"
BOOKED = "- {operation: erp.book, reply: {status: 201, body: {ref: B-1}}}"


def case(given: str, *stubs: str, expect: str = "{}") -> str:
    listed = "".join(f"      {stub}\n" for stub in stubs)
    return f"  - case: it holds\n    flow: orders\n    given: {given}\n    stubs:\n{listed}    expect: {expect}\n"


HEAD = "test: orders\ncases:\n"
ORDER = "{event: shop.order, file: examples/order.json}"


def test_a_case_reaches_the_steps_that_it_runs(small: Workspace) -> None:
    coverage = small.coverage(HEAD + case(ORDER, HELD, expect="{outcome: parked}"))
    reached = {str(point) for point in coverage.points if coverage.cases[point] and point.owner == "flow:orders"}
    assert reached == {"milestone:received", "call:erp.check", "park:credit", "park:credit: parks"}
    assert "call:erp.book" in {str(point) for point in coverage.missed("flow:orders")}


def test_the_arm_that_is_taken_is_reached_and_no_other(small: Workspace) -> None:
    coverage = small.coverage(HEAD + case(ORDER, CHECKED, BOOKED))
    missed = {str(point) for point in coverage.missed("flow:orders") if point.kind == "arms"}
    assert missed == {"park:credit: parks", "route: arm 1 (total < 0)"}
    assert "raise" in {point.name.partition(":")[0] for point in coverage.missed("flow:orders")}


def test_an_undone_flow_reaches_the_error_rule_and_the_arm(small: Workspace) -> None:
    """The steps that the executor takes back are found by their class: onlookers must not hide it."""
    cancelled = "- {operation: erp.cancel, reply: {}}"
    given = "{event: shop.order, payload: {id: 7, total: -1}}"
    coverage = small.coverage(
        HEAD + case(given, CHECKED, BOOKED, cancelled, expect="{outcome: dead, undone: [erp.cancel]}")
    )
    assert "route: arm 1 (total < 0)" not in {str(point) for point in coverage.missed("flow:orders")}


def test_a_rule_is_reached_when_it_says_what_a_reply_means(small: Workspace) -> None:
    refused = "- {operation: erp.book, reply: {status: 422}}"
    coverage = small.coverage(HEAD + case(ORDER, CHECKED, refused, expect="{outcome: dead}"))
    rules = {str(point): coverage.cases[point] for point in coverage.points if point.kind == "errors"}
    assert rules == {'business (on-hold) when body.code = "HOLD"': 0, "data (bad-order) when status = 422": 1}


def test_a_field_is_reached_when_its_mapping_sets_it(small: Workspace) -> None:
    coverage = small.coverage(HEAD + case(ORDER, CHECKED, BOOKED) + case(ORDER, CHECKED, BOOKED))
    fields = {
        str(p): coverage.cases[p] for p in coverage.points if p.kind == "fields" and p.owner.startswith("system:")
    }
    assert fields == {
        "shop.order: number": 2,
        "shop.order: total": 2,
        "shop.order: customer": 0,
        "shop.order: lines": 2,
        "erp.book: nr": 2,
        "erp.book: sum": 2,
        "erp.book:reply: bookedAs": 2,
    }


def test_a_mapping_case_reaches_the_fields_of_its_system(small: Workspace) -> None:
    coverage = small.coverage(
        HEAD + "  - case: it holds\n    mapping: shop.order\n    given: {payload: {id: 7, total: 1, who: me}}\n"
        "    expect: {canonical: {number: '7', total: 1, customer: me, lines: []}}\n"
    )
    assert coverage.missed("system:shop") == []
    assert coverage.share("system:shop").percent == 100.0


def test_watching_changes_no_verdict(small: Workspace) -> None:
    text = HEAD + case(ORDER, CHECKED, BOOKED, expect="{publishes: []}")
    plain = [list(verdict.lines()) for verdict in small.run(text)]
    assert plain == [list(verdict.lines()) for verdict in small.watched(text)[0]]
    assert plain == [["publishes: expected none, got order.booked"]]

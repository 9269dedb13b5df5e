"""What a change does to the parts of a workspace, to those who use its contracts, and to messages that really came."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.app.checks import check
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.planning.plan import Plan, Side, plan_change
from tests.testing.recording import Record, record_with
from tests.testing.small import FILES, Workspace, make_small

GIVEN = "given: {event: shop.order, payload: {id: 7, total: 19.90, who: ann}, at: 2026-03-02T10:00:00Z}\n"
OK = "- {operation: erp.check, reply: {body: {state: ok}}}\n"
HOLD = "- {operation: erp.check, reply: {body: {state: hold}}}\n"
BOOKED = "- {operation: erp.book, reply: {status: 201, body: {ref: B-1}}}\n"
SHIPPED = "- {operation: erp.ship, reply: {status: 200}}\n"


def side(workspace: Workspace) -> Side:
    return Side(Bundle.from_directory(workspace.folder, Findings()), workspace.revision)


def with_request_contract(folder: Path, field: str) -> Side:
    """The small workspace, its ERP taking orders by a contract."""
    make_small(folder)
    system = folder / "flows" / "systems" / "erp.yaml"
    request = "request: {method: POST, path: /orders, body: {nr: number, sum: total}}"
    assert request in system.read_text()
    contract = "\n    request_contract: order.schema.yaml"
    system.write_text(system.read_text().replace(request, request + contract))
    (folder / "flows" / "systems" / "erp").mkdir()
    (folder / "flows" / "systems" / "erp" / "order.schema.yaml").write_text(f"type: object\nproperties: {{{field}}}\n")
    return compiled(folder)


def compiled(folder: Path) -> Side:
    revision, findings = check(folder, complete=False, sandbox=True)
    assert revision is not None, [str(finding) for finding in findings]
    return Side(Bundle.from_directory(folder, Findings()), revision)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_small(tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def records(small: Workspace) -> list[Record]:
    """A completed message and a parked one."""
    return [record_with(small, GIVEN, OK, BOOKED, SHIPPED), record_with(small, GIVEN.replace("7", "8"), HOLD)]


def plan(
    small: Workspace, folder: Path, records: Sequence[Record], changed: str = "", old: str = "", new: str = ""
) -> Plan:
    """The plan of replacing a text of one file."""
    assert not changed or old in FILES[changed]
    make_small(folder)
    if changed:
        path = folder / changed
        path.write_text(path.read_text().replace(old, new))
    return plan_change(
        side(small),
        compiled(folder),
        folder,
        lambda flow: records if flow == "orders" else (),
        500,
        lambda done, whole: None,
    )


def test_an_unchanged_workspace_has_no_plan(small: Workspace, tmp_path: Path, records: list[Record]) -> None:
    made = plan(small, tmp_path, records)
    assert (made.parts, made.flows, made.harmless) == ([], [], True)


def test_a_change_that_no_message_notices_is_harmless(small: Workspace, tmp_path: Path, records: list[Record]) -> None:
    made = plan(small, tmp_path, records, "flows/orders.yaml", "summary: Books orders.", "summary: Books all orders.")
    assert [(str(part), part.how) for part in made.parts] == [("flow orders", "changed")]
    assert made.flows == ["orders"]
    assert made.ran == {"orders": 2}
    assert made.harmless


def test_another_end_and_another_way_are_told(small: Workspace, tmp_path: Path, records: list[Record]) -> None:
    made = plan(small, tmp_path, records, "flows/orders.yaml", 'credit.state = "hold"', 'credit.state = "ok"')
    first, second = made.differences
    assert first.kinds == {"outcome", "route", "payload"}
    assert first.lines[:2] == (
        "outcome: was completed, is parked, credit",
        "milestones: were received, booked, are received",
    )
    assert "takes park:credit: parks" in first.lines
    assert "call erp.book: no longer made" in first.lines
    assert second.kinds == {"payload", "route", "undecided"}
    assert "no reply is recorded: erp.book: POST /orders with" in second.lines[0]
    assert not made.harmless


def test_payloads_that_differ_are_shown_field_by_field(small: Workspace, tmp_path: Path, records: list[Record]) -> None:
    made = plan(small, tmp_path, records, "flows/systems/erp.yaml", "{nr: number, sum: total}", "{nr: number}")
    (only,) = made.differences
    assert only.kinds == {"payload"}
    assert only.lines == ("call erp.book request.sum: was 19.90, is nothing",)
    assert made.counts("orders") == {"outcome": 0, "route": 0, "payload": 1, "undecided": 0}


def test_a_flow_is_touched_by_the_systems_that_it_uses(small: Workspace, tmp_path: Path) -> None:
    made = plan(small, tmp_path, (), "flows/systems/shop.yaml", "who ?? ", "")
    assert [str(part) for part in made.parts] == ["system shop"]
    assert made.flows == ["credit", "orders"]


def test_an_event_that_no_longer_reads_is_told(small: Workspace, tmp_path: Path, records: list[Record]) -> None:
    made = plan(small, tmp_path, records, "flows/systems/shop/order.schema.yaml", "total]", "total, currency]")
    assert {one.lines[0].partition(":")[0] for one in made.differences} == {"outcome"}
    assert made.differences[0].lines[0] == "outcome: was completed, is refused, broken-contract"


def test_a_contract_that_breaks_somebody_says_whom(small: Workspace, tmp_path: Path, records: list[Record]) -> None:
    made = plan(
        small,
        tmp_path,
        records,
        "canonical/order/1.yaml",
        "number: {type: string}",
        "number: {type: string, maxLength: 5}",
    )
    (part,) = made.breaking
    assert (str(part), part.for_whom) == ("contract order/1", ("shop.order",))
    assert "breaks writers" in part.breaks[0]
    assert not made.harmless


SCHEMA = "flows/systems/shop/order.schema.yaml"


def test_vendors_contract_that_asks_for_more_breaks_the_system_that_sends(small: Workspace, tmp_path: Path) -> None:
    made = plan(small, tmp_path, (), SCHEMA, "total]", "total, currency]")
    (part,) = made.parts
    assert (str(part), part.how, part.files) == ("vendor contract shop/order", "changed", (SCHEMA,))
    assert part.breaks == ("'currency' is required now (breaks writers)",)
    assert part.for_whom == ("shop",)
    assert not made.harmless


def test_vendors_contract_that_takes_more_breaks_whoever_reads_it(small: Workspace, tmp_path: Path) -> None:
    made = plan(small, tmp_path, (), SCHEMA, "total: {type: number}", "total: {type: [number, 'null']}")
    (part,) = made.breaking
    assert part.breaks == ("'total' was number and is null or number (breaks readers)",)
    assert part.for_whom == ("orders", "shop.order")
    assert made.flows == ["credit", "orders"]


def test_field_more_in_a_vendors_contract_is_told_and_breaks_nobody(small: Workspace, tmp_path: Path) -> None:
    made = plan(small, tmp_path, (), SCHEMA, "id: {type", "gift: {type: boolean}, id: {type")
    (part,) = made.parts
    assert (part.changes, part.breaks, part.for_whom) == (("'gift' is new",), (), ())
    assert made.harmless


def test_system_that_takes_more_breaks_nobody_and_less_breaks_its_operation(small: Workspace, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    before = with_request_contract(tmp_path / "one", "nr: {type: string}")
    for number, (schema, whom) in enumerate(
        (("nr: {type: [string, integer]}", ()), ("nr: {type: string, maxLength: 5}", ("erp.book",)))
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        after = with_request_contract(folder, schema)
        made = plan_change(before, after, folder, lambda flow: (), 10, lambda done, whole: None)
        (part,) = made.parts
        assert str(part) == "vendor contract erp/order"
        assert (len(part.changes), part.for_whom, made.harmless) == (1, whom, not whom)


def test_contract_of_a_system_that_is_new_is_a_part_of_it(small: Workspace, tmp_path: Path) -> None:
    make_small(tmp_path)
    system = (tmp_path / "flows" / "systems" / "shop.yaml").read_text().replace("system: shop", "system: store")
    (tmp_path / "flows" / "systems" / "store.yaml").write_text(system.replace("path: /o", "path: /store/o"))
    (tmp_path / "flows" / "systems" / "store").mkdir()
    (tmp_path / "flows" / "systems" / "store" / "order.schema.yaml").write_text((tmp_path / SCHEMA).read_text())
    made = plan_change(side(small), compiled(tmp_path), tmp_path, lambda flow: (), 10, lambda done, whole: None)
    assert [(str(part), part.how, len(part.files)) for part in made.parts] == [("system store", "added", 2)]


def test_parts_are_added_and_removed(small: Workspace, tmp_path: Path) -> None:
    make_small(tmp_path)
    (tmp_path / "flows" / "nightly.yaml").rename(tmp_path / "flows" / "weekly.yaml")
    file = tmp_path / "flows" / "weekly.yaml"
    file.write_text(file.read_text().replace("flow: nightly", "flow: weekly"))
    made = plan_change(side(small), compiled(tmp_path), tmp_path, lambda flow: (), 10, lambda done, whole: None)
    assert [(str(part), part.how) for part in made.parts] == [("flow nightly", "removed"), ("flow weekly", "added")]


def test_what_cannot_be_run_is_left_out_and_told(small: Workspace, tmp_path: Path, records: list[Record]) -> None:
    erased = [{**records[0], "payload": None}]
    made = plan(small, tmp_path, erased, "flows/orders.yaml", "summary: Books orders.", "summary: Books all orders.")
    assert made.differences == []
    assert "was erased" in made.left_out[0]


def test_the_plan_is_told_to_scripts(small: Workspace, tmp_path: Path, records: list[Record]) -> None:
    made = plan(
        small, tmp_path, records, "flows/systems/erp.yaml", "{nr: number, sum: total}", "{nr: number}"
    ).as_json()
    assert made["harmless"] is False
    assert made["flows"]["orders"]["differ"]["payload"] == 1
    assert made["differences"][0]["lines"] == ["call erp.book request.sum: was 19.90, is nothing"]

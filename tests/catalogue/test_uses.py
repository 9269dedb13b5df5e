"""Who calls whom is found from the flows themselves (ARC-9)."""

from __future__ import annotations

from engine.catalogue.uses import Use
from tests.catalogue.workspaces import reference


def test_a_flow_uses_its_events_topics_and_operations() -> None:
    uses = set(reference().uses_by("order-to-erp"))
    assert Use("order-to-erp", "event", "shop.order-created") in uses
    assert Use("order-to-erp", "call", "erp.create-order") in uses
    assert Use("order-to-erp", "undo", "erp.cancel-order") in uses
    assert Use("order-to-erp", "wire tap", "order.received") in uses
    assert Use("order-to-erp", "publish", "order.booked") in uses
    assert Use("order-to-erp", "wait", "credit.released") in uses


def test_an_operation_whose_system_an_expression_names_may_go_to_each_that_has_it() -> None:
    chosen = {use.target for use in reference().uses_by("order-to-erp") if use.chosen}
    assert chosen == {"wms-east.release", "wms-west.release"}


def test_a_schedule_is_a_use() -> None:
    assert next(use.kind for use in reference().uses_by("open-orders-report")) == "schedule"


def test_every_flow_uses_something_and_names_only_what_is_there() -> None:
    revision = reference().revision
    events = {event.name for system in revision.systems.values() for event in system.events.values()}
    operations = {each.full_name for system in revision.systems.values() for each in system.operations.values()}
    assert {use.flow for use in reference().uses} == set(revision.flows)
    assert {use.target for use in reference().uses if use.kind == "event"} <= events
    assert {use.target for use in reference().uses if use.kind in ("call", "undo", "send")} <= operations


def test_the_entity_of_a_topic_is_known() -> None:
    assert reference().topics["order.received"] == frozenset({"sales-order/2"})

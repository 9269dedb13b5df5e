"""The business rules that flows hold can be listed (ARC-5)."""

from __future__ import annotations

from engine.catalogue.rules import flows_after, rules_of
from engine.catalogue.uses import Use
from engine.config.findings import Findings
from engine.config.models.flow import FlowModel
from engine.config.parse import parse_model
from engine.config.yaml import load_yaml

FLOW = b"""
flow: orders
layer: process
summary: All kinds of rules.
owner: desk
source: {events: [shop.order]}
identity:
  lane: {key: number}
  stale: {version: revision, then: park}
steps:
  - filter: total > 0
    reason: empty
  - lookup: {table: regions, key: shipTo.region}
    save: region
  - set: {due: $now()}
  - park: {when: total > 10000, reason: large, owner: finance, due: 1 day, on_due: release}
  - park: look
  - route:
      - when: channel = "web"
        steps:
          - route:
              - {when: express, steps: [{raise: {reason: no-express}}]}
            otherwise:
              - split: {lines: lines, group_by: shipFrom}
                steps:
                  - send: {operation: release, system: $group.key}
    otherwise:
      - discard: not-web
  - transform: {with: {number: number, region: $saved.region}}
  - milestone: done
    when: $exists(number)
"""


def parsed() -> FlowModel:
    findings = Findings()
    node = load_yaml(FLOW, "orders.yaml", findings)
    assert node is not None
    flow = parse_model(FlowModel, node, findings)
    assert flow is not None, list(map(str, findings))
    return flow


def test_every_kind_of_rule_is_listed_with_the_arms_it_stands_in() -> None:
    rules = rules_of(parsed())
    assert {(rule.flow, rule.owner) for rule in rules} == {("orders", "desk")}
    assert [(rule.kind, rule.step, rule.text) for rule in rules] == [
        ("order", "lane", "one after another by number"),
        ("order", "stale", "park what has an older revision"),
        ("filter", "filter", "only total > 0; else discarded as empty"),
        ("enrichment", "lookup", "region from regions by shipTo.region"),
        ("enrichment", "set", "due is $now()"),
        ("hold", "park", "held as large by finance when total > 10000, for 1 day at most, then release"),
        ("hold", "park", "held as look"),
        ("routing", "route", 'when channel = "web"'),
        ("routing", "route", "when express"),
        ("refusal", "raise", "refused as no-express, class business"),
        ("routing", "split", "lines grouped by shipFrom"),
        ("routing", "send", "release of the system $group.key"),
        ("filter", "discard", "discarded as not-web"),
        ("enrichment", "transform", "the payload becomes the fields number, region"),
        ("condition", "milestone", "milestone only when $exists(number)"),
    ]
    within = {rule.text: rule.within for rule in rules}
    assert within["refused as no-express, class business"] == ('channel = "web"', "express")
    assert within["lines grouped by shipFrom"] == ('channel = "web"', "otherwise")
    assert within["discarded as not-web"] == ("otherwise",)


def test_an_event_leads_to_flows_over_topics_and_runs_and_comes_to_an_end() -> None:
    uses = [
        Use("orders", "event", "shop.order"),
        Use("orders", "publish", "order.booked"),
        Use("orders", "run", "lookup"),
        Use("mail", "topic", "order.booked"),
        Use("mail", "wire tap", "order.mailed"),
        Use("again", "topic", "order.mailed"),
        Use("again", "publish", "order.booked"),
        Use("other", "event", "crm.order"),
        Use("lookup", "call", "erp.find"),
    ]
    assert flows_after("shop.order", uses) == ("orders", "mail", "lookup", "again")
    assert flows_after("shop.nothing", uses) == ()

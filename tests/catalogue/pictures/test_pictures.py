"""Pictures show what is in the flows, and cannot be broken by what stands there (ARC-9)."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from engine.catalogue.pictures.flow_svg import flow_svg
from engine.catalogue.pictures.graph import around, flows_graph, systems_graph, teams_graph
from engine.catalogue.pictures.graph_svg import graph_svg
from engine.catalogue.pictures.mermaid import flow_mermaid, graph_mermaid
from engine.catalogue.pictures.outline import Act, Branch, Group, outline
from engine.catalogue.pictures.text import STRONG, lines_of, name_lines, width_of
from engine.config.models.flow import FlowModel
from tests.catalogue.workspaces import reference

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    """The lines of text of a picture, which is well-formed."""
    return [element.text or "" for element in etree.fromstring(picture.encode()).iter(f"{SVG}text")]


def flow_of(steps: list[dict[str, object]]) -> FlowModel:
    head = {"flow": "tried", "layer": "process", "summary": "A flow of the tests.", "owner": "sales"}
    return FlowModel.model_validate({**head, "source": {"topics": ["begun"]}, "steps": steps})


@pytest.mark.parametrize("name", sorted(reference().revision.flows))
def test_the_picture_of_a_flow_shows_each_of_its_steps(name: str) -> None:
    model = reference().revision.flows[name].model
    shown = " ".join(texts(flow_svg(model)))
    for use in reference().uses_by(name):
        if use.kind in ("call", "publish", "wire tap", "event", "topic", "run") or (
            use.kind == "send" and not use.chosen
        ):
            assert use.target in shown
    assert "completed" in shown


def test_branches_and_groups_are_parts_of_the_outline() -> None:
    parts = outline(reference().revision.flows["order-to-erp"].model)
    (branch,) = [part for part in parts if isinstance(part, Branch)]
    assert [label for label, _ in branch.arms][-1] == "otherwise"
    assert any(isinstance(part, Group) for part in branch.arms[-1][1])
    assert isinstance(parts[0], Act)
    assert parts[0].notes == ("event shop.order-created", "event crm.order-approved", "event legacy-erp.order-file")


def test_nothing_follows_a_step_that_ends_the_exchange() -> None:
    both = [{"when": "a", "steps": [{"discard": "done"}]}]
    drawn = flow_mermaid(flow_of([{"route": both, "otherwise": [{"raise": {"reason": "bad"}}]}]))
    last = re.findall(r"(s\d+)\(\[\"completed\"\]\)", drawn)[0]
    assert f"--> {last}" not in drawn


def test_markup_in_expressions_is_text() -> None:
    model = flow_of([{"filter": 'a < 1 and b = "</text><script>alert(1)</script>"', "reason": "small"}])
    picture = flow_svg(model)
    assert "<script" not in picture
    assert any("script" in line for line in texts(picture))
    assert "<script" not in flow_mermaid(model)


def test_the_graph_shows_systems_flows_and_topics() -> None:
    graph = flows_graph(reference().uses, "all")
    pairs = {(edge.start, edge.end): edge for edge in graph.edges}
    assert ("from:shop", "flow:order-to-erp") in pairs
    assert ("flow:order-to-erp", "to:erp") in pairs
    assert ("flow:order-to-erp", "topic:order.booked") in pairs
    assert pairs["flow:order-to-erp", "to:wms-east"].loose
    assert not pairs["flow:order-to-erp", "to:erp"].loose
    shown = texts(graph_svg(graph))
    assert {"order-to-erp", "shop", "erp", "order.booked"} <= set(shown)


def test_around_one_node_only_its_neighbours_are_left() -> None:
    graph = around(flows_graph(reference().uses, "all"), ["flow:order-to-erp"], "near")
    assert {node.name for node in graph.nodes} > {"order-to-erp", "shop", "erp"}
    assert "mailer" not in {node.name for node in graph.nodes}


def test_systems_are_joined_over_topics_too() -> None:
    """The shop's order is booked by one flow and told to the CRM by another, over a topic."""
    pairs = {(edge.start, edge.end) for edge in systems_graph(reference().uses, "all").edges}
    assert ("from:shop", "to:erp") in pairs
    assert ("from:shop", "to:crm") in pairs
    assert ("from:portal", "to:mailer") not in pairs


def test_the_domain_map_has_a_node_for_each_team_that_relies_on_another() -> None:
    graph = teams_graph(reference().uses, reference().flow_teams, reference().system_teams, "teams")
    assert ("from:order-desk", "to:finance") in {(edge.start, edge.end) for edge in graph.edges}


def test_mermaid_declares_every_node_that_it_joins() -> None:
    drawn = [graph_mermaid(flows_graph(reference().uses, "all"))]
    drawn += [flow_mermaid(flow.model) for flow in reference().revision.flows.values()]
    for text in drawn:
        declared = set(re.findall(r"^ +(?:subgraph )?([ns]\d+)[\[({]", text, re.MULTILINE))
        joined = {name for pair in re.findall(r"^ +(\w+) -\S+(?:\|.*\|)? (\w+)$", text, re.MULTILINE) for name in pair}
        assert joined <= declared
        assert joined


def test_a_picture_follows_the_readers_light_or_dark_setting_and_says_what_it_is() -> None:
    picture = flow_svg(reference().revision.flows["order-to-erp"].model)
    assert "prefers-color-scheme: dark" in picture
    assert etree.fromstring(picture.encode()).get("aria-label", "").startswith("Flow order-to-erp: ")


def test_long_texts_are_broken_and_cut() -> None:
    lines = lines_of("one two three four five six seven eight nine ten " * 5, 120.0, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(width_of(line) <= 120.0 for line in lines_of("W" * 200, 120.0))


def test_links_lead_only_where_a_page_may_lead() -> None:
    model = reference().revision.flows["order-to-erp"].model
    assert "<a " not in flow_svg(model, lambda act: "javascript:alert(1)")
    assert '<a href="../x.html">' in flow_svg(model, lambda act: "../x.html")


def test_names_break_after_hyphens_and_dots_and_lose_nothing() -> None:
    assert name_lines("order-status-to-crm", 96.0, 3, STRONG) == ("order-status-", "to-crm")
    assert name_lines("warehouse.shipment", 96.0, 3, STRONG) == ("warehouse.", "shipment")
    assert name_lines("order-confirmation", 80.0, 3, STRONG) == ("order-", "confirmation")  # wider, and not cut
    assert "".join(name_lines("a--b_c.d", 20.0, 9, STRONG)) == "a--b_c.d"
    cut = name_lines("-".join(["name"] * 40), 96.0, 3, STRONG)
    assert (len(cut), cut[-1][-1]) == (3, "…")
    assert all(width_of(line, STRONG) <= 144.0 for line in name_lines("W" * 200, 96.0, 3, STRONG))


def test_who_calls_whom_fits_a_small_screen() -> None:
    """1,024 pixels less the margins of a page; where there is room the layers stand further apart."""
    whole = etree.fromstring(graph_svg(flows_graph(reference().uses, "all")).encode())
    assert float(whole.get("width", "0")) <= 960.0
    few = etree.fromstring(graph_svg(systems_graph(reference().uses, "systems")).encode())
    assert float(few.get("width", "0")) <= 320.0
    assert few.get("style") == f"--wide:{few.get('width')}px"


def test_link_of_a_box_is_read_out_as_one_name() -> None:
    picture = graph_svg(flows_graph(reference().uses, "all"), lambda node: f"./{node.name}.html" if node.name else "")
    read = {link.get("aria-label") for link in etree.fromstring(picture.encode()).iter(f"{SVG}a")}
    assert {"order-status-to-crm flow", "warehouse.shipment topic", "erp system is asked"} <= read

"""The catalogue is a site that holds together, says what is in the workspace, and can be read by everybody.

ARC-5, ARC-9, GOV-5, GOV-8, OBS-12.
"""

from __future__ import annotations

import itertools
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from lxml import html

from engine.catalogue.site.writing import NotOurFolder, site_files, write_site
from tests.catalogue.workspaces import catalogue_in, reference


@cache
def site() -> dict[str, bytes]:
    """The files of the reference workspace's site."""
    return dict(site_files(reference()))


@cache
def page(path: str) -> html.HtmlElement:
    return html.document_fromstring(site()[path])


def pages() -> list[str]:
    return [path for path in site() if path.endswith(".html")]


def text(path: str) -> str:
    """What a reader sees in the main part of a page."""
    return " ".join(page(path).get_element_by_id("main").text_content().split())


def resolved(path: str, address: str) -> str:
    parts = [*path.split("/")[:-1], *unquote(address).split("/")]
    stack: list[str] = []
    for part in parts:
        if part == "..":
            stack.pop()
        elif part not in (".", ""):
            stack.append(part)
    return "/".join(stack)


def addresses(path: str) -> list[str]:
    document = page(path)
    found = [element.get(name) for name in ("href", "src") for element in document.iter() if element.get(name)]
    return [address for address in found if not address.startswith(("data:", "https://", "http://"))]


@pytest.mark.parametrize("path", pages())
def test_every_link_leads_to_a_file_and_a_place_that_exist(path: str) -> None:
    broken = []
    for address in addresses(path):
        file, fragment = urldefrag(address)
        target = resolved(path, file) if file else path
        lost = fragment and target.endswith(".html") and page(target).find(f".//*[@id='{fragment}']") is None
        if target not in site() or lost:
            broken.append(address)
    assert broken == []


@pytest.mark.parametrize("path", pages())
def test_nothing_is_fetched_from_elsewhere(path: str) -> None:
    document = page(path)
    fetched = [element.get("src") for element in document.iter() if element.get("src")]
    fetched += [element.get("href") for element in document.iter("link")]
    assert [address for address in fetched if "//" in address] == []
    assert b"@import" not in site()["style.css"]
    assert b"url(" not in site()["style.css"]


@pytest.mark.parametrize("path", pages())
def test_every_page_has_its_landmarks_and_headings(path: str) -> None:
    document = page(path)
    assert document.get("lang") == "en"
    for landmark in ("header", "nav", "main", "footer"):
        assert document.findall(f".//{landmark}"), landmark
    assert len(document.findall(".//h1")) == 1
    levels = [int(element.tag[1]) for element in document.iter("h1", "h2", "h3", "h4")]
    assert all(below - above <= 1 for above, below in itertools.pairwise(levels))
    assert document.find(".//a[@class='skip']").get("href") == "#main"
    assert document.find(".//label[@for='search']") is not None
    ids = [element.get("id") for element in document.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", pages())
def test_tables_have_headings_and_what_scrolls_can_be_reached_by_keyboard(path: str) -> None:
    for table in page(path).iter("table"):
        assert all(cell.get("scope") in ("col", "row") for cell in table.iter("th"))
    for region in page(path).findall(".//div[@class='scroll']"):
        assert (region.get("role"), region.get("tabindex")) == ("region", "0")
        assert region.get("aria-label")


def test_every_flow_system_and_entity_has_a_page() -> None:
    revision = reference().revision
    assert {f"flows/{name}.html" for name in revision.flows} <= set(site())
    assert {f"systems/{name}.html" for name in revision.systems} <= set(site())
    assert {f"entities/{name}.html" for name in reference().contracts.entities} <= set(site())


def test_the_inventory_of_flows_says_what_may_be_counted_on() -> None:
    (row,) = [row for row in page("flows.html").iter("tr") if "order-to-erp" in (row.findtext("th/a") or "")]
    cells = [cell.text_content() for cell in row.findall("td")]
    model = reference().revision.flows["order-to-erp"].model
    assert cells[2] == model.owner
    assert str(model.service_level.latency) in cells
    assert "standard" in cells
    assert "business" in cells[-1]


def test_every_interface_is_in_the_inventory_with_its_flows() -> None:
    shown = text("interfaces.html")
    for system in reference().revision.systems.values():
        for name in [*system.events, *system.operations]:
            assert f"{system.name}.{name}" in shown
    assert "POST /hooks/shop/orders" in shown


def test_topics_are_told_with_publishers_subscribers_and_what_they_carry() -> None:
    row = page("events.html").get_element_by_id("order.received")
    assert "order-to-erp" in row.text_content()
    assert "sales-order/2" in row.text_content()


def test_the_page_of_a_flow_has_its_picture_rules_and_lineage() -> None:
    document = page("flows/order-to-erp.html")
    pictures = document.findall(".//svg")
    assert len(pictures) == 2
    assert document.find(".//svg//a[@href='../systems/erp.html#create-order']") is not None
    shown = text("flows/order-to-erp.html")
    assert '$lookup("warehouse-system", $group.key)' in shown
    row = next(row for row in document.iter("tr") if row.findtext("th/code") == "customerReference")
    assert "po_number" in row.text_content()
    assert "ShipOrder.CustPo" in row.text_content()


def test_wide_picture_of_a_flow_is_shown_from_its_middle() -> None:
    """There it begins; what leads from left to right is shown from its left end."""
    marked = page("flows/order-to-erp.html").xpath("//*[@data-middle]//svg/@aria-label")
    assert [label.partition(":")[0] for label in marked] == ["Flow order-to-erp"]
    assert "[data-middle]" in site()["site.js"].decode()


def test_rules_that_run_for_an_order_can_be_listed() -> None:
    """ARC-5: which rules run for this order?"""
    shown = text("rules.html")
    assert '$saved.credit.status = "hold"' in shown
    assert "credit-hold" in shown


def test_entities_are_told_with_their_counterparts_and_owners() -> None:
    document = page("entities/sales-order.html")
    row = next(row for row in document.iter("tr") if row.findtext("th/code") == "customerReference")
    assert {"Order/CustomerReference", "BEG03"} <= {cell.text_content() for cell in row.findall("td")}
    assert "850" in text("entities.html")


def test_the_ownership_matrix_says_who_owns_writes_and_is_told() -> None:
    shown = page("ownership.html")
    assert {"owns", "writes", "is told"} <= {cell.text_content() for cell in shown.iter("td")}


def test_every_error_class_says_what_to_do_and_its_runbook() -> None:
    """GOV-8"""
    shown = text("errors.html")
    assert "What to do:" in shown
    for book in reference().revision.workspace.runbooks.values():
        assert all(step in shown for step in book.steps)
    assert reference().revision.workspace.runbooks


def test_the_descriptions_of_apis_are_linked() -> None:
    assert json.loads(site()["openapi.json"])["openapi"] == "3.1.0"
    assert json.loads(site()["asyncapi.json"])["asyncapi"] == "3.0.0"
    assert {"openapi.json", "asyncapi.json"} <= set(addresses("apis.html"))


def test_a_narrow_page_has_a_picture_that_fits_it() -> None:
    """Below the width at which words can be read, the picture of every flow gives way to that of the systems."""
    main = page("index.html").get_element_by_id("main")
    shown = {
        kind: [each.get("aria-label") for each in main.find_class(kind)[0].iter("svg")] for kind in ("wide", "narrow")
    }
    assert shown == {"wide": ["Who calls whom"], "narrow": ["Which system leads to which"]}
    style = site()["style.css"].decode()
    assert re.search(r"max-width: 47rem\) { \.wide { display: none; } \.narrow { display: block; } }", style)
    assert re.search(r"svg\.picture { [^}]*max-width: 100%; min-width: calc\(var\(--wide\) \* \.72\)", style)


def test_the_search_knows_everything_by_name() -> None:
    source = site()["search-index.js"].decode()
    index = json.loads(source.removeprefix("window.catalogueIndex = ").removesuffix(";\n"))
    names = {entry[0] for entry in index}
    assert {"order-to-erp", "erp", "shop.order-created", "erp.create-order", "sales-order", "order.booked"} <= names
    assert {urldefrag(entry[3])[0] for entry in index} <= set(site())


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def palettes(selector: str) -> list[dict[str, str]]:
    """The colours of a selector, light and dark."""
    style = site()["style.css"].decode()
    return [
        dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block))
        for block in re.findall(re.escape(selector) + r" \{([^}]*)\}", style)
        if "--ink" in block
    ]


@pytest.mark.parametrize("number", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(number: int) -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for lines that mean something."""
    colours = palettes(":root")[number]
    for ground in ("paper", "shade"):
        assert min(contrast(colours[text_], colours[ground]) for text_ in ("ink", "faint", "link")) >= 4.5
    assert min(contrast(colours["ink"], colours[ground]) for ground in ("mark", "ask")) >= 4.5
    picture = palettes("svg.picture")[number]
    tones = ["plain", "ask", "tell", "wait", "mark", "end", "paper"]
    assert min(contrast(picture[ink], picture[tone]) for ink in ("ink", "faint") for tone in tones) >= 4.5
    assert contrast(picture["line"], picture["paper"]) >= 3


def test_building_again_removes_the_pages_of_what_is_gone(tmp_path: Path) -> None:
    write_site(reference(), tmp_path / "site")
    old = tmp_path / "site" / "flows" / "gone.html"
    old.write_text("old")
    manifest = tmp_path / "site" / ".crossdock-site.json"
    manifest.write_text(json.dumps([*json.loads(manifest.read_text()), "flows/gone.html"]))
    (tmp_path / "site" / "mine.txt").write_text("mine")
    write_site(reference(), tmp_path / "site")
    assert not old.exists()
    assert (tmp_path / "site" / "mine.txt").read_text() == "mine"


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(NotOurFolder):
        write_site(reference(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


WORKSPACE = """
crossdock: 1
name: many
teams: {sales: {summary: "Sells <b>things</b>."}}
"""
SYSTEM = """
system: shop
connector: http
owner: sales
base_url: https://shop.example
operations: {note: {request: {method: POST, path: /note, body: $}, idempotent: true}}
"""
FLOW = """
flow: order-{number}
layer: system
summary: "Notes order {number} & <script>alert(1)</script>."
owner: sales
source: {{schedule: {{cron: "0 6 * * *"}}}}
steps: [{{call: shop.note}}]
"""


def workspace_of(folder: Path, flows: int) -> Path:
    (folder / "flows" / "systems").mkdir(parents=True)
    (folder / "flows" / "workspace.yaml").write_text(WORKSPACE)
    (folder / "flows" / "systems" / "shop.yaml").write_text(SYSTEM)
    for number in range(flows):
        (folder / "flows" / f"order-{number}.yaml").write_text(FLOW.format(number=number))
    return folder


def test_many_flows_lie_on_several_pages_and_no_picture_is_too_large(
    tmp_path: Path,
) -> None:
    files = dict(site_files(catalogue_in(workspace_of(tmp_path, 250))))
    assert "flows-2.html" in files
    assert max(len(content) for path, content in files.items() if path.endswith(".html")) < 200_000
    assert b"<svg" not in files["systems/shop.html"]
    assert b"too many for one picture" in files["index.html"]
    assert b"<svg" in files["flows/order-7.html"]


def test_markup_in_the_workspace_is_text_in_the_site(tmp_path: Path) -> None:
    files = dict(site_files(catalogue_in(workspace_of(tmp_path, 1))))
    assert not [path for path, content in files.items() if b"<script>alert" in content or b"<b>things" in content]
    assert b"\\u003cscript>" in files["search-index.js"]


@pytest.mark.long
def test_a_thousand_flows_make_pages_of_less_than_a_quarter_of_a_megabyte(tmp_path: Path) -> None:
    files = dict(site_files(catalogue_in(workspace_of(tmp_path, 1000))))
    sizes = {path: len(content) for path, content in files.items()}
    assert max(size for path, size in sizes.items() if path.endswith((".html", ".js"))) < 250_000

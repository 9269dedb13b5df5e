"""Mappings tried on samples: found by name, checked by their contracts, and explained down to the last field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import exact_json
from engine.app.checks import check, registry_for
from engine.clock import moment
from engine.flow.compiled import Revision
from engine.flow.subjects import REPLY, UnknownMapping, find_subject, subject_names, subjects_of_file
from engine.flow.trial import Field, Trial, Try
from engine.jsonata import MISSING, EvaluationContext
from engine.plugin import Codec

ROOT = Path(__file__).parents[2]
EXAMPLES = {path.name.rsplit(".", 1)[0]: path for path in (ROOT / "examples").glob("*.*.*")}
NOW = 1_760_000_000.0


@pytest.fixture(scope="module")
def revision() -> Revision:
    found, findings = check(ROOT, complete=False, sandbox=True, variables={})
    assert found is not None, list(findings.errors)
    return found


@pytest.fixture(scope="module")
def plain() -> Codec:
    kind = registry_for(ROOT).codecs["json"]
    return kind.open(kind.settings())


def trying(revision: Revision, plain: Codec, name: str, variables: Mapping[str, Any] | None = None) -> Try:
    context = EvaluationContext(now=moment(NOW), limits=revision.limits, lookup=revision.table_lookup)
    known = {"headers": {}, "attributes": {}, "message": {}, "saved": {}}
    return Try(find_subject(revision, name, plain), {**known, **(variables or {})}, context)


def canonical(revision: Revision, plain: Codec, event: str = "shop.order-created") -> Any:
    """The order of an example as canonical."""
    task = trying(revision, plain, event)
    (document,) = task.read(EXAMPLES[event].read_bytes()).documents
    return task.run(document).output


def rebuilt(fields: list[Field]) -> Any:
    """The document that the explained fields make up."""
    whole: dict[str, Any] = {}
    for field in fields:
        place: Any = whole
        parts = [int(index) if index else name for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", field.target)]
        for part, following in zip(parts, [*parts[1:], None], strict=True):
            empty: Any = field.value if following is None else [] if isinstance(following, int) else {}
            if isinstance(place, list) and part == len(place):
                place.append(empty)
            elif isinstance(place, dict) and part not in place:
                place[part] = empty
            place = place[part]
    return whole


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_explained_fields_make_up_the_whole_output_of_an_event(
    revision: Revision, plain: Codec, example: str
) -> None:
    event = ".".join(example.split(".")[:2])  # what follows tells several examples of one event apart
    task = trying(revision, plain, event)
    sample = task.read(EXAMPLES[example].read_bytes())
    assert sample.holds
    for document in sample.documents:
        trial = task.run(document)
        assert trial.holds
        assert rebuilt(list(task.fields(document))) == trial.output


@pytest.mark.parametrize(
    "operation", ["erp.create-order", "erp.price-check", "erp.credit-status", "wms-east.release", "wms-west.release"]
)
def test_the_explained_fields_make_up_the_whole_body_of_a_request(
    revision: Revision, plain: Codec, operation: str
) -> None:
    task = trying(revision, plain, operation)
    (document,) = task.read(exact_json.encode(canonical(revision, plain))).documents
    trial = task.run(document)
    assert trial.holds, trial
    fields = list(task.fields(document))
    assert rebuilt(fields) == trial.output
    for field in fields:
        lines = (ROOT / field.place.file).read_text().splitlines()
        assert lines[field.place.line - 1][field.place.column - 1 :].startswith(field.expression.split("\n")[0])


def test_a_reply_sees_its_status_and_its_request(revision: Revision, plain: Codec) -> None:
    order = canonical(revision, plain)
    found = trying(revision, plain, f"erp.create-order{REPLY}", {"status": 201, "request": order}).run({"id": "E-1"})
    assert (found.output["ids"], found.holds) == ([{"scheme": "erp-order", "value": "E-1"}], True)
    lost = trying(revision, plain, f"erp.cancel-order{REPLY}", {"status": 404, "request": order}).run({})
    assert lost.output["ids"] == [{"scheme": "order", "value": "2001"}]


def test_what_is_wrong_is_told_and_does_not_end_the_trial(revision: Revision, plain: Codec) -> None:
    task = trying(revision, plain, "shop.order-created")
    order = exact_json.decode(EXAMPLES["shop.order-created"].read_bytes())
    sample = task.read(exact_json.encode({**order, "currency": "usd", "email": 7}))
    assert {violation.path for violation in sample.violations} == {"currency", "email"}
    trial = task.run(sample.documents[0])
    assert {violation.path.split(".")[-1] for violation in trial.violations} == {"currency", "email"}
    assert not sample.holds
    assert not trial.holds
    assert task.read(b"{").unreadable


def test_a_mapping_that_fails_says_where_in_the_workspace(revision: Revision, plain: Codec) -> None:
    task = trying(revision, plain, "shop.order-created")
    order = exact_json.decode(EXAMPLES["shop.order-created"].read_bytes())
    order["line_items"][1]["price"] = "much"
    failure = task.run(order).failure
    assert failure is not None
    assert (failure.code, failure.file) == ("D3030", "flows/systems/shop/order-to-canonical.jsonata")
    line = (ROOT / failure.file).read_text().splitlines()[failure.line - 1]
    assert line[failure.column - 1 :].startswith("$number(price)") or "$number" in line


def test_an_expression_in_a_system_file_is_placed_in_that_file(revision: Revision, plain: Codec) -> None:
    task = trying(revision, plain, "erp.credit-status")
    trial = task.run({"customer": {"ids": [{"scheme": {}, "value": 1}]}, "orderNumber": "7"})
    assert trial.output["order"] == "7"
    (field,) = [field for field in task.fields({"orderNumber": "7"}) if field.target == "order"]
    text = (ROOT / "flows/systems/erp.yaml").read_text().splitlines()[field.place.line - 1]
    assert field.place.file == "flows/systems/erp.yaml"
    assert text[field.place.column - 1 :] == "orderNumber"


def test_an_event_takes_its_documents_one_by_one_and_only_those_it_wants(revision: Revision, plain: Codec) -> None:
    changed = trying(revision, plain, "shop.order-cancelled")
    order = exact_json.decode(EXAMPLES["shop.order-created"].read_bytes())
    assert changed.run(order) == Trial(order, taken=False)
    assert changed.run(order).output is MISSING
    assert changed.run({**order, "cancelled_at": "2026-11-02T10:00:00Z"}).output["status"] == "cancelled"


def test_every_mapping_has_a_name_and_an_unknown_one_the_nearest(revision: Revision, plain: Codec) -> None:
    names = list(subject_names(revision))
    assert {"shop.order-created", "erp.create-order", f"erp.create-order{REPLY}"} <= set(names)
    assert [find_subject(revision, name, plain).name for name in names] == names
    assert all(find_subject(revision, name, plain).file for name in names)
    with pytest.raises(UnknownMapping, match=r"got 'shop.order-creatd'; did you mean 'shop.order-created'"):
        find_subject(revision, "shop.order-creatd", plain)
    with pytest.raises(UnknownMapping, match=r"operation 'erp.find-order' sends no body"):
        find_subject(revision, "erp.find-order", plain)


def test_a_mapping_file_is_tried_as_what_it_serves(revision: Revision, plain: Codec) -> None:
    served = subjects_of_file(revision, "flows/systems/shop/order-to-canonical.jsonata", plain)
    assert [subject.name for subject in served] == ["shop.order-created", "shop.order-cancelled"]
    assert not list(subjects_of_file(revision, "flows/process/assign-warehouses.jsonata", plain))


def test_the_sources_of_a_field_are_known_without_data(revision: Revision, plain: Codec) -> None:
    task = trying(revision, plain, "shop.order-created")
    assert task.sources_of("paymentStatus") == ("financial_status",)
    assert task.sources_of("billTo.address.city") == ("billing_address", "billing_address.city")
    assert task.sources_of("nonsense") == ()


def test_numbers_stay_exact_on_their_way(revision: Revision, plain: Codec) -> None:
    """DESIGN 7: what is only copied leaves as it came."""
    task = trying(revision, plain, "shop.order-created")
    raw = EXAMPLES["shop.order-created"].read_bytes().replace(b"5811990441077", b"820982911946154508123")
    (document,) = task.read(raw).documents
    fields = {field.target: field for field in task.fields(document)}
    assert fields["ids[0].value"].value == "820982911946154508123"
    assert fields["ids[0].value"].sources == (("id", 820982911946154508123),)
    assert isinstance(plain.decode(b"19.90"), Decimal)

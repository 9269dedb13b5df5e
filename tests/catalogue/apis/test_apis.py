"""What is told of our HTTP addresses and topics holds to OpenAPI 3.1 and AsyncAPI 3, and to the workspace (ARC-9)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from engine.catalogue.apis.asyncapi import asyncapi
from engine.catalogue.apis.openapi import openapi
from tests.catalogue.workspaces import reference

SPECIFICATIONS = Path(os.environ.get("CROSSDOCK_NODE_MODULES", ""), "@asyncapi", "specs", "schemas")


def resolved(document: Any, reference: str) -> Any:
    """The part of a document that a reference within it names."""
    assert reference.startswith("#/")
    for part in reference[2:].split("/"):
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    return [found for value in node for found in references(value)] if isinstance(node, list) else []


def test_the_description_of_http_sources_is_openapi() -> None:
    document = json.loads(json.dumps(openapi(reference())))
    OpenAPIV31SpecValidator(document).validate()
    assert all(resolved(document, each) is not None for each in references(document))


def test_every_webhook_of_the_workspace_is_told_with_how_its_sender_is_known() -> None:
    document = openapi(reference())
    told = document["paths"]["/hooks/shop/orders"]["post"]
    assert told["operationId"] == "shop.order-created"
    assert told["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/shop.order-created"
    }
    assert "200" in told["responses"]
    (needed,) = told["security"]
    (name,) = needed
    assert document["components"]["securitySchemes"][name]["name"] == "X-Shopify-Hmac-Sha256"


def test_a_caller_that_waits_is_told_of_the_result_and_of_202() -> None:
    document = openapi(reference())
    waiting = [
        operation
        for path in document["paths"].values()
        for operation in path.values()
        if operation["operationId"] in ("portal.price-question", "portal.order-question")
    ]
    assert len(waiting) == 2
    assert all({"200", "202"} <= set(operation["responses"]) for operation in waiting)


def test_a_question_in_the_address_has_its_parameters_and_no_body() -> None:
    told = openapi(reference())["paths"]["/api/orders/{orderNumber}"]["get"]
    assert [(each["name"], each["in"]) for each in told["parameters"]] == [("orderNumber", "path")]
    assert "requestBody" not in told


def test_a_payload_that_the_vendor_sends_holds_to_the_schema_told() -> None:
    document = openapi(reference())
    schema = {"$ref": "#/components/schemas/shop.order-created", "components": document["components"]}
    payload = json.loads((Path(__file__).parents[3] / "examples" / "shop.order-created.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors(payload)) == []
    assert list(validator.iter_errors({**payload, "line_items": "none"})) != []


def test_topics_are_told_with_who_publishes_and_who_takes() -> None:
    document = asyncapi(reference())
    channel = document["channels"]["order_received"]
    assert channel["address"] == "order.received"
    operation = document["operations"]["order-to-erp_taps_order_received"]
    assert operation["action"] == "send"
    taken = document["operations"]["order-to-erp_waits_credit_released"]
    assert taken["action"] == "receive"
    assert document["components"]["messages"]["order_received"]["payload"] == {
        "$ref": "#/components/schemas/sales-order.2"
    }


def test_every_topic_and_nothing_else_is_a_channel() -> None:
    document = asyncapi(reference())
    assert {channel["address"] for channel in document["channels"].values()} == set(reference().topics)
    assert all(resolved(document, each) is not None for each in references(document))


def test_the_description_of_topics_is_asyncapi() -> None:
    """The schema is the official one, from the package of the specification."""
    file = SPECIFICATIONS / "3.0.0-without-$id.json"
    if not file.is_file():
        pytest.skip("the package @asyncapi/specs is not installed; scripts/reference.sh installs it")
    validator = jsonschema.Draft7Validator(json.loads(file.read_text()))
    document = json.loads(json.dumps(asyncapi(reference())))
    assert [error.message[:300] for error in validator.iter_errors(document)] == []
    assert list(validator.iter_errors({**document, "channels": {"x": {"adress": "order.booked"}}})) != []

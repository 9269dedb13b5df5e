from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from engine.config.models.system import composed_system
from plugins.http import plugin
from plugins.http.settings import HttpConnection, HttpEvent, HttpOperation, HttpRequest
from plugins.http.urls import parse_url, quote_segment, request_target
from plugins.http.verify_settings import VerifySettings

CONNECTOR = plugin.connectors[0]
OPEN = {"none": {"reason": "a test sends it"}}


def refusal(model: Any, **settings: Any) -> str:
    with pytest.raises(ValidationError) as error:
        model.model_validate(settings)
    return str(error.value)


def test_system_of_the_design_reads() -> None:
    system: Any = composed_system(CONNECTOR).model_validate(
        {
            "system": "shop",
            "connector": "http",
            "base_url": "https://shop.example.com",
            "auth": {
                "oauth2_client_credentials": {
                    "token_url": "{base_url}/token",
                    "client_id": "crossdock",
                    "client_secret": "x",
                }
            },
            "events": {
                "order-created": {
                    "receive": {"path": "/hooks/shop/orders"},
                    "verify": {"hmac": {"header": "X-Shopify-Hmac-Sha256", "encoding": "base64", "secret": "x"}},
                },
                "stock": {"poll": {"operation": "list-stock", "every": "5 min", "items": "value"}},
            },
            "operations": {
                "create-fulfilment": {
                    "request": {"method": "POST", "path": "/orders/{orderId}/fulfillments", "body": "a.jsonata"},
                    "confirm": {"method": "GET", "path": "/fulfillments", "query": {"external_id": "shipmentNumber"}},
                    "idempotency_header": "Idempotency-Key",
                }
            },
        }
    )
    operation = system.operations["create-fulfilment"]
    assert CONNECTOR.addresses(system.events["order-created"]) == ("POST /hooks/shop/orders",)
    assert CONNECTOR.addresses(system.events["stock"]) == ()
    assert CONNECTOR.changes_nothing(operation.confirm)
    assert not CONNECTOR.changes_nothing(operation.request)
    assert operation.request.path.written("a/b?c") == "a%2Fb%3Fc"


def test_every_setting_has_a_description_and_a_schema() -> None:
    schema = composed_system(CONNECTOR).model_json_schema()
    for model in (HttpConnection, HttpEvent, HttpRequest, HttpOperation, VerifySettings):
        for name, described in model.model_fields.items():
            assert described.description, f"{model.__name__}.{name}"
    assert "s3cret" not in json.dumps(schema)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"receive": {"path": "/a"}}, "expected 'verify'"),
        ({"verify": OPEN}, "expected 'receive'"),
        ({"receive": {"path": "hooks"}, "verify": OPEN}, "expected a path"),
        ({"receive": {"path": "/a?b=1"}, "verify": OPEN}, "expected a path"),
        ({"receive": {"path": "/a/{x}/{x}"}, "verify": OPEN}, "every parameter once"),
        ({"receive": {"path": "/a/{x"}, "verify": OPEN}, "expected a path"),
        ({"receive": {"path": "/a"}, "verify": {}}, "expected exactly one of hmac, token"),
        ({"receive": {"path": "/a"}, "verify": {"none": {}}}, "reason"),
        (
            {"receive": {"path": "/a"}, "verify": {**OPEN, "token": {"header": "X", "value": "t"}}},
            "found token and none",
        ),
        ({"receive": {"path": "/a"}, "verify": {"token": {"value": "t"}}}, "exactly one of header, query, body"),
        (
            {"receive": {"path": "/a"}, "verify": {"hmac": {"header": "X", "secret": "x", "signed": "{id}.{body}"}}},
            "{id}",
        ),
        ({"receive": {"path": "/a"}, "verify": {"hmac": {"header": "X", "secret": "x", "signed": "{path}"}}}, "{body}"),
        (
            {
                "receive": {"path": "/a"},
                "verify": {"hmac": {"header": "X", "secret": "x", "signed": "{timestamp}.{body}"}},
            },
            "timestamp",
        ),
        ({"receive": {"path": "/a"}, "verify": {"jwt": {"jwks": "a", "public_key": "b"}}}, "exactly one of jwks"),
        ({"receive": {"path": "/a"}, "verify": {"jwt": {"jwks": "a", "algorithms": ["HS256"]}}}, "HS algorithms"),
        ({"receive": {"path": "/a", "verb": "POST"}, "verify": OPEN}, "verb"),
    ],
)
def test_event_that_cannot_work_is_refused_with_a_reason(settings: dict[str, Any], said: str) -> None:
    assert said in refusal(HttpEvent, **settings)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"base_url": "shop.example.com"}, "expected an address"),
        ({"base_url": "ftp://shop.example.com"}, "expected an address"),
        ({"base_url": "https://user:pw@shop.example.com"}, "without a user's name"),
        ({"base_url": "https://shop.example.com/?a=1"}, "without a query"),
        ({"base_url": "https://shop.example.com:99999"}, "expected an address"),
        ({"headers": {"X Bad": "1"}}, "header's name"),
        ({"headers": {"X-Bad": "1\r\nX: 2"}}, "one line"),
        ({"headers": {"Host": "x"}}, "does not write itself"),
        ({"auth": {}}, "expected exactly one of"),
        (
            {"auth": {"oauth2_client_credentials": {"token_url": "token", "client_id": "a", "client_secret": "b"}}},
            "address",
        ),
    ],
)
def test_connection_that_cannot_work_is_refused_with_a_reason(settings: dict[str, Any], said: str) -> None:
    assert said in refusal(HttpConnection, **settings)


def test_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="without a user's name") as error:
        parse_url("https://user:s3cret@shop.example.com")
    assert "s3cret" not in str(error.value)


def test_origins_are_read_as_the_host_header_writes_them() -> None:
    cases = {
        "https://Shop.example.com": ("shop.example.com", 443, True),
        "http://shop.example.com:80/x": ("shop.example.com", 80, False),
        "http://[::1]:8080": ("[::1]:8080", 8080, False),
        "https://bücher.example": ("xn--bcher-kva.example", 443, True),
    }
    for url, (authority, port, tls) in cases.items():
        origin, _ = parse_url(url)
        assert (origin.authority, origin.port, origin.tls) == (authority, port, tls)


def test_holes_of_a_path_stay_in_their_segment() -> None:
    assert quote_segment("a/../b?c#d%") == "a%2F..%2Fb%3Fc%23d%25"
    assert quote_segment("..") == "%2E%2E"
    assert quote_segment("Grüße 1~2") == "Gr%C3%BC%C3%9Fe%201~2"


def test_targets_are_joined_and_encoded() -> None:
    assert request_target("", "", None) == "/"
    assert request_target("/api", "", None) == "/api"
    assert request_target("/api", "orders", {}) == "/api/orders"
    assert request_target("", "/a?x=1", {"y": [1, True, None], "z": "ä"}) == "/a?x=1&y=1&y=true&z=%C3%A4"
    assert request_target("", "/a%2Fb/100%", None) == "/a%2Fb/100%25"
    assert request_target("", "/a", {"b": None}) == "/a"

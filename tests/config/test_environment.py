"""The environment fills references; secrets stay out of the files and out of every text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from engine.config.environment import Environment, asks_for_values, fill_in
from engine.config.findings import Findings
from engine.config.parse import parse_model
from engine.config.redactor import Redactor
from engine.config.tree import plain
from engine.config.yaml import load_yaml
from engine.fields.marks import Text
from engine.fields.scalars import Flag, Template, Whole

VARIABLES = {"SHOP_URL": "http://shop", "PORT": "8080", "EMPTY": "", "CROSSDOCK_SECRET_SHOP": "s3cr3t{x}"}


def filled(text: str, environment: Environment | None = None) -> tuple[Any, list[str], Redactor]:
    findings, redactor = Findings(), Redactor()
    node = load_yaml(text, "f.yaml", findings)
    assert node is not None
    result = fill_in(node, environment or Environment(VARIABLES), redactor, findings)
    return result.value, [str(finding).removeprefix("f.yaml:") for finding in findings], redactor


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${env:SHOP_URL}", "http://shop"),
        ("'${env:SHOP_URL}/x/${env:PORT}'", "http://shop/x/8080"),
        ("${env:PORT}", "8080"),
        ("${env:NONE:-9}", "9"),
        ("${env:EMPTY:-fallback}", "fallback"),
        ("'${env:EMPTY}'", ""),
        ("'$${env:SHOP_URL}'", "${env:SHOP_URL}"),
        ("'$${\"a\": b}'", '$${"a": b}'),
        ("'$map(x, function($v){ $v })'", "$map(x, function($v){ $v })"),
    ],
)
def test_references_are_replaced(text: str, value: object) -> None:
    tree, findings, _ = filled(f"a:\n  - {text}")
    assert findings == []
    assert plain(tree) == {"a": [value]}


def test_a_secret_is_filled_in_and_known_to_the_redactor() -> None:
    """SEC-5: a secret's value does not reach logs, errors or stored requests."""
    tree, findings, redactor = filled("secret: ${secret:SHOP}")
    assert findings == []
    assert tree["secret"] == "s3cr3t{x}"
    assert tree["secret"].secret
    assert redactor.text("Bearer s3cr3t{x}!") == "Bearer ***!"


def test_what_is_filled_into_a_template_is_no_hole() -> None:
    tree, _, _ = filled("path: '/x?key=${secret:SHOP}&id={id}'")
    template = Template.parse(tree["path"])
    assert [str(part) for part in template.parts] == ["/x?key=s3cr3t{x}&id=", "id"]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: ${env:SHOP_ULR}", "1:4 XD501 expected a value for '${env:SHOP_ULR}', got none; did you mean 'SHOP_URL'"),
        ("a: 'x ${secret:SHOPP}'", "1:7 XD502 expected a secret for '${secret:SHOPP}', got none; did you mean 'SHOP'"),
    ],
)
def test_what_cannot_be_resolved_is_a_finding_at_its_place(text: str, finding: str) -> None:
    tree, findings, _ = filled(text)
    assert findings == [finding]
    assert tree["a"].unresolved


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("${SHOP_URL}", "did you mean '${env:SHOP_URL}'"),
        ("${evn:SHOP_URL}", "did you mean 'env'"),
        ("'${env:X'", "the '}' is missing"),
        ("${env:}", ""),
        ("${env:a b}", ""),
        ("${secret:X:-y}", "a secret has no default"),
    ],
)
def test_references_that_cannot_be_read_are_findings(text: str, hint: str) -> None:
    tree, findings, _ = filled(f"a: {text}")
    assert len(findings) == 1
    assert "XD504 expected a reference such as '${env:NAME}' or '${secret:NAME}', got '${" in findings[0]
    assert findings[0].partition("; ")[2] == hint
    assert tree["a"].unresolved


@pytest.mark.parametrize(
    "text",
    [
        "verify: {hmac: {secret: hunter2}}",
        "auth: {password: hunter2}",
        "auth: {client_secret: hunter2}",
        "auth: {api-key: hunter2}",
        "auth: {token: 12345}",
        "headers: {Authorization: Bearer hunter2}",
        "auth: {webhook_secret: '${env:NONE:-hunter2}'}",
    ],
)
def test_a_secret_in_clear_text_is_a_finding_that_does_not_repeat_it(text: str) -> None:
    """SEC-5: secrets are not kept in the workspace."""
    _, findings, _ = filled(text)
    assert [finding.split(" ")[1] for finding in findings] == ["XD503"]
    assert "hunter2" not in findings[0]
    assert "12345" not in findings[0]


@pytest.mark.parametrize(
    "text",
    [
        "auth: {token_url: 'http://x'}",
        "auth: {password: '${secret:SHOP}'}",
        "auth: {token: {header: X}}",
        "with: {token: $saved.login.token}",
        "set: {secret: {a: b}, password: x}",
        "auth: {password: ''}",
    ],
)
def test_references_and_expressions_are_not_clear_text(text: str) -> None:
    assert filled(text)[1] == []


def test_a_variable_under_a_secret_key_is_a_secret() -> None:
    tree, findings, redactor = filled("password: ${env:SHOP_URL}")
    assert findings == []
    assert tree["password"].secret
    assert redactor.text("http://shop") == "***"


def test_secrets_come_from_files_too(tmp_path: Path) -> None:
    (tmp_path / "ERP").write_text("from-file\n")
    (tmp_path / "BAD").write_bytes(b"\xff")
    (tmp_path / "NONE").write_text("\n")
    environment = Environment({"CROSSDOCK_SECRETS_DIR": str(tmp_path)})
    tree, findings, redactor = filled(
        "a: ${secret:ERP}\nb: ${secret:BAD}\nc: ${secret:NONE}\nd: ${secret:ER}", environment
    )
    assert tree["a"] == "from-file"
    assert redactor.text("from-file") == "***"
    assert [finding.partition(" expected")[0] for finding in findings] == ["2:4 XD505", "3:4 XD505", "4:4 XD502"]
    assert "its file is not UTF-8 text" in findings[0]
    assert "it is empty" in findings[1]
    assert "did you mean 'ERP'" in findings[2]


class Listen(BaseModel):
    port: Whole = 1
    active: Flag = False
    factor: float = 1.0
    name: str = ""
    url: Template | None = None


def test_texts_of_the_environment_are_numbers_where_the_model_says_so() -> None:
    variables = {"PORT": "8080", "ON": "true", "FACTOR": "1.5"}
    text = "port: ${env:PORT}\nactive: '${env:ON}'\nfactor: ${env:FACTOR}\nname: ${env:PORT}\n"
    findings = Findings()
    node = load_yaml(text, "f.yaml", findings)
    assert node is not None
    model = parse_model(Listen, fill_in(node, Environment(variables), Redactor(), findings), findings)
    assert model == Listen(port=8080, active=True, factor=1.5, name="8080")


def test_a_wrong_number_of_the_environment_is_a_finding_where_it_is_used() -> None:
    findings = Findings()
    node = load_yaml("port: ${env:PORT}\n", "f.yaml", findings)
    assert node is not None
    assert parse_model(Listen, fill_in(node, Environment({"PORT": "http"}), Redactor(), findings), findings) is None
    assert [str(finding) for finding in findings] == ["f.yaml:1:7 XD103 expected 'port' to be an integer, got 'http'"]


def test_lint_without_secrets_goes_on_with_their_references() -> None:
    findings = Findings()
    node = load_yaml("url: 'http://${env:HOST}/?k=${secret:KEY}'", "f.yaml", findings)
    assert node is not None
    node = fill_in(node, Environment({}, complete=False), Redactor(), findings)
    model = parse_model(Listen, node, findings)
    assert not findings
    assert model is not None
    assert model.url is not None
    assert model.url.literal == "http://${env:HOST}/?k=${secret:KEY}"


@pytest.mark.parametrize("complete", [True, False])
def test_a_missing_value_is_said_once_where_a_number_is_needed(complete: bool) -> None:
    findings = Findings()
    node = load_yaml("port: ${env:PORT}", "f.yaml", findings)
    assert node is not None
    node = fill_in(node, Environment({}, complete=complete), Redactor(), findings)
    assert parse_model(Listen, node, findings) is None
    assert [finding.code for finding in findings] == ["XD501"]


@given(st.text(alphabet="${}:-envscrtA ", max_size=40))
def test_any_text_is_filled_or_a_finding(text: str) -> None:
    findings = Findings()
    node = load_yaml("a: b", "f.yaml", findings)
    assert node is not None
    node.value["a"] = Text(text)
    fill_in(node, Environment({"A": "x"}), Redactor(), findings)
    assert all(finding.code in ("XD501", "XD502", "XD504") for finding in findings)


def test_only_files_that_may_hold_references_or_secrets_are_asked_for_values() -> None:
    for content in (b"a: ${env:X}", b"password: x", b"X-API-Key: x", b"Authorization: x", b'"p\\x61ssword": x'):
        assert asks_for_values(content)
    assert not asks_for_values(b"flow: orders\nsteps:\n  - milestone: $saved.booked\n")

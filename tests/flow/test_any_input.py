"""Whatever stands in the files of a workspace, compiling it ends in findings, soon, and never in a crash (CFG, SEC)."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.contracts.registry import ContractRegistry
from engine.flow.compile import compile_workspace
from engine.plugin import Registry, installed_plugins
from engine.sandbox.loader import load_stand_ins
from tests.lint.cases import SECRETS, right_files

RIGHT = right_files()
YAML_FILES = sorted(path for path in RIGHT if path.endswith(".yaml"))
LONGEST_SECONDS = 10.0

fuzzed = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)

names = st.sampled_from(sorted(RIGHT))
_PIECES = r"""
: - { } [ ] " ' | > &a *a <<: !!x # ${env:X} ${secret:X} ${ $ $$ $saved.x {a null ~ -1 1e999 9999999999999999999999999 é
x.jsonata ../../x.jsonata order/1 shop.order-created ( ) function($x){$x} lines.sku % \ , ; := ~> ** ^( @$v #$i
"""
pieces = st.sampled_from(["", " ", "\n", "\t", "\n  ", ": ", "- ", "\x00", "\r", *_PIECES.split()])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | pieces
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | pieces, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry(installed_plugins())


def _check_stand_ins(bundle: Bundle, environment: Environment, contracts: ContractRegistry, findings: Findings) -> None:
    load_stand_ins(bundle, environment, contracts.resolve, findings)


def compiled(files: dict[str, bytes], registry: Registry) -> Findings:
    """The findings of a workspace; every one of them can be printed."""
    started = time.monotonic()
    bundle = Bundle(files)
    environment = Environment(SECRETS)
    revision, findings = compile_workspace(
        bundle,
        registry,
        environment,
        checks=[_check_stand_ins],
    )
    assert (revision is None) == findings.has_errors
    for finding in findings:
        assert finding.line >= 1
        assert finding.column >= 1
        assert str(finding).isprintable()
        assert "Traceback" not in str(finding)
    assert time.monotonic() - started < LONGEST_SECONDS
    return findings


@fuzzed
@given(name=names, content=st.binary(max_size=400))
def test_any_bytes_as_a_file_end_in_findings(name: str, content: bytes, registry: Registry) -> None:
    compiled({**RIGHT, name: content}, registry)


@fuzzed
@given(
    folder=st.sampled_from(["flows", "flows/systems", "canonical", "canonical/order", "canonical/codes"]),
    name=st.text(min_size=1, max_size=20),
    suffix=st.sampled_from([".yaml", ".jsonata", ".csv"]),
    content=st.binary(max_size=60),
)
def test_any_name_of_a_file_ends_in_findings(
    folder: str, name: str, suffix: str, content: bytes, registry: Registry
) -> None:
    compiled({**RIGHT, f"{folder}/{name}{suffix}": content}, registry)


@fuzzed
@given(data=st.data(), name=names)
def test_a_file_with_some_text_changed_ends_in_findings(data: st.DataObject, name: str, registry: Registry) -> None:
    text = RIGHT[name].decode()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        text = text[:start] + data.draw(pieces) + text[end:]
    compiled({**RIGHT, name: text.encode()}, registry)


@fuzzed
@given(data=st.data(), name=st.sampled_from(YAML_FILES))
def test_a_file_with_another_value_somewhere_ends_in_findings(
    data: st.DataObject, name: str, registry: Registry
) -> None:
    document = yaml.safe_load(RIGHT[name])
    place = data.draw(st.sampled_from(_places(document, ())))
    value = data.draw(values)
    changed = yaml.safe_dump(_replaced(document, place, value), allow_unicode=True)
    compiled({**RIGHT, name: changed.encode("utf-8", "surrogatepass")}, registry)


@fuzzed
@given(name=names)
def test_a_missing_file_ends_in_findings(name: str, registry: Registry) -> None:
    compiled({path: content for path, content in RIGHT.items() if path != name}, registry)


def _places(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in _places(item, (*path, key)))]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    key, *rest = path
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = _replaced(value[key], tuple(rest), new)
    return changed

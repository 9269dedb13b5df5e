"""What does not fit a model is a finding at its line and column, all at once."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from engine.config.findings import Findings
from engine.config.parse import parse_model, spelled
from engine.config.places import Places
from engine.config.yaml import load_yaml
from engine.fields.marks import Mark
from engine.fields.scalars import Duration, Expr, Flag, MappingRef, Name, Whole


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Level(StrEnum):
    HIGH = "high"
    LOW = "low"


class Retry(Strict):
    max_attempts: Whole = Field(default=3, ge=1)
    first: Duration = Duration(1.0, text="1 s")


class Window(Strict):
    start: Whole
    end: Whole

    @model_validator(mode="after")
    def _ordered(self) -> Window:
        if self.start >= self.end:
            raise ValueError("expected 'start' before 'end'")
        return self


class Call(Strict):
    call: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z]+$", examples=["erp.create"])]
    payload: MappingRef | None = Field(default=None, alias="with")


class Send(Strict):
    send: Name | Target


class Target(Strict):
    operation: Name
    system: Expr


class Split(Strict):
    split: str
    steps: tuple[Step, ...] = Field(min_length=1)


def word(value: Any) -> str | None:
    return next((key for key in ("call", "send", "split") if key in value), None) if isinstance(value, dict) else None


Step = Annotated[
    Annotated[Call, Tag("call")] | Annotated[Send, Tag("send")] | Annotated[Split, Tag("split")], Discriminator(word)
]


class Flow(Strict):
    flow: Name = "x"
    level: Level = Level.LOW
    layer: Literal["system", "process"] = "system"
    version: Literal[1] = 1
    active: Flag = True
    summary: Annotated[str, Field(min_length=1, max_length=20)] = "x"
    owner: str = "x"
    factor: Annotated[float, Field(ge=1, le=10)] = 2.0
    retry: Name | Retry = "standard"
    window: Window | None = None
    keys: dict[Name, Expr] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default={"a": "b"}, min_length=1)
    expect: Retry | tuple[Retry, ...] = ()
    steps: tuple[Step, ...] = Field(default=(), min_length=0)


class Needy(Strict):
    owner: str
    window: Window


for _model in (Send, Split, Flow):
    _model.model_rebuild()


def holds_together(parsed: BaseModel | None, findings: Findings) -> None:
    """No model without a finding, and a model in spite of findings only where keys are unknown."""
    codes = {finding.code for finding in findings.errors}
    assert bool(codes) if parsed is None else codes <= {"XD104", "XD106"}


def findings_of(text: str, model: type[BaseModel] = Flow) -> list[str]:
    findings = Findings()
    node = load_yaml(text, "f.yaml", findings)
    assert node is not None
    holds_together(parse_model(model, node, findings), findings)
    return [str(finding).removeprefix("f.yaml:") for finding in findings]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("retry: {max_attempts: 5x}", "1:23 XD103 expected 'retry.max_attempts' to be a positive integer, got '5x'"),
        (
            "retry: {max_attempts: '5'}",
            "1:23 XD103 expected 'retry.max_attempts' to be a positive integer, got '5'; write it without quotes",
        ),
        (
            "retry: {max_atempts: 5}",
            "1:9 XD104 expected a key of 'retry', got 'max_atempts'; did you mean 'max_attempts'",
        ),
        ("retry: {zzz: 5}", "1:9 XD104 expected a key of 'retry', got 'zzz'; its keys are max_attempts, first"),
        (
            "retry: {first: 5m}",
            "1:16 XD803 expected 'retry.first' to be a duration such as '5 min' or '7 days', "
            "got '5m'; did you mean '5 min'",
        ),
        ("retry: [1]", "1:8 XD103 expected 'retry' to be a text or a mapping, got a list"),
        ("level: hgh", "1:8 XD106 expected 'level' to be 'high' or 'low', got 'hgh'; did you mean 'high'"),
        (
            "layer: proces",
            "1:8 XD106 expected 'layer' to be 'system' or 'process', got 'proces'; did you mean 'process'",
        ),
        ("version: 2", "1:10 XD106 expected 'version' to be 1, got 2"),
        ("active: yes", "1:9 XD103 expected 'active' to be true or false, got 'yes'; did you mean true"),
        ("summary: ''", "1:10 XD103 expected 'summary' to be a text of 1 to 20 characters, got ''"),
        ("owner: 5", "1:8 XD103 expected 'owner' to be a text, got 5; write it in quotes"),
        ("factor: 11", "1:9 XD103 expected 'factor' to be a number from 1 to 10, got 11"),
        ("tags: {}", "1:7 XD103 expected 'tags' to be a mapping of at least 1 key, got an empty mapping"),
        ("window: {start: 2, end: 1}", "1:9 XD107 'window': expected 'start' before 'end'"),
        ("window: {start: 2}", "1:1 XD105 expected 'window.end' to be given, got nothing"),
        (
            "keys: {Bad: a}",
            "1:8 XD119 expected 'keys.Bad' to be a name of lower-case words joined by hyphens, "
            "such as 'order-to-erp', got 'Bad'; did you mean 'bad'",
        ),
        ("keys: {a: ''}", "1:11 XD301 expected 'keys.a' to be a JSONata expression, got ''; it is empty"),
        ("steps: [{call: erp}]", "1:16 XD103 expected 'steps[0].call' to be a text such as 'erp.create', got 'erp'"),
        (
            "steps: [{cal: erp.x}]",
            "1:9 XD106 expected 'steps[0]' to be a mapping with one of 'call', 'send' or 'split', "
            "got one with 'cal'; did you mean 'call'",
        ),
        (
            "steps: [x]",
            "1:9 XD106 expected 'steps[0]' to be a mapping with one of 'call', 'send' or 'split', got 'x'",
        ),
        (
            "steps: [{split: x, steps: []}]",
            "1:27 XD103 expected 'steps[0].steps' to be a list of at least 1 item, got a list",
        ),
        ("[a]", "1:1 XD103 expected the file to be a mapping, got a list"),
        ("sumary: x", "1:1 XD104 expected a key of the file, got 'sumary'; did you mean 'summary'"),
    ],
)
def test_each_mistake_is_one_finding_at_its_place(text: str, finding: str) -> None:
    assert findings_of(text) == [finding.replace("item, got a list", "item, got an empty list")]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (
            "steps: [{send: {operaton: a, system: b}}]",
            "1:17 XD104 expected a key of 'steps[0].send', got 'operaton'; did you mean 'operation'",
        ),
        ("steps: [{send: {operation: a}}]", "1:10 XD105 expected 'steps[0].send.system' to be given, got nothing"),
        (
            "expect: [{first: 1 h}, {max_attempts: 0}]",
            "1:39 XD103 expected 'expect[1].max_attempts' to be a positive integer, got 0",
        ),
        ("expect: {max_attempts: 0}", "1:24 XD103 expected 'expect.max_attempts' to be a positive integer, got 0"),
        (
            "steps: [{split: x, steps: [{call: a.b, wit: x}]}]",
            "1:40 XD104 expected a key of 'steps[0].steps[0]', got 'wit'; did you mean 'with'",
        ),
    ],
)
def test_of_a_union_only_the_variant_that_was_meant_is_reported(text: str, finding: str) -> None:
    assert findings_of(text) == [finding]


def test_all_mistakes_come_at_once_in_file_order() -> None:
    found = findings_of("level: hgh\nretry:\n  first: 5m\n  max_attempts: 0\nsteps:\n  - cal: x\n  - call: y\n")
    assert [line.split(" ")[:2] for line in found] == [
        ["1:8", "XD106"],
        ["3:10", "XD803"],
        ["4:17", "XD103"],
        ["6:5", "XD106"],
        ["7:11", "XD103"],
    ]


def test_missing_keys_are_said_where_they_belong() -> None:
    assert findings_of("window:\n  start: 1\n", Needy) == [
        "1:1 XD105 expected 'owner' to be given, got nothing",
        "1:1 XD105 expected 'window.end' to be given, got nothing",
    ]


def test_a_misspelt_key_is_not_missing_as_well() -> None:
    found = findings_of("ownr: x\nwindow: {start: 1, end: 2}", Needy)
    assert found == ["1:1 XD104 expected a key of the file, got 'ownr'; did you mean 'owner'"]


def test_places_are_found_by_the_names_of_the_program() -> None:
    findings = Findings()
    node = load_yaml("steps:\n  - call: erp.create\n    with: |\n      customer.id\n", "f.yaml", findings)
    assert node is not None
    flow = parse_model(Flow, node, findings)
    assert flow is not None
    places = Places(flow, node.marks)
    assert places.value("steps", 0, "payload") == Mark("f.yaml", 3, 11)
    assert places.key("steps", 0, "payload") == Mark("f.yaml", 3, 5)
    assert places.value("steps", 0, "with") == Mark("f.yaml", 3, 11)
    assert places.value("retry", "first") == Mark("f.yaml", 1, 1)
    origin = places.text_origin("steps", 0, "payload")
    assert origin is not None
    assert origin.at_line(1, 1) == Mark("f.yaml", 4, 7)


@pytest.mark.parametrize(
    "text",
    ["".join(f"stp{i}: x\n" for i in range(60_000)), "steps:\n" + "- {cal: x}\n" * 30_000],
    ids=["keys", "steps"],
)
def test_no_number_of_mistakes_takes_long(text: str) -> None:
    begun = time.process_time()
    findings = Findings()
    node = load_yaml(text, "f.yaml", findings)
    assert node is not None
    assert parse_model(Flow, node, findings) is None
    assert len(findings) == 1000
    assert time.process_time() - begun < 20


def test_paths_are_spelled_as_people_write_them() -> None:
    assert spelled(("steps", 0, "with", "a")) == "steps[0].with.a"


_words = st.sampled_from(
    ["flow", "steps", "call", "send", "split", "with", "retry", "expect", "window", "keys", "a.b", "x"]
)
_trees = st.recursive(
    st.one_of(_words, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_words, inner, max_size=4)),
    max_leaves=10,
)


@given(_trees)
def test_any_tree_is_a_model_or_findings(tree: object) -> None:
    findings = Findings()
    node = load_yaml(json.dumps(tree), "f.yaml", findings)
    assert node is not None
    model = parse_model(Flow, node, findings)
    holds_together(model, findings)

"""The two validators agree: what jsonschema-rs decides is what `jsonschema` words, rule by rule and place by place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contracts.faults import Fault, flattened
from engine.contracts.registry import ContractRegistry
from engine.contracts.schema import CompiledSchema
from engine.contracts.violations import violation
from engine.contracts.wording import faults_of
from tests.contracts.workspace_files import workspace_files

REGISTRY = ContractRegistry.load(workspace_files())
ENTITIES = [contract for contract in REGISTRY if contract.entity != "common"]

NUMBERS: list[Any] = [0, 5, Decimal("5.0"), Decimal("5.5"), Decimal("19.9"), Decimal("19.90"), Decimal("0.1"), -1,
                      10**30, Decimal("0.30000000000000000000001"), Decimal("1e400"), Decimal("1e-400"), True,
                      False]  # fmt: skip
TEXTS: list[Any] = ["", "a", "ab\n", "a\n", "٣", "2026-03-14", "2026-02-30", "2026-03-14T09:26:53Z",
                    "2026-03-14T09:26:53", "2026-03-14t09:26:53z", "2016-12-31T23:59:60Z", "a@b.example", "a@b",
                    "http://x", "x/y", "é", "👍"]  # fmt: skip
OTHERS: list[Any] = [None, [], {}, [1, Decimal("1.0")], [True, 1], ["a", "a"], {"a": 1}, {"b": 1}, {"a\n": 1},
                     {"a": {"a": 1}}, [[1], [1]], {"a": 1, "b": 2, "c": 3}]  # fmt: skip
DOCUMENTS = [*NUMBERS, *TEXTS, *OTHERS]

SCHEMAS: list[dict[str, Any]] = [
    *({"type": name} for name in ("integer", "number", "string", "boolean", "null", "array", "object")),
    *({"const": value} for value in NUMBERS if str(value) != "19.90"),  # jsonschema-rs shows it as 19.9
    {"enum": [1, Decimal("19.9"), "a", None, [1]]},
    *({"multipleOf": value} for value in (1, 3, Decimal("0.01"), Decimal("0.1"), Decimal("1e-400"))),
    *({rule: Decimal("0.3")} for rule in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")),
    *({rule: 5} for rule in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")),
    *({"pattern": pattern} for pattern in ("^a$", "^a", r"\d", r"^\w+$", "^.$", "^(?!a)", "[^a]$", r"\p{L}")),
    *({"format": name} for name in ("date-time", "date", "email", "uri", "time", "uuid", "regex", "hostname", "ipv4")),
    {"minLength": 1, "maxLength": 1},
    {"uniqueItems": True, "minItems": 1, "maxItems": 1},
    {"properties": {"a": {"type": "string"}}, "additionalProperties": False, "required": ["b"]},
    {"patternProperties": {"^a$": {"type": "string"}}, "additionalProperties": {"type": "null"}},
    {"propertyNames": {"pattern": "^a$"}, "minProperties": 1, "maxProperties": 2},
    {"dependentRequired": {"a": ["b", "c"]}, "dependentSchemas": {"b": {"required": ["z"]}}},
    {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 3}]},
    {"oneOf": [{"type": "number"}, {"type": "integer"}, {"type": "object", "required": ["a"]}]},
    {"allOf": [{"type": "object"}, {"properties": {"a": False}}]},
    {"not": {"type": "integer"}},
    {"if": {"type": "object"}, "then": {"required": ["q"]}, "else": {"type": "array"}},
    {"contains": {"type": "integer"}, "minContains": 2},
    {"prefixItems": [{"type": "integer"}], "items": False},
    {"$ref": "#/$defs/tree", "$defs": {"tree": {"properties": {"a": {"$ref": "#/$defs/tree"}}, "required": ["a"]}}},
    {"properties": {"a": True}, "unevaluatedProperties": False},
]  # fmt: skip


def nothing(uri: str) -> Mapping[str, Any]:
    raise LookupError(uri)


def assert_agreement(schema: CompiledSchema, document: Any) -> None:
    """Same verdict, and the same words for the same places."""
    decided = _words(schema._decided_faults(document), document)
    worded = _words(faults_of(schema._wording, document), document)
    assert decided == worded
    assert schema.is_valid(document) == (not worded)
    if schema.is_valid(document):
        assert schema.validate(document) == ()


def _words(faults: Iterable[Fault], document: Any) -> list[str]:
    return sorted(violation(fault, document, None).message for fault in flattened(list(faults)))


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_both_validators_agree_on_the_corpus(schema: dict[str, Any]) -> None:
    compiled = CompiledSchema.compile(schema, name="corpus", resolve=nothing)
    for document in DOCUMENTS:
        assert_agreement(compiled, document)
        assert_agreement(compiled, {"a": document})
        assert_agreement(compiled, [document])


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-1000, max_value=1000),
    st.text(max_size=8),
    st.sampled_from([*NUMBERS, *TEXTS]),
)
# No empty names: jsonschema-rs leaves them out of its paths.
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abcz") | st.text(min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(schema=st.sampled_from(SCHEMAS), document=documents)
def test_both_validators_agree_on_generated_documents(schema: dict[str, Any], document: Any) -> None:
    assert_agreement(CompiledSchema.compile(schema, name="generated", resolve=nothing), document)


@st.composite
def broken_examples(draw: st.DrawFn) -> tuple[CompiledSchema, Any]:
    """A canonical example with one value replaced, removed or added somewhere in it."""
    contract = draw(st.sampled_from(ENTITIES))
    document = _copy(contract.schema.document["examples"][0])
    node, parent, key = document, None, None
    while isinstance(node, dict | list) and node and draw(st.integers(0, 4)):
        parent, key = node, draw(st.sampled_from(list(node) if isinstance(node, dict) else list(range(len(node)))))
        node = parent[key]
    change = draw(st.sampled_from(["replace", "remove", "add"]))
    if change == "add" and isinstance(node, dict):
        node[draw(st.text(max_size=6))] = draw(documents)
    elif parent is not None and change == "remove":
        del parent[key]
    elif parent is not None:
        parent[key] = draw(documents)
    return contract.schema, document


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(item) for name, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


@settings(max_examples=200, deadline=None)
@given(broken_examples())
def test_both_validators_agree_on_broken_canonical_documents(case: tuple[CompiledSchema, Any]) -> None:
    assert_agreement(*case)

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import exact_json
from engine.errors import CodecError
from engine.plugin import Registry
from plugins.json import plugin
from plugins.json.codec import MAX_DEPTH, MAX_DIGITS, JsonCodec, JsonSettings

SAMPLES = Path(os.environ.get("CROSSDOCK_SHARED", "../shared")) / "data" / "samples"

codec = JsonCodec(JsonSettings())
decimals = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-(10**25), 10**25), st.integers(-200, 200)
)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | decimals | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=30,
)


def written(value: Any) -> Any:
    """A document with its numbers as written, so that 19.90 and 19.9 differ."""
    if isinstance(value, dict):
        return {key: written(item) for key, item in value.items()}
    if isinstance(value, list):
        return [written(item) for item in value]
    return f"number {value}" if type(value) in (int, Decimal) else value


def refusal(raw: bytes) -> str:
    with pytest.raises(CodecError) as caught:
        codec.decode(raw)
    return str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"price":19.90,"id":820982911946154508}',
        b"[0.10,1.0,-0.0,100,-5,0]",
        b"1E+5",
        b"[" + b"9" * MAX_DIGITS + b"]",
        b"[1." + b"3" * 399 + b"]",
        b'{"text":"\xc3\xa9\xf0\x9f\x93\xa6","none":null,"yes":true}',
    ],
)
def test_numbers_and_texts_leave_as_they_came(raw: bytes) -> None:
    assert codec.encode(codec.decode(raw)) == raw


@given(documents)
def test_every_document_survives_both_ways(document: Any) -> None:
    assert written(codec.decode(codec.encode(document))) == written(document)


@given(documents)
def test_indented_documents_are_the_same_documents(document: Any) -> None:
    indented = JsonCodec(JsonSettings(indent=2)).encode(document)
    assert written(codec.decode(indented)) == written(document)


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,0123456789eE.+-\\u dtrue', max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        document = codec.decode(raw)
    except CodecError:
        return
    codec.encode(document)


@pytest.mark.parametrize("name", ["shopify/order.json", "woocommerce/order.json", "magento/order.json"])
def test_samples_of_vendors_are_read_exactly(name: str) -> None:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"no sample data at {path}")
    document = codec.decode(path.read_bytes())
    assert written(codec.decode(codec.encode(document))) == written(document)


@pytest.mark.parametrize(
    ("raw", "finding"),
    [
        (b"", "expected a JSON document, got nothing at byte 0"),
        (b'{"a":1,}', "malformed JSON: trailing comma in object at byte 7"),
        (b'{"a', "malformed JSON: it ends too early at byte 3"),
        (b'{"a":NaN}', "malformed JSON: invalid character at byte 5"),
        (b"[-Infinity]", "malformed JSON: invalid character at byte 2"),
        (b'{"a":"\xff"}', "expected UTF-8, got byte 0xff at byte 6"),
        (b'"\xed\xa0\x80"', "expected UTF-8, got byte 0xed at byte 1"),
        (b'"\\udc00"', "malformed JSON: invalid utf-16 surrogate pair at byte 7"),
        (b"1e401", "an exponent of at most 400, got '1e401'"),
        (b"1e999999999", "an exponent of at most 400"),
        (b"1e" + b"9" * 10_000, "an exponent of at most 400"),
        (b"0." + b"1" * 401, "an exponent of at most 400"),
        (b"1." + b"1" * 100_000, "a number of at most 1000 digits"),
        (b"[" + b"1" * (MAX_DIGITS + 1) + b"]", "integers of at most 1000 digits"),
        (b"[" + b"1" * 100_000 + b"]", "integers of at most 1000 digits"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "at most 200 levels of nesting, got 201"),
        (b'{"a":' * 100_000, "at most 200 levels of nesting, got more"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(raw: bytes, finding: str) -> None:
    assert finding in refusal(raw)


def test_a_long_run_of_digits_in_a_text_is_no_number() -> None:
    document = {"text": "7" * 5000, "n": 1}
    assert codec.decode(codec.encode(document)) == document


def test_the_deepest_allowed_document_is_read() -> None:
    raw = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert codec.encode(codec.decode(raw)) == raw


def test_a_byte_order_mark_is_tolerated() -> None:
    assert codec.decode(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":2}',
        b'{"a" :1,"a":2}',
        b'{"a":1, "\\u0061":2}',
        b'{"x":"\\":","a":1,"a":2}',
        b'{"x":":","a":1,"a":1}',
        b'{"x":" ","a": {"b":[]},"a":{"b": []}}',
        b'{"":"","":""}',
        b'[{"b":{"a":{},"a":{"c":1}}}]',
    ],
)
def test_duplicate_keys_are_refused_or_the_last_counts(raw: bytes) -> None:
    assert "twice" in refusal(raw)
    assert JsonCodec(JsonSettings(duplicate_keys="last")).decode(raw) is not None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", 'q":', "\\"]),
            st.sampled_from(["", " ", "\n"]),
            st.sampled_from(["1", '"\\":"', '" :"']),
        )
    )
)
def test_a_duplicate_is_found_however_it_is_written(members: list[tuple[str, str, str]]) -> None:
    keys = [codec.encode(key).decode() for key, _, _ in members]
    raw = "{" + ",".join(f"{key}{space}:{value}" for key, (_, space, value) in zip(keys, members, strict=True)) + "}"
    if len(set(keys)) == len(keys):
        assert len(codec.decode(raw.encode())) == len(keys)
    else:
        assert "twice" in refusal(raw.encode())


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity"), {"a": [Decimal("NaN")]}])
def test_numbers_that_are_none_are_not_written(value: Any) -> None:
    with pytest.raises(CodecError, match="expected finite numbers"):
        codec.encode(value)


@pytest.mark.parametrize(
    "value", [object(), {None: 1}, "\ud800", 10**5000], ids=["object", "key", "surrogate", "integer"]
)
def test_what_json_cannot_carry_is_not_written(value: Any) -> None:
    with pytest.raises(CodecError, match="expected a document of JSON values"):
        codec.encode(value)


def test_text_that_only_reads_like_no_number_is_written() -> None:
    assert codec.encode({"name": "NaN Infinity"}) == b'{"name":"NaN Infinity"}'


@pytest.mark.parametrize("indent", [0, 2])
def test_stored_bytes_are_rewritten_as_their_document_is_written(indent: int) -> None:
    indented = JsonCodec(JsonSettings(indent=indent))
    for document in ({"a": [Decimal("19.90"), 10**40, True, None, "é"], "b": {}}, [], "NaN", None):
        assert indented.rewritten(exact_json.encode(document)) == indented.encode(document)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_stored_numbers_that_are_none_are_not_rewritten(value: str) -> None:
    with pytest.raises(CodecError, match="expected finite numbers"):
        codec.rewritten(exact_json.encode({"a": Decimal(value)}))


def test_the_plugin_brings_the_codec() -> None:
    kind = Registry([plugin]).codecs["json"]
    assert kind.open(kind.settings()).media_type == "application/json"

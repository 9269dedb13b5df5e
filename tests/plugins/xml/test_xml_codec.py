from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.errors import CodecError
from engine.plugin import Registry
from plugins.xml import plugin
from plugins.xml.codec import MAX_DEPTH, XmlCodec
from plugins.xml.settings import XmlSettings

SAMPLES = Path(os.environ.get("CROSSDOCK_SHARED", "../shared")) / "data" / "samples"
UBL = {
    "": "urn:oasis:names:specification:ubl:schema:xsd:Order-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}

xml_text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n"),
    max_size=12,
)
xml_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
attributes = st.dictionaries(xml_names.map("@".__add__), xml_text, max_size=3)
texts = xml_text.filter(bool)


def nodes(inner: Any) -> Any:
    children = st.dictionaries(xml_names, inner | st.lists(inner, min_size=2, max_size=3), min_size=1, max_size=4)
    leaf = st.builds(lambda held, text: held | {"#text": text}, attributes.filter(bool), texts)
    return leaf | attributes.filter(bool) | st.builds(lambda held, below: held | below, attributes, children)


contents = st.recursive(xml_text, nodes, max_leaves=12)


def decode(raw: bytes | str, **settings: Any) -> Any:
    return XmlCodec(XmlSettings(**settings)).decode(raw.encode() if isinstance(raw, str) else raw)


def encode(document: Any, **settings: Any) -> str:
    return XmlCodec(XmlSettings(declaration=False, **settings)).encode(document).decode()


def sample(name: str) -> bytes:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"no sample data at {path}")
    return path.read_bytes()


def test_attributes_text_and_repeated_children_become_fields() -> None:
    raw = '<o id="007"><l n="1">A</l><l>B</l><note/><c> x </c></o>'
    assert decode(raw) == {"o": {"@id": "007", "l": [{"@n": "1", "#text": "A"}, "B"], "note": "", "c": " x "}}


def test_declared_lists_are_lists_even_of_one() -> None:
    raw = "<Order><Line><Tax>1</Tax></Line><Total><Line>2</Line></Total></Order>"
    assert decode(raw, force_list=("Order/Line",))["Order"]["Line"] == [{"Tax": "1"}]
    assert decode(raw, force_list=("Order/Line",))["Order"]["Total"] == {"Line": "2"}
    assert decode(raw, force_list=("Line",))["Order"]["Total"] == {"Line": ["2"]}
    assert decode(raw, force_list=("/Order/Line/Tax",))["Order"]["Line"] == {"Tax": ["1"]}
    assert decode(raw, force_list=("/Line",))["Order"]["Line"] == {"Tax": "1"}


def test_namespaces_show_by_the_declared_prefixes_whatever_the_document_uses() -> None:
    raw = '<x:o xmlns:x="urn:a" xmlns="urn:b" x:k="1"><i>2</i></x:o>'
    assert decode(raw, namespaces={"a": "urn:a"}) == {"a:o": {"@a:k": "1", "{urn:b}i": "2"}}
    assert decode(raw, namespaces={"": "urn:b", "a": "urn:a"}) == {"a:o": {"@a:k": "1", "i": "2"}}


def test_an_element_without_namespace_differs_from_one_in_the_default() -> None:
    raw = '<d:o xmlns:d="urn:d"><i/></d:o>'
    document = decode(raw, namespaces={"": "urn:d"})
    assert document == {"o": {"{}i": ""}}
    written = encode(document, namespaces={"": "urn:d"})
    assert decode(written) == {"{urn:d}o": {"i": ""}}
    assert decode(written, namespaces={"": "urn:d"}) == document


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("ubl/order_2_1.xml", {"namespaces": UBL, "force_list": ("cac:OrderLine",)}),
        ("ubl/despatch_advice_2_0.xml", {}),
        ("netsuite_soap/get_invoice.xml", {"namespaces": {"soap": "http://schemas.xmlsoap.org/soap/envelope/"}}),
        ("netsuite_soap/failure_concurrent_requests.xml", {}),
        ("cxml/order_request.xml", {"doctype": "ignore"}),
    ],
)
def test_samples_survive_both_ways(name: str, settings: dict[str, Any]) -> None:
    codec = XmlCodec(XmlSettings(**settings))
    document = codec.decode(sample(name))
    assert codec.decode(codec.encode(document)) == document


def test_an_order_of_ubl_is_read_by_its_names() -> None:
    order = decode(sample("ubl/order_2_1.xml"), namespaces=UBL, force_list=("cac:OrderLine",))["Order"]
    assert order["cbc:ID"] == "34"
    assert order["cbc:ProfileID"] == {
        "@schemeAgencyID": "BII",
        "@schemeID": "Profile",
        "#text": "urn:www.cenbii.eu:profile:BII01:ver1.0",
    }
    assert isinstance(order["cac:OrderLine"], list)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize("doctype", ["refuse", "ignore"])
@pytest.mark.parametrize(
    "raw",
    [
        '<!DOCTYPE o [<!ENTITY e SYSTEM "file:///etc/passwd">]><o>&e;</o>',
        '<!DOCTYPE o [<!ENTITY e SYSTEM "file:///etc/passwd">]><o a="&e;"/>',
        f'<!DOCTYPE o [<!ENTITY l0 "ha">{LAUGHS}]><o>&l11;</o>',
        f'<!DOCTYPE o [<!ENTITY l0 "ha">{LAUGHS}]><o a="&l11;"/>',
        '<!DOCTYPE o [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]><o/>',
        '<!DOCTYPE o [<!ELEMENT o ANY><!ATTLIST o a CDATA "injected">]><o/>',
        '<!DOCTYPE o SYSTEM "o.dtd"><o>&e;</o>',
    ],
)
def test_entities_and_bombs_are_refused(raw: str, doctype: str) -> None:
    with pytest.raises(CodecError):
        decode(raw, doctype=doctype)
    with pytest.raises(CodecError):
        decode(raw.encode("utf-16"), doctype=doctype)


def test_a_doctype_that_declares_nothing_is_refused_or_passed_over() -> None:
    raw = '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.050/cXML.dtd"><cXML>1</cXML>'
    with pytest.raises(CodecError, match="expected no document type declaration"):
        decode(raw)
    assert decode(raw, doctype="ignore") == {"cXML": "1"}


@pytest.mark.parametrize(
    ("raw", "finding"),
    [
        (b"", "malformed XML"),
        (b"plain", "malformed XML: Start tag expected, '<' not found at line 1, column 1"),
        (b"<o>\n  <a></b>\n</o>", "malformed XML: Opening and ending tag mismatch"),
        (b"<o>&nbsp;</o>", "malformed XML: Entity 'nbsp' not defined at line 1"),
        (b"<o>\xff</o>", "malformed XML"),
        (b'<?xml version="1.0" encoding="utf-9"?><o/>', "malformed XML"),
        (b"<o>" * (MAX_DEPTH + 1) + b"</o>" * (MAX_DEPTH + 1), "expected at most 200 levels of nesting"),
        (b"<o>" * 100_000, "malformed XML"),
        (b"<x:o/>", "malformed XML: Namespace prefix x on o is not defined"),
    ],
)
def test_what_is_not_xml_is_refused_with_its_place(raw: bytes, finding: str) -> None:
    with pytest.raises(CodecError) as caught:
        decode(raw)
    assert finding in str(caught.value)


def test_values_are_written_as_text() -> None:
    document = {
        "o": {"@n": 5, "@skip": None, "p": Decimal("19.90"), "big": Decimal("1E+3"), "yes": True, "no": None, "l": []}
    }
    assert encode(document) == '<o n="5"><p>19.90</p><big>1000</big><yes>true</yes><no/></o>'


@pytest.mark.parametrize(
    ("document", "finding"),
    [
        ([], "expected an object with the root element"),
        ({"a": 1, "b": 2}, "expected an object with the root element"),
        ({"a b": 1}, "expected the name of an element, got 'a b'"),
        ({"o": {"1x": 1}}, "expected the name of an element, got '1x'"),
        ({"o": {"p": {"@a": []}}}, "attribute 'a': expected a single value, got a list at o/p"),
        ({"o": {"p": [[1]]}}, "expected a single value, got a list at o/p"),
        ({"o": {"p": "\x00"}}, "at o/p"),
        ({"o": Decimal("NaN")}, "expected a single value"),
        ({"cbb:o": 1}, "expected a declared namespace prefix, got 'cbb:o'; did you mean 'cbc:o'"),
    ],
)
def test_what_xml_cannot_carry_is_refused_with_its_path(document: Any, finding: str) -> None:
    with pytest.raises(CodecError) as caught:
        encode(document, namespaces={"cbc": "urn:c"})
    assert finding in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"])
def test_every_charset_is_declared_and_lacks_nothing(encoding: str) -> None:
    codec = XmlCodec(XmlSettings(encoding=encoding, declaration=False))
    raw = codec.encode({"o": "é中€"})
    assert encoding == "utf-8" or f"encoding='{encoding}'" in raw.decode(encoding).splitlines()[0]
    assert codec.decode(raw) == {"o": "é中€"}


@pytest.mark.parametrize("namespaces", [{"xml": "urn:x"}, {"a": ""}, {"a": "urn:x", "b": "urn:x"}, {"a b": "urn:x"}])
def test_prefixes_that_do_not_fit_are_refused(namespaces: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        XmlSettings(namespaces=namespaces)


@given(xml_names, contents)
def test_every_document_survives_both_ways(root: str, content: Any) -> None:
    codec = XmlCodec(XmlSettings())
    assert codec.decode(codec.encode({root: content})) == {root: content}


@given(st.binary(max_size=200) | st.text(alphabet="<>/ab=\"'&;![]CDATA?x-:#0", max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        document = decode(raw)
    except CodecError:
        return
    encode(document)


def test_the_plugin_brings_the_codec() -> None:
    kind = Registry([plugin]).codecs["xml"]
    assert kind.open(kind.settings()).media_type == "application/xml"

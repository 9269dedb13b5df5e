"""The xml codec: elements to objects and back, on lxml, closed to entities, external files and bombs.

An element with text alone is that text; otherwise it is an object with its attributes (`@name`), its children by name
(a list when they repeat or are declared so) and its text (`#text`). Space between elements is left out, all other text
is unchanged. Comments, processing instructions and the order of text among children are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from engine.errors import CodecError
from plugins.xml.names import Names
from plugins.xml.settings import XmlSettings

MAX_DEPTH = 200

_PLACE = re.compile(r",? line \d+, column \d+.*$", re.DOTALL)


class XmlCodec:
    """XML bytes to `{root: content}` and back. Everything in it is text, objects and lists."""

    media_type = "application/xml"

    def __init__(self, settings: XmlSettings) -> None:
        self._settings = settings
        self._names = Names(settings.namespaces)
        self._lists = tuple((path.startswith("/"), tuple(path.strip("/").split("/"))) for path in settings.force_list)

    def decode(self, raw: bytes) -> Any:
        """The document; raises CodecError with the line at fault."""
        root = _parse(raw)
        self._check_doctype(root)
        name = self._names.of_element(root.tag)
        return {name: self._content(root, (name,))}

    def encode(self, document: Any) -> bytes:
        """The bytes; raises CodecError with the path of what XML cannot carry.

        Null is an empty element and no attribute, an empty list no element; numbers are written in plain digits.
        """
        if not isinstance(document, dict) or len(document) != 1:
            raise CodecError("expected an object with the root element as its only field")
        ((name, content),) = document.items()
        prefixes = self._settings.namespaces
        root = self._build(name, content, prefixes)
        if "" in prefixes and any(not str(element.tag).startswith("{") for element in root.iter()):
            # libxml2 would write an element without a namespace into the default one: then nothing may be the default.
            root = self._build(name, content, {prefix: uri for prefix, uri in prefixes.items() if prefix})
        written: bytes = etree.tostring(  # type: ignore[assignment]
            root,
            encoding=self._settings.encoding,
            xml_declaration=self._settings.declaration or self._settings.encoding != "utf-8",
            pretty_print=self._settings.indent,
        )
        return written

    def _build(self, name: str, content: Any, prefixes: Mapping[str, str]) -> etree._Element:
        nsmap: Any = {prefix or None: uri for prefix, uri in prefixes.items()}
        try:
            root = etree.Element(self._names.element(name), nsmap=nsmap)
        except (ValueError, TypeError) as error:
            raise CodecError(f"expected the name of an element, got {name!r}: {error}") from None
        self._fill(root, content, (name,))
        return root

    def _check_doctype(self, root: etree._Element) -> None:
        info: Any = root.getroottree().docinfo  # the stubs know neither its doctype nor what a DTD holds
        if not info.doctype:
            return
        if self._settings.doctype == "refuse":
            raise CodecError("expected no document type declaration, got one; 'doctype: ignore' passes over it")
        dtd = info.internalDTD
        if dtd is not None and (any(True for _ in dtd.iterentities()) or any(True for _ in dtd.iterelements())):
            raise CodecError("expected a document type declaration that declares nothing, got entities or elements")

    def _content(self, element: etree._Element, path: tuple[str, ...]) -> Any:
        if len(path) > MAX_DEPTH:
            raise CodecError(f"expected at most {MAX_DEPTH} levels of nesting, got more", position=_line(element))
        attributes = {f"@{self._names.of_attribute(str(name))}": str(value) for name, value in element.attrib.items()}
        if len(element) == 0:
            text = element.text or ""
            return attributes | ({"#text": text} if text else {}) if attributes else text
        content: dict[str, Any] = dict(attributes)
        texts = [element.text or ""]
        for child in element:
            if not isinstance(child.tag, str):
                raise CodecError(f"expected no entity, got '{child.text}'", position=_line(element))
            self._add(content, child, path)
            texts.append(child.tail or "")
        if any(text.strip() for text in texts):
            content["#text"] = "".join(texts)
        return content

    def _add(self, content: dict[str, Any], child: etree._Element, path: tuple[str, ...]) -> None:
        name = self._names.of_element(str(child.tag))
        below = (*path, name)
        value = self._content(child, below)
        held = content.get(name)
        if held is None:
            content[name] = [value] if self._is_list(below) else value
        elif isinstance(held, list):
            held.append(value)
        else:
            content[name] = [held, value]

    def _is_list(self, path: tuple[str, ...]) -> bool:
        return any(path == wanted if whole else path[-len(wanted) :] == wanted for whole, wanted in self._lists)

    def _fill(self, element: etree._Element, content: Any, path: tuple[str, ...]) -> None:
        if len(path) > MAX_DEPTH:
            raise CodecError(f"expected at most {MAX_DEPTH} levels of nesting, got more")
        if not isinstance(content, dict):
            _set_text(element, content, path)
            return
        for name, value in content.items():
            if name == "#text":
                _set_text(element, value, path)
            elif name.startswith("@"):
                self._set_attribute(element, name, value, path)
            else:
                for item in value if isinstance(value, list) else [value]:
                    self._fill(self._child(element, name, path), item, (*path, name))

    def _child(self, element: etree._Element, name: str, path: tuple[str, ...]) -> etree._Element:
        try:
            return etree.SubElement(element, self._names.element(name))
        except ValueError as error:
            raise CodecError(
                f"expected the name of an element, got {name!r}: {error}", position="/".join(path)
            ) from None

    def _set_attribute(self, element: etree._Element, name: str, value: Any, path: tuple[str, ...]) -> None:
        if value is None:
            return
        try:
            element.set(self._names.attribute(name[1:]), _text(value))
        except (ValueError, TypeError) as error:
            raise CodecError(f"attribute '{name[1:]}': {error}", position="/".join(path)) from None


def _parse(raw: bytes) -> etree._Element:
    # A parser of its own for each document: a parser keeps its error log, and is not to be shared between threads.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        words = _PLACE.sub("", error.msg or "not XML")
        line, column = error.position
        raise CodecError(f"malformed XML: {words[:200]}", position=f"line {line}, column {column}") from None
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise CodecError(f"malformed XML: {error}") from None
    if root is None:
        raise CodecError("malformed XML: no element found")
    return root


def _set_text(element: etree._Element, value: Any, path: tuple[str, ...]) -> None:
    if value is None:
        return
    try:
        element.text = _text(value)
    except (ValueError, TypeError) as error:
        raise CodecError(str(error), position="/".join(path)) from None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}"
    if isinstance(value, int | float):
        return str(value)
    found = "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else f"{value!r:.40}"
    raise TypeError(f"expected a single value, got {found}")


def _line(element: etree._Element) -> str:
    return f"line {element.sourceline}"

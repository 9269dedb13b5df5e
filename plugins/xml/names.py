"""Names as data spell them (`cbc:ID`) and as XML has them (`{namespace}ID`)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from engine.errors import CodecError

XML = "http://www.w3.org/XML/1998/namespace"


class Names:
    """The translation for one set of declared prefixes."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._uris = {**namespaces, "xml": XML}
        self._prefixes = {uri: prefix for prefix, uri in self._uris.items()}
        self._default = namespaces.get("")

    def of_element(self, tag: str) -> str:
        """How data spell an element."""
        if not tag.startswith("{"):
            return tag if self._default is None else "{}" + tag
        uri, _, local = tag[1:].partition("}")
        prefix = self._prefixes.get(uri)
        return tag if prefix is None else f"{prefix}:{local}" if prefix else local

    def of_attribute(self, tag: str) -> str:
        """How data spell an attribute; the empty prefix never applies to these."""
        if not tag.startswith("{"):
            return tag
        uri, _, local = tag[1:].partition("}")
        prefix = self._prefixes.get(uri)
        return f"{prefix}:{local}" if prefix else tag

    def element(self, name: str) -> str:
        """The element that data spell so; raises CodecError for a prefix that is not declared."""
        if ":" not in name and not name.startswith("{") and self._default is not None:
            return f"{{{self._default}}}{name}"
        return self._qualified(name)

    def attribute(self, name: str) -> str:
        """The attribute that data spell so; raises CodecError for a prefix that is not declared."""
        return self._qualified(name)

    def _qualified(self, name: str) -> str:
        if name.startswith("{"):
            return name.removeprefix("{}")
        prefix, colon, local = name.partition(":")
        if not colon:
            return name
        if not prefix or prefix not in self._uris:
            near = difflib.get_close_matches(prefix, self._uris, n=1)
            hint = f"; did you mean '{near[0]}:{local}'" if near else ""
            raise CodecError(f"expected a declared namespace prefix, got '{name}'{hint}")
        return f"{{{self._uris[prefix]}}}{local}"

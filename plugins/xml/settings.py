"""What a workspace says about its XML: prefixes, lists, and whether a DOCTYPE is tolerated."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from engine.plugin import Settings
from engine.plugin.fields import Flag


class XmlSettings(Settings):
    """How XML is read and written."""

    namespaces: dict[str, str] = Field(
        default_factory=dict,
        description="prefix to namespace, as names are spelled in data (`cbc:ID`), whatever prefixes a document uses; "
        "the empty prefix is for names without one; other namespaces show as `{namespace}name`",
    )
    force_list: tuple[str, ...] = Field(
        default=(),
        description="elements that are a list even when they come once: a name, the end of a path (`Order/Line`), "
        "or a whole path (`/Order/Line`)",
    )
    doctype: Literal["refuse", "ignore"] = Field(
        default="refuse",
        description="a document type declaration: refuse it, or pass over one that declares nothing (cXML has one); "
        "it is never loaded, and entities are never expanded",
    )
    encoding: Literal["utf-8", "utf-16", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"] = Field(
        default="utf-8", description="the character set that is written; what it lacks is written as a reference"
    )
    declaration: Flag = Field(default=True, description="begin with the XML declaration when writing")
    indent: Flag = Field(default=False, description="write each element on a line of its own")

    @model_validator(mode="after")
    def _namespaces_are_one_to_one(self) -> Self:
        seen: set[str] = set()
        for prefix, uri in self.namespaces.items():
            if not uri or uri in seen:
                raise ValueError(f"expected each prefix to have a namespace of its own, got {uri!r} for {prefix!r}")
            if prefix.lower().startswith("xml") or not (prefix == "" or prefix.isidentifier()):
                raise ValueError(f"expected a prefix that is a name and does not begin with 'xml', got {prefix!r}")
            seen.add(uri)
        return self

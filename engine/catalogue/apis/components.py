"""Schemas of a workspace in one document: each under a name, with references that stay in the document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.contracts.checking import LOCAL_SCHEME
from engine.contracts.registry import ContractRegistry

_PREFIX = "#/components/schemas/"
_LEFT_OUT = ("$schema", "$id", "x-maps")


class Components:
    """The schemas that a description needs, added as they are referred to."""

    def __init__(self, contracts: ContractRegistry) -> None:
        self._contracts = contracts
        self.schemas: dict[str, Any] = {}

    def entity(self, name: str) -> dict[str, Any]:
        """A reference to a canonical entity, such as `sales-order/2`."""
        return self.add(name, self._contracts.get(name).schema.document)

    def add(self, name: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """A reference to a schema of this name, which is added with all that it refers to."""
        key = re.sub(r"[^A-Za-z0-9._-]", ".", name)
        if key not in self.schemas:
            self.schemas[key] = {}
            self.schemas[key] = self._local(document, key)
        return {"$ref": _PREFIX + key}

    def _local(self, node: Any, key: str) -> Any:
        if isinstance(node, Mapping):
            return {
                name: self._reference(value, key)
                if name == "$ref" and isinstance(value, str)
                else self._local(value, key)
                for name, value in node.items()
                if name not in _LEFT_OUT or not isinstance(value, str | Mapping)
            }
        if isinstance(node, list | tuple):
            return [self._local(item, key) for item in node]
        return float(node) if isinstance(node, Decimal) else node

    def _reference(self, reference: str, key: str) -> str:
        """The same reference within the document."""
        address, _, place = reference.partition("#")
        if not address:
            return f"{_PREFIX}{key}{place}"
        name = address.removeprefix(f"{LOCAL_SCHEME}:")
        return str(self.entity(name)["$ref"]) + place

"""The parser's and resolver's working form of a node: mutable, untyped, discarded once the typed tree is built."""

from __future__ import annotations

from typing import Any

from engine.jsonata.signature import Signature


class Slot:
    """A parent operator looking for its step: `level` steps up are still to go; `label` names the binding."""

    __slots__ = ("label", "level")

    def __init__(self, label: str) -> None:
        self.label = label
        self.level = 1


class Draft:
    """One node in the making; which fields are used depends on `kind`."""

    __slots__ = (
        "ancestor",
        "at",
        "end",
        "focus",
        "group",
        "index",
        "items",
        "keep_array",
        "keep_singleton",
        "kind",
        "left",
        "pairs",
        "predicates",
        "right",
        "seeking",
        "signature",
        "slot",
        "stages",
        "start",
        "terms",
        "tuples",
        "value",
        "whole",
    )

    def __init__(self, kind: str, value: Any, start: int, end: int, at: int | None = None) -> None:
        self.kind = kind
        self.value = value
        self.start = start
        self.end = end
        self.at = start if at is None else at
        self.left: Draft | None = None
        self.right: Draft | None = None
        self.items: list[Draft] = []
        self.pairs: list[tuple[Draft, Draft]] = []
        self.terms: list[tuple[Draft, bool]] = []
        self.predicates: list[Draft] = []
        self.stages: list[Draft] = []
        self.group: Draft | None = None
        self.signature: Signature | None = None
        self.keep_array = False
        self.keep_singleton = False
        self.whole = False
        self.tuples = False
        self.focus: str | None = None
        self.index: str | None = None
        self.ancestor: Slot | None = None
        self.slot: Slot | None = None
        self.seeking: list[Slot] = []

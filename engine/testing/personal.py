"""Personal data in documents, and pseudonyms for it that stay the same wherever a value stands.

A field is personal when its schema says so (`x-personal: name`, `email`, `phone`, `address`, `city`, `postal-code` or
`text`; `none` says that it is not), or when it is called as such fields are called. A mail address always is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from engine.contracts.schema import CompiledSchema

NONE = "none"
_KEYWORD = "x-personal"
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_WHO = r"(?:customer|contact|party|bill|ship|sold|buyer|recipient|consignee|account|person|address|user|owner|deliver)"
_USUAL = (
    ("email", re.compile(r"(?:.*e)?mail(?:address)?")),
    ("phone", re.compile(r".*(?:phone|mobile|cell|fax)(?:number|no)?|tel")),
    ("postal-code", re.compile(r".*(?:zip|zipcode|postalcode|postcode)")),
    ("city", re.compile(r"(?:.*(?:address|to|ship|bill))?(?:city|town)")),
    ("address", re.compile(r".*(?:street|address|addr)(?:line)?[0-9]?")),
    ("name", re.compile(rf"(?:first|last|full|given|family|middle|sur)name|attention|attn|{_WHO}.*(?:name|company)")),
)
_WITHIN = re.compile(rf".*{_WHO}.*")
_NAMES_WITHIN = {"name": "name", "company": "name", "lines": "address"}
_DEEPEST = 40
_LEAST_INSIDE = 4
"""Shorter values are masked only where they stand alone: within other texts they would be found by chance."""


@dataclass(slots=True)
class Pseudonyms:
    """Masks texts. `keep` are field names (as `email`, without their way) that are not personal after all."""

    keep: frozenset[str] = frozenset()
    _made: dict[str, tuple[str, str]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def learn(self, document: Any, schema: CompiledSchema | None = None) -> None:
        """Find the personal values of a document."""
        declared = dict(_declared(document, schema)) if schema is not None else {}
        for path, text in _texts(document, ()):
            kind = declared.get(path) or _usual(path)
            if kind != NONE and kind is not None and not (_names(path) & self.keep):
                self._pseudonym(kind, text)
            elif kind != NONE and not (_names(path) & self.keep):
                for address in _EMAIL.findall(text):
                    self._pseudonym("email", address)

    @property
    def count(self) -> int:
        """How many values have a pseudonym."""
        return len(self._made)

    def masked(self, value: Any) -> Any:
        """The same document with pseudonyms in the place of all personal values that were learnt."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {name: self.masked(item) for name, item in value.items()}
        return [self.masked(item) for item in value] if isinstance(value, list | tuple) else value

    def _pseudonym(self, kind: str, text: str) -> None:
        known = text.strip().casefold()
        if known and known not in self._made:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            self._made[known] = (kind, _made(kind, text.strip(), number))

    def _text(self, text: str) -> str:
        whole = self._made.get(text.strip().casefold())
        if whole is not None:
            return text.replace(text.strip(), _styled(whole[1], text.strip()))
        for known, (_, made) in sorted(self._made.items(), key=lambda one: -len(one[0])):
            if len(known) >= _LEAST_INSIDE and known in text.casefold():
                inside = re.compile(rf"(?<!\w){re.escape(known)}(?!\w)", re.IGNORECASE)
                text = inside.sub(lambda found, made=made: _styled(made, found[0]), text)  # type: ignore[misc]
        return text


def _styled(made: str, text: str) -> str:
    """A pseudonym as the value was written, so that what reads loudly goes on doing so."""
    return made.upper() if text.isupper() else made


def _made(kind: str, text: str, number: int) -> str:
    short = len(text) < 8
    if kind == "email":
        return f"person{number}@example.com"
    if kind in ("phone", "postal-code"):
        return _same_shape(text, number)
    if kind == "address":
        return f"Str {number}" if short else f"{number} Example Street"
    word = {"name": "Name", "city": "Town"}.get(kind, "Text")
    return f"{word[0]}{number}" if len(text) < 6 else f"{word} {number}"


def _same_shape(text: str, number: int) -> str:
    """Other digits and letters in the same places: the last digits count, the others are 5, letters are X."""
    places = sum(letter.isdecimal() for letter in text)
    digits = iter(f"{number:0>2}".rjust(places, "5")[-places:] if places else "")
    return "".join(next(digits) if c.isdecimal() else ("X" if c.isalpha() else c) for c in text)


# -- which fields


Path = tuple[str | int, ...]


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, (*path, str(name)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


def _names(path: Path) -> set[str]:
    return {part for part in path if isinstance(part, str)}


def _usual(path: Path) -> str | None:
    """The kind of a field by its name, and by what it is within."""
    names = [re.sub(r"[^a-z0-9]", "", part.casefold()) for part in path if isinstance(part, str)]
    if not names:
        return None
    for kind, pattern in _USUAL:
        if pattern.fullmatch(names[-1]):
            return kind
    within = any(_WITHIN.fullmatch(name) for name in names[:-1])
    return _NAMES_WITHIN.get(names[-1]) if within else None


def _declared(document: Any, schema: CompiledSchema) -> Iterator[tuple[Path, str]]:
    yield from _walk(document, schema.document, str(schema.document.get("$id", "")), schema.documents, (), 0)


def _walk(
    value: Any, schema: Any, base: str, documents: Mapping[str, Any], path: Path, depth: int
) -> Iterator[tuple[Path, str]]:
    """The texts of a document that its schema declares personal."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return
    kind = schema.get(_KEYWORD)
    if isinstance(kind, str):
        yield from ((inner, kind) for inner, _ in _texts(value, path))
        return
    if isinstance(schema.get("$ref"), str):
        target, home = _referred(schema["$ref"], base, documents)
        yield from _walk(value, target, home, documents, path, depth + 1)
    for word in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(word) or ():
            yield from _walk(value, branch, base, documents, path, depth + 1)
    if isinstance(value, Mapping) and isinstance(schema.get("properties"), Mapping):
        for name, inner in schema["properties"].items():
            if name in value:
                yield from _walk(value[name], inner, base, documents, (*path, name), depth + 1)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, schema.get("items"), base, documents, (*path, index), depth + 1)


def _referred(reference: str, base: str, documents: Mapping[str, Any]) -> tuple[Any, str]:
    """What a reference means, and the document that it stands in."""
    whole = reference if reference.startswith("crossdock:") else urljoin(base, reference)
    address, pointer = urldefrag(base + reference if reference.startswith("#") else whole)
    target = documents.get(address)
    for part in pointer.split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        target = target.get(name) if isinstance(target, Mapping) else None
    return target, address

"""Is this a JSON Schema that can be used? Every finding at once, each with its place in the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag, urlsplit

import jsonschema_rs
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]
from referencing import Registry, Resource
from referencing.exceptions import InvalidAnchor, NoSuchAnchor, PointerToNowhere, Unresolvable
from referencing.jsonschema import DRAFT202012

from engine.contracts.faults import flattened, from_rust
from engine.contracts.values import NotJson, nearest, plain, pointer_text, shown
from engine.contracts.violations import hint_of, violation
from engine.contracts.walk import Subschema, subschemas
from engine.contracts.wording import PATTERNS, wordable
from engine.errors import ConfigurationError

Resolve = Callable[[str], Mapping[str, Any]]
"""From the URI of a schema, without fragment, to its document; raises LookupError for an unknown one."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LOCAL_SCHEME = "crossdock"

_META = jsonschema_rs.Draft202012Validator({"$ref": DIALECT})
_VOCABULARIES = ("core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content")
_META_SCHEMAS = [REGISTRY.contents(f"https://json-schema.org/draft/2020-12/meta/{name}") for name in _VOCABULARIES]
_KEYWORDS = frozenset(keyword for schema in _META_SCHEMAS for keyword in schema["properties"]) | {"definitions"}
_FORMATS = (
    "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri",
    "uri-reference", "iri", "iri-reference", "uuid", "uri-template", "json-pointer", "relative-json-pointer", "regex",
)  # fmt: skip


PERSONAL = ("name", "email", "phone", "address", "city", "postal-code", "text", "none")
"""What `x-personal` may say of a field: what personal data it holds, or `none`."""


@dataclass(frozen=True, slots=True)
class SchemaFinding:
    """Something wrong in a schema. `pointer` is a JSON Pointer into the document named `name`.

    `code` is stable: `schema-invalid`, `schema-dialect`, `schema-reference`, `schema-keyword`, `schema-format`.
    """

    name: str
    pointer: str
    code: str
    expected: str
    found: str
    hint: str | None = None
    severity: str = "error"

    def __str__(self) -> str:
        hint = f"; did you mean '{self.hint}'" if self.hint else ""
        return f"{self.name}#{self.pointer} {self.code} expected {self.expected}, got {self.found}{hint}"


class BadSchema(ConfigurationError):
    """A schema that cannot be used; `findings` are its `SchemaFinding`s."""


@dataclass(frozen=True, slots=True)
class CheckedSchema:
    """A usable schema with all the schemas it refers to, by URI, and what is odd about it."""

    name: str
    uri: str
    documents: Mapping[str, Mapping[str, Any]]
    registry: Registry[Any]
    warnings: tuple[SchemaFinding, ...]

    @property
    def document(self) -> Mapping[str, Any]:
        return self.documents[self.uri]


def checked(document: Any, *, name: str, resolve: Resolve) -> CheckedSchema:
    """Check `document` and collect what it refers to; raises `BadSchema` with every finding."""
    schema = _readable(document, name)
    findings = [*_dialect(schema, name), *_by_meta_schema(schema, name)]
    _raise_errors(findings)
    uri = urldefrag(str(schema.setdefault("$id", f"{LOCAL_SCHEME}:contract/{_uri_part(name)}"))).url
    collected = _Collected(resolve, {uri: schema})
    findings += [finding for sub in subschemas(schema, uri) for finding in _oddities(sub, name)]
    findings += [finding for sub in subschemas(schema, uri) for finding in collected.references(sub, name)]
    _raise_errors(findings)
    collected.follow()
    return CheckedSchema(name, uri, collected.documents, collected.registry, tuple(findings))


def _readable(document: Any, name: str) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        raise BadSchema([SchemaFinding(name, "", "schema-invalid", "an object that is a schema", shown(document))])
    try:
        readable: dict[str, Any] = plain(document)
    except NotJson as error:
        where = pointer_text(error.path)
        raise BadSchema([SchemaFinding(name, where, "schema-invalid", error.expected, error.found)]) from None
    return readable


def _dialect(schema: Mapping[str, Any], name: str) -> Iterator[SchemaFinding]:
    dialect = schema.get("$schema", DIALECT)
    if dialect not in (DIALECT, DIALECT + "#"):
        yield SchemaFinding(name, "/$schema", "schema-dialect", f"'{DIALECT}'", shown(dialect))


def _by_meta_schema(schema: Mapping[str, Any], name: str) -> Iterator[SchemaFinding]:
    faults = [fault for error in _META.iter_errors(schema) for fault in from_rust(error, schema, lambda _: ())]
    for fault in flattened(faults):
        found = violation(fault, schema, None)
        hint = hint_of(fault, schema)
        yield SchemaFinding(name, pointer_text(fault.path), "schema-invalid", found.expected, found.found, hint)


def _oddities(sub: Subschema, name: str) -> Iterator[SchemaFinding]:
    """What a validator passes over silently, and the author most likely did not mean."""
    for keyword in sub.schema:
        if keyword not in _KEYWORDS and not keyword.startswith("x-"):
            where = pointer_text((*sub.place, keyword))
            hint = nearest(keyword, _KEYWORDS)
            yield SchemaFinding(name, where, "schema-keyword", "a keyword or x-…", shown(keyword), hint, "warning")
    personal = sub.schema.get("x-personal", PERSONAL[0])
    if personal not in PERSONAL:
        where = pointer_text((*sub.place, "x-personal"))
        expected = f"one of {', '.join(PERSONAL)}"
        near = nearest(str(personal), PERSONAL)
        yield SchemaFinding(name, where, "schema-keyword", expected, shown(personal), near, "warning")
    form = sub.schema.get("format")
    if isinstance(form, str) and form not in _FORMATS:
        where = pointer_text((*sub.place, "format"))
        yield SchemaFinding(
            name, where, "schema-format", "a known format", shown(form), nearest(form, _FORMATS), "warning"
        )


class _Collected:
    """The schemas that one schema refers to, fetched from the workspace as they are met."""

    def __init__(self, resolve: Resolve, documents: dict[str, Mapping[str, Any]]) -> None:
        self._resolve = resolve
        self.documents = documents
        self._registry: Registry[Any] = Registry(retrieve=self._retrieve)  # type: ignore[call-arg]

    @property
    def registry(self) -> Registry[Any]:
        """All of them in the form that words findings, and nothing that could be fetched."""
        resources = ((uri, DRAFT202012.create_resource(wordable(document))) for uri, document in self.documents.items())
        return Registry().with_resources(resources).crawl()

    def references(self, sub: Subschema, name: str) -> Iterator[SchemaFinding]:
        for keyword in ("$ref", "$dynamicRef"):
            reference = sub.schema.get(keyword)
            if isinstance(reference, str):
                where = pointer_text((*sub.place, keyword))
                yield from self._reference(reference, sub.base, SchemaFinding(name, where, "schema-reference", "", ""))

    def follow(self) -> None:
        """Fetch what the fetched schemas refer to, until there is nothing new."""
        seen: set[str] = set()
        while pending := [uri for uri in self.documents if uri not in seen]:
            seen.update(pending)
            found = (self.references(sub, uri) for uri in pending for sub in subschemas(self.documents[uri], uri))
            _raise_errors([finding for findings in found for finding in findings])

    def _reference(self, reference: str, base: str, at: SchemaFinding) -> Iterator[SchemaFinding]:
        try:
            self._registry.resolver(base).lookup(reference)
        except Unresolvable as error:
            expected, found = _unresolved(error)
            yield SchemaFinding(at.name, at.pointer, at.code, expected, f"{shown(reference)}{found}")

    def _retrieve(self, uri: str) -> Resource[Any]:
        if uri not in self.documents:
            if urlsplit(uri).scheme != LOCAL_SCHEME:
                raise _Remote(uri)
            self.documents[uri] = plain(self._resolve(uri))
        return DRAFT202012.create_resource(self.documents[uri])


def _unresolved(error: Unresolvable) -> tuple[str, str]:
    """What was expected, and what to add to what was found."""
    if isinstance(error, PointerToNowhere | NoSuchAnchor | InvalidAnchor):
        return "a reference to a part that exists", ""
    refusal = error.__cause__.__cause__ if error.__cause__ is not None else None
    if isinstance(refusal, LookupError):
        return "a schema of this workspace", f" ({refusal.args[0]})" if refusal.args else ""
    return f"a local reference such as '{LOCAL_SCHEME}:common/1#/$defs/amount'", ""


class _Remote(ValueError):
    """A reference to something that would have to be fetched."""


def _uri_part(name: str) -> str:
    return "".join(character if character.isalnum() or character in "-._/" else "-" for character in name)


def _raise_errors(findings: list[SchemaFinding]) -> None:
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise BadSchema(errors)


def compile_rust(schema: CheckedSchema) -> jsonschema_rs.Validator:
    """The validator that decides; raises `BadSchema` for what only it refuses, such as a pattern it cannot read."""
    try:
        registry = jsonschema_rs.Registry([(uri, dict(document)) for uri, document in schema.documents.items()])
        return jsonschema_rs.Draft202012Validator(
            dict(schema.document), registry=registry, validate_formats=True, pattern_options=PATTERNS, offline=True
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        where = pointer_text(list(getattr(error, "instance_path", ())))
        reason = str(error).partition("\n")[0]
        raise BadSchema([SchemaFinding(schema.name, where, "schema-invalid", "a usable schema", reason)]) from None

"""The shapes of models as pydantic compiled them: what may stand at a place, and how to say it in words.

Read from a model's core schema, so that models stay the one declaration of each construct.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]

_WRAPPERS = {
    "default": "schema",
    "nullable": "schema",
    "function-before": "schema",
    "function-after": "schema",
    "function-wrap": "schema",
    "json-or-python": "python_schema",
    "lax-or-strict": "lax_schema",
    "model": "schema",
    "model-field": "schema",
}
_LISTS = ("list", "tuple", "set", "frozenset")
_MAPPINGS = ("model-fields", "dict", "tagged-union")
_WORDS = {
    "bool": "true or false",
    "none": "nothing",
    "model-fields": "a mapping",
    "date": "a date such as '2026-12-25'",
    "datetime": "a time such as '2026-12-25T09:00:00Z'",
    "time": "a time of day such as '09:00'",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand at one place. `schema` is stripped of wrappers; `title` is the model's name, if it is one."""

    schema: Schema
    definitions: Mapping[str, Schema]
    title: str = ""
    examples: tuple[str, ...] = ()

    @classmethod
    def of(cls, model: type[BaseModel]) -> Shape:
        """The shape of a whole model."""
        return _unwrapped(model.__pydantic_core_schema__, {}, ())

    @property
    def kind(self) -> str:
        """Pydantic's word for it: `model-fields`, `list`, `union`, `str` …"""
        return str(self.schema["type"])

    @property
    def fields(self) -> dict[str, Shape]:
        """The keys of a mapping of fixed keys, with their shapes; empty for anything else."""
        if self.kind != "model-fields":
            return {}
        return {_alias(name, field): self._inner(field) for name, field in self.schema["fields"].items()}

    def field(self, key: str | int) -> Shape | None:
        """The shape below a key, by the key's name or the field's."""
        if self.kind == "model-fields":
            fields, wanted = self.schema["fields"], str(key)
            aliased = (name for name, field in fields.items() if _alias(name, field) == wanted)
            name = next(aliased, wanted)
            return self._inner(fields[name]) if name in fields else None
        if self.kind == "dict":
            return self._inner(self.schema.get("values_schema", {"type": "any"}))
        if self.kind in _LISTS and isinstance(key, int):
            return self._item(key)
        return None

    def _item(self, index: int) -> Shape:
        items = self.schema.get("items_schema", {"type": "any"})
        if isinstance(items, list):
            items = items[min(index, len(items) - 1)] if items else {"type": "any"}
        return self._inner(items)

    @property
    def choices(self) -> list[Shape]:
        """What a union chooses from, in order."""
        found = self.schema.get("choices", ())
        listed = found.values() if isinstance(found, Mapping) else found
        return [self._inner(choice[0] if isinstance(choice, tuple) else choice) for choice in listed]

    @property
    def tags(self) -> dict[str, Shape]:
        """What a tagged union chooses from, by tag."""
        if self.kind != "tagged-union":
            return {}
        return {str(tag): self._inner(choice) for tag, choice in self.schema["choices"].items()}

    @property
    def values(self) -> list[Any]:
        """What a literal or an enumeration allows."""
        if self.kind == "literal":
            return list(self.schema["expected"])
        if self.kind == "enum":
            return [member.value for member in self.schema["members"]]
        return []

    def takes(self, value: object) -> bool:
        """Whether a value is of the right kind, however wrong it may be inside."""
        if isinstance(value, dict):
            return self.kind in _MAPPINGS or self._is_scalar("MappingRef") or any(c.takes(value) for c in self._union())
        if isinstance(value, list | tuple):
            return self.kind in _LISTS or any(choice.takes(value) for choice in self._union())
        if self.kind == "union":
            return any(choice.takes(value) for choice in self.choices)
        if self.kind in _LISTS or self.kind in _MAPPINGS:
            return False
        if isinstance(value, str):
            return self.kind not in ("bool", "int", "float", "none")
        if self.kind in ("str", "literal", "enum"):
            return False
        return (self.kind == "bool") == isinstance(value, bool)

    def _union(self) -> list[Shape]:
        return self.choices if self.kind == "union" else []

    def _is_scalar(self, name: str) -> bool:
        return bool((self.schema.get("metadata") or {}).get("scalar") == name)

    def words(self) -> str:
        """What is expected, as a noun phrase such as `a positive integer`; or nothing."""
        kind = self.kind
        if kind in _WORDS:
            return _WORDS[kind]
        if kind in ("int", "float", "decimal"):
            return _number_words(self.schema, "integer" if kind == "int" else "number")
        if kind == "str":
            return self._text_words()
        if kind in _LISTS:
            return _counted("a list of", "item", self.schema) or "a list"
        if kind == "dict":
            return _counted("a mapping of", "key", self.schema) or "a mapping"
        if kind == "tagged-union":
            return "a mapping with one of " + one_of(self.tags)
        if kind == "union":
            return " or ".join(dict.fromkeys(filter(None, (choice.words() for choice in self.choices))))
        if self.values:
            return one_of(self.values)
        return ""

    def _text_words(self) -> str:
        examples = self.examples
        if examples:
            return f"a text such as '{examples[0]}'"
        least, most = self.schema.get("min_length"), self.schema.get("max_length")
        if self.schema.get("pattern"):
            return f"a text that matches {self.schema['pattern']}"
        if least and most is None:
            return "a text that is not empty" if least == 1 else f"a text of at least {least} characters"
        return f"a text of {least or 0} to {most} characters" if most is not None else "a text"

    def _inner(self, schema: Schema) -> Shape:
        return _unwrapped(schema, self.definitions, ())


def likeness(shape: Shape, value: object) -> int:
    """How much a mapping looks like this shape: the number of keys they share."""
    return len({*shape.fields, *shape.tags} & set(value)) if isinstance(value, dict) else 0


def one_of(values: Iterable[Any]) -> str:
    """`'a', 'b' or 'c'`."""
    quoted = [f"'{value}'" if isinstance(value, str) else str(value) for value in values]
    return " or ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1] if quoted else "")))


def _unwrapped(schema: Schema, definitions: Mapping[str, Schema], examples: tuple[str, ...]) -> Shape:
    """Strip what only wraps: defaults, null, validators, references."""
    title = ""
    while True:
        kind = schema["type"]
        examples = examples or _examples(schema)
        if kind == "definitions":
            definitions = {**definitions, **{str(inner["ref"]): inner for inner in schema["definitions"]}}
            schema = schema["schema"]
        elif kind == "definition-ref":
            schema = definitions[schema["schema_ref"]]
        elif kind == "chain":
            schema = schema["steps"][0]
        elif kind in _WRAPPERS:
            title = schema["cls"].__name__ if kind == "model" else title
            schema = schema[_WRAPPERS[kind]]
        else:
            return Shape(schema, definitions, title, examples)


def _examples(schema: Schema) -> tuple[str, ...]:
    metadata = schema.get("metadata") or {}
    found = (metadata.get("pydantic_js_updates") or {}).get("examples") or ()
    return tuple(str(example) for example in found)


def _alias(name: str, field: Schema) -> str:
    alias = field.get("validation_alias")
    return alias if isinstance(alias, str) else name


def _counted(noun: str, part: str, schema: Schema) -> str:
    least, most = schema.get("min_length"), schema.get("max_length")
    if least and most is not None:
        return f"{noun} {least} to {most} {part}s"
    if least:
        return f"{noun} at least {least} {part}{'' if least == 1 else 's'}"
    return f"{noun} at most {most} {part}s" if most is not None else ""


def _number_words(schema: Schema, noun: str) -> str:
    article = "an" if noun == "integer" else "a"
    low, high = schema.get("ge", schema.get("gt")), schema.get("le", schema.get("lt"))
    above = "" if "ge" in schema or low is None else "more than "
    if low is not None and high is not None:
        return f"{article} {noun} from {above}{low} to {'less than ' if 'lt' in schema else ''}{high}"
    if low is not None:
        positive = (noun == "integer" and (schema.get("ge") == 1 or schema.get("gt") == 0)) or schema.get(
            "gt"
        ) == Decimal(0)
        return f"a positive {noun}" if positive else f"{article} {noun} of {above}{low}{'' if above else ' or more'}"
    return (
        f"{article} {noun} of {'less than' if 'lt' in schema else 'at most'} {high}"
        if high is not None
        else f"{article} {noun}"
    )

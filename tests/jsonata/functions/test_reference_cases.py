"""The reference suite's cases that are one call with literal arguments, run without the compiler."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.jsonata.functions import (
    aggregates,
    arrays,
    datetimeparse,
    datetimes,
    encoding,
    integerpicture,
    matching,
    numberformat,
    numbers,
    objects,
    stringify,
    strings,
)
from engine.jsonata.functions.equality import deep_equal
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.missing import MISSING

GROUPS = Path(os.environ.get("CROSSDOCK_SHARED", Path(__file__).parents[4] / "shared")) / "data/jsonata-suite/groups"
CALL = re.compile(r"\$(\w+)\((.*)\)", re.DOTALL)
NOW = datetime(2024, 2, 29, 12, tzinfo=UTC)

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": numbers.abs_,
    "append": arrays.append,
    "average": aggregates.average,
    "base64decode": encoding.base64decode,
    "base64encode": encoding.base64encode,
    "boolean": objects.boolean,
    "ceil": numbers.ceil,
    "contains": matching.contains,
    "count": aggregates.count,
    "decodeUrl": encoding.decode_url,
    "decodeUrlComponent": encoding.decode_url_component,
    "distinct": arrays.distinct,
    "encodeUrl": encoding.encode_url,
    "encodeUrlComponent": encoding.encode_url_component,
    "exists": objects.exists,
    "floor": numbers.floor,
    "formatBase": numberformat.format_base,
    "formatInteger": integerpicture.format_integer,
    "formatNumber": numberformat.format_number,
    "fromMillis": datetimes.from_millis,
    "join": strings.join,
    "keys": objects.keys,
    "length": strings.length,
    "lookup": objects.lookup,
    "lowercase": strings.lowercase,
    "max": aggregates.max_,
    "merge": objects.merge,
    "min": aggregates.min_,
    "not": objects.not_,
    "number": numbers.number,
    "pad": strings.pad,
    "parseInteger": integerpicture.parse_integer,
    "power": numbers.power,
    "replace": matching.replace,
    "reverse": arrays.reverse,
    "round": numbers.round_,
    "sort": arrays.sort,
    "split": matching.split,
    "spread": objects.spread,
    "sqrt": numbers.sqrt,
    "string": stringify.string,
    "substring": strings.substring,
    "substringAfter": strings.substring_after,
    "substringBefore": strings.substring_before,
    "sum": aggregates.sum_,
    "toMillis": lambda text, picture=MISSING: datetimeparse.to_millis(text, picture, NOW),
    "trim": strings.trim,
    "type": objects.type_of,
    "uppercase": strings.uppercase,
    "zip": arrays.zip_,
}
ARRAY_FIRST = {"sum", "max", "min", "average", "count", "reverse", "join", "sort", "merge"}


def literal_calls() -> Iterator[Any]:
    for path in sorted(GROUPS.glob("*/*.json")):
        cases = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        for case in cases if isinstance(cases, list) else [cases]:
            found = CALL.fullmatch(case.get("expr", "").strip())
            if found is None or found[1] not in FUNCTIONS or error_code(case).startswith(("T0", "S0")):
                continue
            arguments = literals(found[2])
            if arguments:
                yield pytest.param(found[1], arguments, case, id=f"{path.parent.name}/{path.stem}")


def error_code(case: dict[str, Any]) -> str:
    return str(case.get("code") or case.get("error", {}).get("code", ""))


def literals(text: str) -> list[Any] | None:
    """The arguments as values, None where they are not all literals."""
    if "'" in text and '"' not in text:
        text = text.replace("'", '"')
    try:
        return list(json.loads(f"[{text}]", parse_float=Decimal))
    except ValueError:
        return None


def call(name: str, arguments: list[Any]) -> Any:
    if name in ARRAY_FIRST and not isinstance(arguments[0], list):
        arguments = [[arguments[0]], *arguments[1:]]
    if name == "zip":
        arguments = [item if isinstance(item, list) else [item] for item in arguments]
    result = FUNCTIONS[name](*arguments)
    if isinstance(result, Sequence) and len(result) < 2:
        return result[0] if result else MISSING
    return result


def test_suite_yields_many_literal_calls() -> None:
    if not GROUPS.exists():
        pytest.skip("the shared reference suite is not here")
    assert len(list(literal_calls())) > 150


@pytest.mark.parametrize(("name", "arguments", "case"), list(literal_calls()))
def test_literal_call_gives_what_the_reference_gives(name: str, arguments: list[Any], case: dict[str, Any]) -> None:
    if error_code(case):
        with pytest.raises(FunctionError) as caught:
            call(name, arguments)
        assert caught.value.code == error_code(case)
        return
    result = call(name, arguments)
    if case.get("undefinedResult"):
        assert result is MISSING
    else:
        assert deep_equal(result, case["result"]), result

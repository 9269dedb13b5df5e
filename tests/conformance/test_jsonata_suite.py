"""Every case of the reference implementation's test suite."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from engine.jsonata import MISSING, EvaluationContext, ExpressionError, Limits, compile_expression
from tests.conformance.jsonata_values import as_reference, same

SHARED = Path(os.environ.get("CROSSDOCK_SHARED", Path(__file__).parents[2] / ".." / "shared"))
SUITE = SHARED / "data" / "jsonata-suite"
_LIMIT_CODES = {"U1001": {"D1011", "D1012"}}


def _cases() -> list[Any]:
    found = []
    for file in sorted((SUITE / "groups").glob("*/*.json")):
        content = json.loads(file.read_text("utf-8"))
        for index, case in enumerate(content if isinstance(content, list) else [content]):
            if "expr-file" in case:
                case["expr"] = (file.parent / case["expr-file"]).read_text("utf-8")
            found.append(pytest.param(case, id=f"{file.parent.name}/{file.stem}/{index}"))
    return found


@lru_cache
def _dataset(name: str) -> Any:
    return json.loads((SUITE / "datasets" / f"{name}.json").read_text("utf-8"))


def _input(case: dict[str, Any]) -> Any:
    if "data" in case:
        return case["data"]
    return _dataset(case["dataset"]) if case.get("dataset") else MISSING


def _evaluate(case: dict[str, Any]) -> Any:
    limits = Limits(
        seconds=case.get("timelimit", 10_000) / 1000,
        depth=max(case.get("depth", 300), 300),
        sequence=10_000_000,
    )
    expression = compile_expression(case["expr"])
    return expression.evaluate(_input(case), case.get("bindings") or {}, EvaluationContext(limits=limits))


@pytest.mark.skipif(not SUITE.is_dir(), reason="the JSONata suite is not there: set CROSSDOCK_SHARED")
@pytest.mark.parametrize("case", _cases() if SUITE.is_dir() else [])
def test_case_gives_what_the_reference_gives(case: dict[str, Any]) -> None:
    expected = case.get("error", {"code": case.get("code")})
    if expected["code"]:
        with pytest.raises(ExpressionError) as caught:
            _evaluate(case)
        assert caught.value.code in _LIMIT_CODES.get(expected["code"], {expected["code"]})
        if "message" in expected and expected["code"] != "D3140":
            assert caught.value.message == expected["message"]
        return
    result = _evaluate(case)
    if case.get("undefinedResult"):
        assert result is MISSING
    else:
        assert result is not MISSING
        assert same(as_reference(result), as_reference(case["result"]), bool(case.get("unordered")))


@pytest.mark.skipif(not SUITE.is_dir(), reason="the JSONata suite is not there: set CROSSDOCK_SHARED")
def test_the_whole_suite_is_there() -> None:
    assert len(_cases()) == 1253

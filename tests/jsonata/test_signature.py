"""Signatures: checking, completing from the context, wrapping."""

from __future__ import annotations

from typing import Any

import pytest

from engine.jsonata import MISSING, ExpressionError
from engine.jsonata.signature import parse_signature


@pytest.mark.parametrize(
    ("signature", "arguments", "context", "checked"),
    [
        ("<s-n?:s>", ["a"], None, ["a", MISSING]),
        ("<s-n?:s>", [], "ctx", ["ctx", MISSING]),
        ("<s-s:s>", ["b"], "ctx", ["ctx", "b"]),
        ("<a<n>:n>", [[1, 2]], None, [[1, 2]]),
        ("<a<n>:n>", [1], None, [[1]]),
        ("<a<n>:n>", [MISSING], None, [MISSING]),
        ("<x-b?:s>", [None], 1, [None, MISSING]),
        ("<(sn)b:s>", [1, True], None, [1, True]),
    ],
)
def test_arguments_are_completed_and_wrapped(
    signature: str, arguments: list[Any], context: Any, checked: list[Any]
) -> None:
    assert parse_signature(signature).validate(arguments, context) == checked


@pytest.mark.parametrize(
    ("signature", "arguments", "context", "code", "index"),
    [
        ("<s-:s>", [1], "x", "T0410", 1),
        ("<sn:s>", ["a", "b"], None, "T0410", 2),
        ("<s:s>", ["a", "b"], None, "T0410", 2),
        ("<s-:s>", [], 5, "T0411", 1),
        ("<a<s>:s>", [["a", 1]], None, "T0412", 1),
    ],
)
def test_arguments_that_do_not_fit_are_named(
    signature: str, arguments: list[Any], context: Any, code: str, index: int
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_signature(signature).validate(arguments, context)
    assert (caught.value.code, caught.value.details["index"]) == (code, index)


@pytest.mark.parametrize(("signature", "code"), [("<n<n>:n>", "S0401"), ("<(sa<n>):n>", "S0402")])
def test_wrong_signatures_are_refused(signature: str, code: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_signature(signature)
    assert caught.value.code == code

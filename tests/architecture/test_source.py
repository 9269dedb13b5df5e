"""The shape of the source: imports where they can be seen, small files and functions, no state in modules (ARC-7)."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])
TREES: Mapping[str, ast.Module] = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES
}
MOST_LINES = 400
MOST_FUNCTION_LINES = 40
LONG_FILES: frozenset[str] = frozenset()
"""Files that are allowed to be longer, each with its reason."""

LONG_FUNCTIONS: frozenset[str] = frozenset()
"""Functions that are allowed to be longer, as `file:name`, each with its reason."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def _lines(node: Function) -> int:
    """The lines of a function's body, without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        yield ("." if node.level else "") + (node.module or "")
    elif isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("file", TREES)
def test_no_import_hides_in_a_function(file: str) -> None:
    hidden = [
        f"{file}:{node.lineno} {name}"
        for function in _functions(TREES[file])
        for node in ast.walk(function)
        for name in _imported(node)
        if name.partition(".")[0] in ("", "engine", "plugins")
    ]
    assert hidden == []


def test_plugins_import_their_api_their_own_modules_and_their_driver_only() -> None:
    api = ("engine.plugin", "engine.message", "engine.errors")
    strange = [
        f"{file}: {name}"
        for file, tree in TREES.items()
        if file.startswith("plugins/") and file.count("/") > 1
        for node in ast.walk(tree)
        for name in _imported(node)
        if name.split(".")[0] in ("engine", "plugins")
        and not any(name == each or name.startswith(f"{each}.") for each in (*api, ".".join(file.split("/")[:2])))
    ]
    assert strange == []


def test_files_stay_small() -> None:
    lengths = {file: len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in TREES}
    assert {file: lines for file, lines in lengths.items() if lines > MOST_LINES and file not in LONG_FILES} == {}
    assert median(lines for lines in lengths.values() if lines > 1) <= 160


def test_functions_stay_small() -> None:
    lengths = {
        f"{file}:{function.name}": _lines(function) for file, tree in TREES.items() for function in _functions(tree)
    }
    long = {name: lines for name, lines in lengths.items() if lines > MOST_FUNCTION_LINES}
    assert {name: lines for name, lines in long.items() if name not in LONG_FUNCTIONS} == {}
    assert median(lengths.values()) <= 12


@pytest.mark.parametrize("file", TREES)
def test_no_module_keeps_state(file: str) -> None:
    """Names of modules that are written in lower case and hold a list, dict or set would be shared by everybody."""
    mutable = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    state = [
        f"{file}:{node.lineno}"
        for node in TREES[file].body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, mutable)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and not target.id.isupper() and not target.id.startswith("__")
    ]
    assert state == []
    assert [node for node in ast.walk(TREES[file]) if isinstance(node, ast.Global)] == []


@pytest.mark.parametrize("file", TREES)
def test_nothing_is_left_for_later(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not any(word in text for word in ("TO" + "DO", "FIX" + "ME", "X" + "XX"))
    assert "NotImplementedError(" not in text
    assert ast.get_docstring(TREES[file]) or not TREES[file].body, "a module says what it is for"


def test_test_files_have_names_of_their_own() -> None:
    """pytest imports them by name: two of one name in two folders cannot run together."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []

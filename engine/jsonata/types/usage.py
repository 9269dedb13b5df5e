"""Variables that an expression sets and never reads."""

from __future__ import annotations

from collections.abc import Iterator

from engine.fields.nearest import nearest
from engine.jsonata import ast
from engine.jsonata.types.values import binds_of
from engine.jsonata.types.walk import Walk


def check_usage(walk: Walk, tree: ast.Node) -> None:
    """Note every variable that nothing reads in the block that sets it; nothing where `$eval` may read them."""
    everything = list(tree.walk())
    if any(isinstance(node, ast.Variable) and node.name == "eval" for node in everything):
        return
    unknown = [problem.found for problem in walk.problems if problem.kind in ("variable", "function")]
    for node in everything:
        if isinstance(node, ast.Block):
            for bind in _unused(node):
                if any(nearest(name, [bind.name]) for name in unknown):
                    continue  # it is read under a name that is misspelt
                walk.report("unused", walk.at(bind.start), "a variable that is read", f"'${bind.name}'")


def _unused(block: ast.Block) -> Iterator[ast.Bind]:
    """The bindings of a block, without the one that is its value."""
    binds = [bind for expression in block.expressions[:-1] for bind in binds_of(expression)]
    if not binds:
        return
    read = {node.name for node in block.walk() if isinstance(node, ast.Variable)}
    yield from (bind for bind in binds if bind.name not in read)

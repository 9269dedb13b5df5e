"""The fields that a mapping writes, as far as its text shows them: `lines[].shipFrom`, with the place of each."""

from __future__ import annotations

from collections.abc import Iterator

from engine.jsonata import ast


def written_fields(tree: ast.Node, above: str = "") -> Iterator[tuple[str, int]]:
    """The paths of the fields in what an expression makes, each with its offset in the text; outermost first."""
    if tree.predicates or tree.group is not None:
        return
    if isinstance(tree, ast.Object):
        for key, value in tree.pairs:
            if isinstance(key, ast.Text):
                path = f"{above}.{key.value}" if above else key.value
                yield path, key.start
                yield from written_fields(value, path)
    elif isinstance(tree, ast.Block) and tree.expressions:
        yield from written_fields(tree.expressions[-1], above)
    elif isinstance(tree, ast.Condition):
        yield from written_fields(tree.then, above)
        if tree.otherwise is not None:
            yield from written_fields(tree.otherwise, above)
    elif isinstance(tree, ast.Array) and above:
        for item in tree.items:
            yield from written_fields(item, f"{above}[]")
    elif isinstance(tree, ast.Path) and tree.steps:
        yield from written_fields(tree.steps[-1].expression, above)

"""A graph is placed so that it can be read: nothing overlaps, arrows run forward."""

from __future__ import annotations

import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from engine.catalogue.pictures.layered import BETWEEN_LAYERS, Layout, layered

NAMES = [f"n{number}" for number in range(12)]
GRAPHS = st.tuples(
    st.dictionaries(st.sampled_from(NAMES), st.tuples(st.floats(20, 200), st.floats(20, 80)), min_size=1),
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=30),
)


def overlaps(layout: Layout, sizes: dict[str, tuple[float, float]]) -> list[tuple[str, str]]:
    boxes = [(name, *layout.places[name], *sizes[name]) for name in sizes]
    return [
        (one[0], other[0])
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if one[1] < other[1] + other[3] - 0.01
        and other[1] < one[1] + one[3] - 0.01
        and one[2] < other[2] + other[4] - 0.01
        and other[2] < one[2] + one[4] - 0.01
    ]


@given(GRAPHS)
def test_no_graph_has_boxes_that_overlap_or_lie_outside(
    graph: tuple[dict[str, tuple[float, float]], list[tuple[str, str]]],
) -> None:
    sizes, edges = graph
    layout = layered(sizes, edges)
    assert overlaps(layout, sizes) == []
    for name, (x, y) in layout.places.items():
        assert -0.01 <= x <= layout.width - sizes[name][0] + 0.01
        assert -0.01 <= y <= layout.height - sizes[name][1] + 0.01


@given(GRAPHS)
def test_every_edge_begins_and_ends_at_the_side_of_its_box(
    graph: tuple[dict[str, tuple[float, float]], list[tuple[str, str]]],
) -> None:
    sizes, edges = graph
    layout = layered(sizes, edges)
    wanted = {(a, b) for a, b in edges if a in sizes and b in sizes and a != b}
    assert set(layout.routes) == wanted
    for (start, end), points in layout.routes.items():
        for name, (x, y) in ((start, points[0]), (end, points[-1])):
            left, top = layout.places[name]
            assert min(abs(x - left), abs(x - left - sizes[name][0])) < 0.01
            assert top - 0.01 <= y <= top + sizes[name][1] + 0.01


def test_without_circles_every_arrow_runs_to_the_right() -> None:
    sizes = dict.fromkeys("abcdef", (80.0, 40.0))
    layout = layered(sizes, [("a", "b"), ("b", "c"), ("a", "c"), ("d", "c"), ("c", "e"), ("a", "f")])
    for (start, end), points in layout.routes.items():
        assert layout.places[start][0] < layout.places[end][0]
        assert points[0][0] < points[-1][0]


def test_a_long_arrow_passes_beside_the_boxes_between() -> None:
    sizes = dict.fromkeys("abc", (80.0, 40.0))
    layout = layered(sizes, [("a", "b"), ("b", "c"), ("a", "c")])
    left, top = layout.places["b"]
    passing = [y for x, y in layout.routes["a", "c"] if left <= x <= left + 80.0]
    assert passing
    assert all(y < top or y > top + 40.0 for y in passing)


def test_what_has_the_same_names_is_placed_the_same() -> None:
    sizes = dict.fromkeys("abcd", (80.0, 40.0))
    edges = [("a", "c"), ("b", "c"), ("c", "d"), ("d", "a")]
    assert layered(sizes, edges) == layered(sizes, edges)


def test_every_process_places_a_graph_the_same() -> None:
    """Sets of names have another order in each; a site that is kept in git must not change by that."""
    script = (
        "from engine.catalogue.pictures.layered import layered\n"
        "names = [f'n{number}' for number in range(9)]\n"
        "edges = [(a, b) for a in names[:4] for b in names[4:]]\n"
        "print(layered(dict.fromkeys(names, (80.0, 40.0)), edges))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    told = {
        subprocess.check_output([sys.executable, "-c", script], env={**environment, "PYTHONHASHSEED": seed})
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1


def test_layers_stand_as_far_apart_as_is_asked() -> None:
    sizes = dict.fromkeys("abc", (80.0, 40.0))
    edges = [("a", "b"), ("b", "c")]
    assert layered(sizes, edges).width == 3 * 80.0 + 2 * BETWEEN_LAYERS
    assert layered(sizes, edges, between=30.0).width == 3 * 80.0 + 2 * 30.0


def test_nothing_gives_nothing() -> None:
    assert layered({}, []) == Layout({}, {}, 0.0, 0.0)


def test_arrows_do_not_cross_where_they_need_not() -> None:
    sizes = dict.fromkeys(("a1", "a2", "a3", "b1", "b2", "b3"), (80.0, 40.0))
    layout = layered(sizes, [("a1", "b3"), ("a2", "b2"), ("a3", "b1")])
    order = [sorted(("a1", "a2", "a3"), key=lambda name: layout.places[name][1])]
    order.append(sorted(("b1", "b2", "b3"), key=lambda name: layout.places[name][1]))
    assert [int(name[1]) for name in order[0]] == [4 - int(name[1]) for name in order[1]]

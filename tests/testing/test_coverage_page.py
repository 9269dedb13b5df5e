"""The page of what tests reach."""

from __future__ import annotations

from engine.testing.coverage_page import coverage_page
from engine.testing.points import Coverage, Point

STEP = Point("steps", "flow:a", "", "call:erp.book")
ARM = Point("arms", "flow:a", "route", "arm 1 (total < 0 & paid)")


def test_the_page_shows_what_is_reached_and_what_is_not() -> None:
    coverage = Coverage([STEP, ARM])
    coverage.add([STEP])
    page = coverage_page(coverage, "What the tests of small reach")
    assert "<title>What the tests of small reach</title>" in page
    assert "1 of 2 (50 %)" in page
    assert '<tr class="reached"><td>call:erp.book</td><td class="n">1</td></tr>' in page
    assert '<tr class="missed"><td>arm 1 (total &lt; 0 &amp; paid)</td><td class="n">0</td></tr>' in page


def test_a_page_of_nothing_is_a_page() -> None:
    assert "0 of 0 (100 %)" in coverage_page(Coverage([]), "none")

"""Shares of what tests reach."""

from __future__ import annotations

from engine.testing.points import Coverage, Point, Share

STEP = Point("steps", "flow:a", "", "call:erp.book")
ARM = Point("arms", "flow:a", "route", "otherwise")
FIELD = Point("fields", "system:shop", "shop.order", "lines.sku")


def test_only_all_is_a_hundred_percent() -> None:
    assert Share(1999, 2000).percent == 99.9
    assert Share(2000, 2000).percent == 100.0
    assert Share(0, 0).percent == 100.0


def test_points_are_counted_by_owner_and_kind() -> None:
    coverage = Coverage([STEP, ARM, FIELD])
    coverage.add([STEP, FIELD])
    coverage.add([STEP])
    assert coverage.cases[STEP] == 2
    assert coverage.share() == Share(2, 3)
    assert coverage.share("flow:a") == Share(1, 2)
    assert coverage.share("flow:a", "arms") == Share(0, 1)
    assert coverage.missed("flow:a") == [ARM]
    assert coverage.of(["system:shop"]).share() == Share(1, 1)


def test_what_was_missed_is_told_to_scripts() -> None:
    coverage = Coverage([STEP, ARM])
    coverage.add([STEP])
    assert coverage.as_json() == {
        "reached": 1,
        "of": 2,
        "percent": 50.0,
        "owners": {
            "flow:a": {
                "reached": 1,
                "of": 2,
                "percent": 50.0,
                "steps": {"reached": 1, "of": 1, "percent": 100.0},
                "arms": {"reached": 0, "of": 1, "percent": 0.0},
                "errors": {"reached": 0, "of": 0, "percent": 100.0},
                "fields": {"reached": 0, "of": 0, "percent": 100.0},
                "missed": [{"kind": "arms", "part": "route", "name": "otherwise"}],
            }
        },
    }

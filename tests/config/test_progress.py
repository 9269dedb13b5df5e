"""Work in stages tells how far it has come, in parts of a hundred, each part once."""

from __future__ import annotations

from engine.config.progress import Stages


def test_stages_add_up_to_the_whole() -> None:
    told: list[tuple[int, int]] = []
    stages = Stages(lambda done, whole: told.append((done, whole)))
    assert list(stages.through(["a", "b"], 40)) == ["a", "b"]
    assert list(stages.through({"c": 1}.items(), 60)) == [("c", 1)]
    assert told == [(0, 100), (20, 100), (40, 100), (100, 100)]


def test_a_stage_without_work_is_passed() -> None:
    told: list[int] = []
    stages = Stages(lambda done, whole: told.append(done))
    assert list(stages.through([], 40)) == []
    assert told == [40]


def test_a_part_is_told_once_however_much_there_is_to_do() -> None:
    told: list[int] = []
    stages = Stages(lambda done, whole: told.append(done))
    for _ in stages.through(range(100_000), 100):
        pass
    assert told == list(range(101))


def test_nobody_need_listen() -> None:
    assert list(Stages().through([1, 2], 100)) == [1, 2]
